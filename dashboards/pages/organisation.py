"""The organisation behind the report: its title, the board it goes to, and who leads the work, as the YAML files say.

Where the YAML files do not say, the text says so or stays general: no county gets another county's names.
"""

from __future__ import annotations

from dashboards import formatting
from dashboards.reading.content import Content, Records

_ABOUT = "Uppföljning av "


def heading(content: Content) -> str:
    """What the report is called."""
    report = content.only("rapport")
    return report.titel if report else f"{_ABOUT}Nära vård{f' i {content.county}' if content.county else ''}"


def followed(content: Content) -> str:
    """What is followed, inside a sentence: 'målbilden Nära vård i …'."""
    return f"målbilden {subject(content)}" if heading(content).startswith(_ABOUT) else "målbilden"


def subject(content: Content) -> str:
    """What it is about: 'Nära vård i …'."""
    return heading(content).removeprefix(_ABOUT)


def proposal(content: Content) -> str | None:
    """That the målbild is another county's, where it is."""
    county = content.only("lan")
    if county is None or county.forslag_fran is None:
        return None
    return (
        f"Målområden, indikatorer och mått är hämtade ur målbilden i {county.forslag_fran} som förslag. "
        f"{county.lan} har inte beslutat något av dem."
    )


def board_line(content: Content) -> str:
    """The board, in full."""
    report = content.only("rapport")
    return report.namnd if report else "Nämnd: ej angiven"


def board(content: Content) -> str:
    """The board inside a sentence: the first link of the styrkedja."""
    links = _links(content)
    return (links[0].kort or formatting.lowered(links[0].namn)) if links else "nämnden"


def steering(content: Content) -> str:
    """Who leads the work, inside a sentence: the second link of the styrkedja."""
    links = _links(content)
    return links[1].namn if len(links) > 1 else "styrgruppen"


def steering_id(content: Content) -> str | None:
    """The id of who leads the work."""
    links = _links(content)
    return links[1].instans_id if len(links) > 1 else None


def preparing(content: Content) -> str:
    """Who prepares the matters, inside a sentence: the third link of the styrkedja."""
    links = _links(content)
    return links[2].namn if len(links) > 2 else steering(content)


def region(content: Content) -> str:
    return content.region or "regionen"


def _links(content: Content) -> Records:
    return content.where("instans", i_styrkedjan=True)
