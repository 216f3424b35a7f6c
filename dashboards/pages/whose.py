"""Whose report it is: what it is called, the board that it goes to, and who leads the work, as the YAML files say.

Where nobody has said it, the words say so or stay general: no county gets another one's names.
"""

from __future__ import annotations

from dashboards import words
from dashboards.content import Body, Content

_ABOUT = "Uppföljning av "


def heading(content: Content) -> str:
    """What the report is called."""
    return content.title or f"{_ABOUT}Nära vård{f' i {content.county}' if content.county else ''}"


def followed(content: Content) -> str:
    """What is followed, inside a sentence: 'målbilden Nära vård i …'."""
    name = heading(content)
    return f"målbilden {name.removeprefix(_ABOUT)}" if name.startswith(_ABOUT) else "målbilden"


def proposal(content: Content) -> str | None:
    """That the målbild is another county's, where it is."""
    if content.proposed_from is None:
        return None
    return (
        f"Målområden, indikatorer och mått är hämtade ur målbilden i {content.proposed_from} som förslag. "
        f"{content.county or 'Länet'} har inte beslutat något av dem."
    )


def board_line(content: Content) -> str:
    """The board, in full."""
    return content.board or "Nämnd: ej angiven"


def board(content: Content) -> str:
    """The board inside a sentence: the first link of the styrkedja."""
    links = _links(content)
    return (links[0].short or words.lowered(links[0].name)) if links else "nämnden"


def steering(content: Content) -> str:
    """Who leads the work, inside a sentence: the second link of the styrkedja."""
    links = _links(content)
    return links[1].name if len(links) > 1 else "styrgruppen"


def preparing(content: Content) -> str:
    """Who prepares the matters, inside a sentence: the third link of the styrkedja."""
    links = _links(content)
    return links[2].name if len(links) > 2 else steering(content)


def region(content: Content) -> str:
    return content.region or "regionen"


def _links(content: Content) -> list[Body]:
    return [body for body in content.bodies.values() if body.in_chain]
