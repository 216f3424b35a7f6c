"""The words of every notice, in Swedish, for people who did not write the program. No I/O.

A notice says what happened, what readers see meanwhile, and what to do. When it is sent is `outbox`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from pipelines.checks.evaluate import STOPPED
from pipelines.clock import swedish
from pipelines.errors import RefusedDataError
from pipelines.notices.outbox import MAX_WAIT, Notice, Waiting
from pipelines.warehouse.changes import Ended, NewData
from pipelines.warehouse.changes_text import year_ranges

FAILURE, BACKUP = "fel", "sakerhetskopia"

# By exit code of the command line.
_TO_DO = {
    1: "Läs raden nedan och körningens fil i mappen logg. Ser du inget fel på disk eller behörigheter: skicka raden "
    "till den som förvaltar malbild. Kör sedan malbild run.",
    2: "Rätta det som raden pekar ut (fil och rad). Kontrollera med malbild check och kör malbild run.",
    3: "Oftast ingenting: malbild försöker igen 05.15 och 06.15 och nästa natt. Står det kvar i flera dagar: pröva "
    "malbild probe, och fråga Kolada.",
    4: "Är det Koladas fel: vänta. Tabellen karantan i lager.duckdb säger varför värdena vägrades. Höj "
    "MALBILD_KARANTAN_ANDEL bara när orsaken är förstådd.",
    5: "Vänta tills den andra körningen är klar. Står den stilla: se i Dagster vilken process det är.",
}
# A check stopped the publication: also exit code 4, but there is something else to do.
_TO_JUDGE = (
    "Låt någon som kan sifferunderlaget avgöra om ändringen är riktig. Är den det: malbild run --godkann "
    "publicerar en gång. Är den inte det: vänta tills Kolada rättat, eller skriv en korrigering. Det som inte är en "
    "ändring (täckning, dubbletter) är ett fel i lagret och släpps inte igenom: malbild rebuild, sedan malbild run."
)


def _seen(published: datetime | None, started: datetime | None) -> str:
    """What readers see after a failure: one publication, whole. published: when it was made. started: when the run
    began that failed; None: none had.
    """
    if published is None:
        return "Inget har publicerats ännu."
    if started is None or published < started:
        return (
            f"Läsarna ser fortfarande databasen, exporterna och rapporten från {time_text(published)}; inget av det är "
            "rört."
        )
    return (
        f"Läsarna ser redan nattens databas, exporter och rapport, från {time_text(published)}: felet kom efter att de "
        "hade publicerats."
    )


def failed(
    line: str, exit_code: int, published: datetime | None, origin: str, started: datetime | None = None
) -> Notice:
    """A run that began at `started` (None: none could) ended with this line. published: when what readers see was
    made (UTC, naive); None: there is nothing.
    """
    stopped = STOPPED in line
    what = "körningen misslyckades"
    if exit_code == RefusedDataError.exit_code:
        what = "en kontroll stoppade publiceringen" if stopped else "för många värden underkändes"
    return Notice(
        FAILURE,
        f"{exit_code} {_without_numbers(line)}",
        _subject(what, origin),
        _text(
            origin,
            f"{what[:1].upper()}{what[1:]} (kod {exit_code}).",
            _seen(published, started),
            f"Att göra: {_TO_JUDGE if stopped else _TO_DO[exit_code]}",
            f"Felraden, på engelska som i loggen: {line}",
        ),
    )


def trial() -> Notice:
    """`malbild meddelande prova`."""
    return Notice(
        "prov", "", _subject("prov", ""), "Det här är ett prov: meddelanden från malbild kommer fram. Gör ingenting.\n"
    )


def given_up(messages: Sequence[Waiting]) -> tuple[str, str]:
    """Subject and text of the last word about messages that never got through."""
    lines = [f"- {time_text(message.since)}: {message.subject}" for message in messages]
    return (
        _subject("meddelanden som inte kom fram", ""),
        _text(
            "",
            f"De här meddelandena gick inte att lämna på {MAX_WAIT.days} dagar och skickas inte igen:",
            *lines,
            "Att göra: malbild doctor säger hur det står till nu; malbild meddelande prova om meddelanden kommer fram.",
        ),
    )


def signature(host: str, data_dir: Path, run_id: str | None, log: Path | None, version: str) -> str:
    """The last lines of every notice: where it comes from, and where more stands."""
    lines = [f"Maskin: {host}", f"Datamapp: {data_dir}"]
    if run_id:
        lines += [f"Körning: {run_id}", f"Logg: {log}"]
    return "\n".join(["", *lines, f"malbild {version}", ""])


def recovered(origin: str) -> Notice:
    """The first run that ends well after a failure that somebody was notified of."""
    return Notice(
        FAILURE,
        "",
        _subject("körningen fungerar igen", origin),
        _text(origin, "Felet som meddelades tidigare har gått över: körningen gick klart. Inget behöver göras."),
    )


def backup_missing(problem: str, newest: datetime | None, error: str | None, origin: str) -> Notice:
    """There is no backup to trust. problem: `none`, `old` or `failed`, the last with its error line. newest: when the
    newest verified one was made (UTC, naive).
    """
    what = {
        "none": "Ingen säkerhetskopia har gjorts.",
        "old": "Den nyaste verifierade säkerhetskopian är äldre än två dagar.",
        "failed": f"Den senaste säkerhetskopian misslyckades: {error}",
    }[problem]
    newest_text = f"Den nyaste verifierade är från {time_text(newest)}." if newest else "Det finns ingen verifierad."
    return Notice(
        BACKUP,
        f"{problem} {newest} {_without_numbers(error or '')}",
        _subject("säkerhetskopian saknas", origin),
        _text(
            origin,
            what,
            newest_text,
            "Att göra: se efter att disken är ansluten och har plats, kör malbild backup MAPP (eller systemctl start "
            "malbild-backup) och sedan malbild doctor.",
        ),
    )


def new_data(data: Sequence[NewData], seen: datetime, origin: str) -> list[Notice]:
    """One notice for all the new data of a publication."""
    if not data:
        return []
    measures = list(dict.fromkeys(new.measure for new in data))
    lines = [
        f"- {new.measure}: {new.title} ({new.kpi_id}), {new.kind} {year_ranges(new.years)}, {_principals(new.areas)}"
        for new in data
    ]
    what = f"nya uppgifter för {measures[0]}" if len(measures) == 1 else f"nya uppgifter för {len(measures)} mått"
    return [
        Notice(
            "nya-uppgifter",
            seen.isoformat(),
            _subject(what, origin),
            _text(origin, "Sedan i natt finns i databasen och rapporten:", *lines, "Mer: malbild andringar."),
        )
    ]


def ended(kpis: Sequence[Ended], seen: datetime, origin: str) -> list[Notice]:
    """One notice for all followed nyckeltal that have ended since last time."""
    if not kpis:
        return []
    lines = [f"- {k.title} ({k.kpi_id}), {k.measure}: {k.event}" for k in kpis]
    return [
        Notice(
            "upphort",
            seen.isoformat(),
            _subject(f"{len(kpis)} nyckeltal som följs har upphört", origin),
            _text(
                origin,
                "I Koladas katalog:",
                *lines,
                "Värdena som finns står kvar i databas och rapport. Att göra: ägarna avgör om ett annat nyckeltal tar "
                "vid (indikatorer.yaml: eftertradare).",
            ),
        )
    ]


def reminders(
    dates: Iterable[tuple[str, date | None]], today: date, before: timedelta, origin: str, board: str
) -> list[Notice]:
    """One notice per uppföljning (id, the board's date) whose meeting is at most `before` away."""
    return [
        Notice(
            f"nsv-{follow_up}",
            day.isoformat(),
            _subject(f"{board[:1].upper()}{board[1:]} behandlar uppföljningen {follow_up} den {day}", origin),
            _text(
                origin,
                f"Det är {(day - today).days} dagar kvar. Att göra: läs utkastet i rapport/utkast, låt huvudmännen "
                f"kommentera och frys uppföljningen i tid före utskicket (malbild uppfoljning frys {follow_up}).",
            ),
        )
        for follow_up, day in dates
        if day is not None and today <= day <= today + before
    ]


def time_text(when: datetime) -> str:
    """A time (UTC, naive) as Swedish readers write it."""
    return f"{swedish(when):%Y-%m-%d %H.%M}"


def _subject(what: str, origin: str) -> str:
    return f"malbild: {what}{' (syntetiska uppgifter)' if origin.startswith('SYNTETISKA') else ''}"


def _text(origin: str, *lines: str) -> str:
    return "\n".join([*lines, *([f"{origin}."] if origin else [])]) + "\n"


def _principals(count: int) -> str:
    return "bara för riket" if count == 0 else f"{count} huvudmän" if count > 1 else "1 huvudman"


def _without_numbers(line: str) -> str:
    """The line without its figures and without what names the run: the same fault the night after, with other seconds
    or counts, is the same fault. Ids of nyckeltal and kommuner stay.
    """
    return re.sub(rf"{_RUN_ID}|(?<![\w-])\d[\d.,:]*(?![\w-])", "#", line)


# Ours, which folders are named by, and Dagster's.
_RUN_ID = r"\d{4}-\d\d-\d\dT\d{6}Z-[0-9a-f]{8}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
