"""Who has not answered: a few lines to put into a mail, in the order in which the groups meet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pipelines.answers.forms import Form, unanswered

# Whose meeting an answer must be there for: the first one at or after the respondent's own place in the styrkedja.
_BODIES = {
    "huvudman": ("arbetsgrupp", "beredningsgrupp", "Länsstyrgruppen", "NSV"),
    "beredningsgrupp": ("beredningsgrupp", "Länsstyrgruppen", "NSV"),
    "styrgrupp": ("Länsstyrgruppen", "NSV"),
}


def reminders(forms: Iterable[Form]) -> list[str]:
    """A reminder of at most five lines for each who has not answered everything, the earliest meeting first."""
    waiting = [form for form in forms if any(unanswered(form).values())]
    waiting.sort(key=lambda form: (_due(form)[1] or date.max, list(_BODIES).index(form.respondent.kind)))
    return [_text(form) for form in waiting]


def _due(form: Form) -> tuple[str, date | None]:
    """What the answer is for, and its day; without any meeting the day when the papers are sent, if that is known."""
    days = {meeting.body: meeting.day for meeting in form.issue.chain}
    for body in _BODIES[form.respondent.kind]:
        if body in days:
            return f"mötet i {body}" if body[:1].isupper() else f"{body}ens möte", days[body]
    return "utskicket", form.issue.sent


def _text(form: Form) -> str:
    what, day = _due(form)
    left = ", ".join(f"{title.lower()} {number}" for title, number in unanswered(form).items() if number)
    return "\n".join(
        (
            f"Till: {form.respondent.name}",
            f"Senast: {day.isoformat() if day else 'dagen är inte angiven'}, före {what}",
            f"Det saknas svar inför {form.issue.name or form.issue.id} (rader utan svar): {left}.",
            "Fyll i arbetsboken som ni har fått och skicka tillbaka den; tomma rutor går bra.",
        )
    )
