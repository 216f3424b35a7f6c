"""Who has not answered: a few lines to put into a mail, in the order in which the groups meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from pipelines.answers.forms import Form, unanswered
from pipelines.answers.questions import Respondent

# Whose meeting an answer must be there for: the first one at or after the respondent's own place in the styrkedja.
_BODIES = {
    "huvudman": ("arbetsgrupp", "beredningsgrupp", "Länsstyrgruppen", "NSV"),
    "beredningsgrupp": ("beredningsgrupp", "Länsstyrgruppen", "NSV"),
    "styrgrupp": ("Länsstyrgruppen", "NSV"),
}


@dataclass(frozen=True, slots=True)
class Reminder:
    """Somebody who has not answered everything. left: title of a sheet → rows without an answer. what, day: what the
    answer is for, and when that is.
    """

    form: Form
    left: Mapping[str, int]
    what: str
    day: date | None

    @property
    def respondent(self) -> Respondent:
        return self.form.respondent

    @property
    def left_in_words(self) -> str:
        """The sheets with their numbers, in the middle of a sentence: "satsningar 3, PDSA 2"."""
        return ", ".join(
            f"{title if title.isupper() else title.lower()} {number}" for title, number in self.left.items()
        )


def waiting(forms: Iterable[Form]) -> list[Reminder]:
    """Who has not answered everything, the earliest meeting first."""
    listed = [
        Reminder(form, left, *_due(form))
        for form in forms
        if (left := {title: number for title, number in unanswered(form).items() if number})
    ]
    return sorted(listed, key=lambda r: (r.day or date.max, list(_BODIES).index(r.respondent.kind)))


def reminders(forms: Iterable[Form]) -> list[str]:
    """A reminder of at most five lines for each who has not answered everything, the earliest meeting first."""
    return [_text(reminder) for reminder in waiting(forms)]


def _due(form: Form) -> tuple[str, date | None]:
    """What the answer is for, and its day; without any meeting the day when the papers are sent, if that is known."""
    days = {meeting.body: meeting.day for meeting in form.issue.chain}
    for body in _BODIES[form.respondent.kind]:
        if body in days:
            return f"mötet i {body}" if body[:1].isupper() else f"{body}ens möte", days[body]
    return "utskicket", form.issue.sent


def _text(reminder: Reminder) -> str:
    issue, day = reminder.form.issue, reminder.day
    return "\n".join(
        (
            f"Till: {reminder.respondent.name}",
            f"Senast: {day.isoformat() if day else 'dagen är inte angiven'}, före {reminder.what}",
            f"Det saknas svar inför {issue.name or issue.id} (rader utan svar): {reminder.left_in_words}.",
            "Fyll i arbetsboken som ni har fått och skicka tillbaka den; tomma rutor går bra.",
        )
    )
