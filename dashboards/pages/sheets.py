"""The self-contained sheets: the index for the board, and two pages for each huvudman, from template to HTML.

Each carries its own style sheet and needs no script; what they say is in `front`, `equity`, `since`, `coming`, `halves`
and `huvudman`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from dashboards.context import Report
from dashboards.figures import svg
from dashboards.pages import attribution, cover, links, organisation
from dashboards.pages.coming import coming
from dashboards.pages.effects import NO_PROOF, confirmed_lines
from dashboards.pages.equity import equity
from dashboards.pages.front import front
from dashboards.pages.goals import goal_summaries
from dashboards.pages.halves import halves
from dashboards.pages.huvudman import PrincipalSheet, principal_sheets, short
from dashboards.pages.since import since_page
from dashboards.reading.published import Area
from dashboards.template import environment, standalone


def index(report: Report) -> str:
    """index.html."""
    published, content = report.published, report.published.content
    about = cover.cover(published, report.edition)
    since = since_page(report.diff, published, report.edition)
    names = {key: links.NAMES[href] for key, href in _NAMES.items()}
    return (
        environment()
        .get_template("index.html")
        .render(
            **_common(report, about),
            title=f"{about.title}{f' {about.issue}' if about.issue else ''} ({about.status.lower()})",
            nav=tuple(_nav(names)),
            names=names,
            front=front(report),
            legend=Markup(f"{_marks()}<span>{_SURE}</span>"),
            equity=equity(report),
            equity_legend=_equity_legend(),
            since=since,
            coming=coming(report),
            effects=confirmed_lines(published, content),
            no_proof=NO_PROOF,
            goals=goal_summaries(report),
            halves=halves(report),
            steering=organisation.steering(content),
            principals=[(links.principal_page(area), area.name) for area in published.principals],
            parts_of_county=[
                (links.part_page(n), name) for n, name in enumerate(_parts(published.principals), start=1)
            ],
            measures=[(links.measure_page(m.id), m.short or m.name) for m in published.measures],
            others=[(href, name) for href, name in links.NAMES.items() if "#" not in href],
        )
    )


def principals(report: Report, sheets: Sequence[PrincipalSheet]) -> dict[str, str]:
    """Path → page of every huvudman, from its sheet."""
    names = {key: links.NAMES[href] for key, href in _NAMES.items()}
    nav = [(f"../{links.INDEX}", "Hela länet"), *((f"../{href}", name) for href, name in _nav(names, links.INDEX))]
    about = cover.cover(report.published, report.edition)
    return {links.principal_page(area): page for area, page in _principals(report, about, nav, sheets)}


def profiles(report: Report, nav: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Area id → its two pages as a profile. nav: address and name of the pages beside it."""
    about = cover.cover(report.published, report.edition)
    about = replace(about, title=organisation.subject(report.published.content), status="Profil", board=_ALONE)
    sheets = principal_sheets(report)
    return {area.id: page for area, page in _principals(report, about, nav, sheets)}


# Who reads a profile knows neither the målbild nor who has decided what about it.
_ALONE = "Profil: mått och läge, utan beslut"


def _about_profile(report: Report, area: Area) -> str:
    content = report.published.content
    county = content.only("lan")
    origin = (county and (county.forslag_fran or county.lan)) or "ett annat län"
    return (
        f"Om profilen: måtten är de som målbilden för Nära vård i {origin} följs med, som ett förslag. {area.name} har "
        "inte beslutat något av det här. Bara mått och läge är med: inga kommentarer, mål, satsningar eller beslut. "
        "Värdena är källans egna, utan någons rättelser."
    )


def _principals(
    report: Report, about: cover.Cover, nav: Sequence[tuple[str, str]], sheets: Sequence[PrincipalSheet]
) -> Iterator[tuple[Area, str]]:
    common = _common(report, about)
    template = environment().get_template("huvudman.html")
    for sheet in sheets:
        yield (
            sheet.area,
            template.render(
                **common,
                title=f"{sheet.area.name}: {about.title} ({about.status.lower()})",
                nav=nav,
                legend=_barometer_legend(sheet),
                sheet=sheet,
                about=_about_profile(report, sheet.area) if report.as_profiles else None,
            ),
        )


_NAMES = {
    "laget": links.LAGET,
    "likvardighet": links.LIKVARDIGHET,
    "sedan": links.SEDAN,
    "satsningar": links.SATSNINGAR,
}


def _nav(names: dict[str, str], page: str = "") -> Iterator[tuple[str, str]]:
    yield f"{page}#laget", names["laget"]
    yield f"{page}#likvardighet", names["likvardighet"]
    yield f"{page}#sedan", names["sedan"]
    yield f"{page}#indikatorer", "Indikator för indikator"
    yield f"{page}#mer", "Kommunerna, regionen och måtten"


def _parts(principals: Iterable[Area]) -> list[str]:
    return list(dict.fromkeys(area.sub_county for area in principals if area.sub_county))


def _common(report: Report, about: cover.Cover) -> dict[str, Any]:
    return {
        "cover": about,
        "watermark": report.edition.watermark,
        **attribution.marks(report.published.run.source),
        **standalone("blad.css"),
    }


def _sign(kind: str, *, sure: bool) -> Markup:
    return svg.drawing(13, 13, "", [svg.glyph(6.5, 6.5, kind, sure=sure, size=4.3)])


_WORDS = (
    ("battre", True, "säkert bättre än riket"),
    ("battre", False, "troligen bättre"),
    ("samre", True, "säkert sämre"),
    ("samre", False, "troligen sämre"),
    ("lika", False, "ingen säker skillnad"),
)


_SURE = "Säkert: utanför hur värdena brukar variera från år till år (99,8 %). Troligen: 95 %."


def _marks() -> Markup:
    """The glyphs with their names."""
    signs = "".join(f"<span>{_sign(kind, sure=sure)} {words}</span>" for kind, sure, words in _WORDS)
    return Markup(signs)


def _equity_legend() -> Markup:
    example = svg.drawing(40, 14, "", [svg.box(0, 0, 40, 14, "b-brus"), svg.line(20, 0, 20, 14, "l-streck")])
    region = svg.drawing(12, 12, "", [svg.box(3, 3, 6, 6, "m-lan")])
    return Markup(
        f'<p class="tecken">{_marks()}<span>{region} länets eget värde</span>'
        f"<span>{example} streck: riket; grått: den vanliga årsvariationen (95 %)</span>"
        "<span>Alla rader har samma skala: längre ut är en större skillnad mot riket.</span></p>"
    )


def _barometer_legend(sheet: PrincipalSheet) -> Markup:
    """A row of the barometer with every part named."""
    own, kommun = short(sheet.area.name), sheet.area.kind == "kommun"
    y, middle = 34.0, 300.0
    parts = [
        svg.line(140, y, 440, y, "l-spann"),
        svg.box(250, y - 5, 90, 10, "b-halften"),
        svg.line(middle, 12, middle, 56, "l-streck"),
        svg.line(160, y, 232, y, "l-interval l-interval-samre"),
        svg.glyph(196, y, "samre", sure=True, size=4.6),
        svg.line(270, y - 4, 270, y - 10, "l-stift"),
        svg.dot(270, y - 12.5, 2.6, "m-liknande"),
        svg.text(middle, 9, "riket", "t-namn", "middle"),
        svg.text(133, y + 3.5, "sämst i landet", "t-namn", "end"),
        svg.text(447, y + 3.5, "bäst i landet", "t-namn"),
        svg.text(262, y - 9, f"liknande {sheet.others_name}", "t-namn", "end"),
        svg.text(347, y - 9, f"hälften av landets {sheet.others_name}", "t-namn"),
        svg.text(196, y + 20, f"{own}, med årsvariation", "t-namn", "middle"),
    ]
    if kommun:
        parts += [
            svg.line(322, y + 4, 322, y + 10, "l-stift"),
            svg.box(319.5, y + 10, 5, 5, "m-lan-eget"),
            svg.text(331, y + 17, "länet", "t-namn"),
        ]
    drawing = svg.drawing(545, 60, "", parts, "teckenrad")
    return Markup(f'<div class="tecken">{drawing}{_marks()}</div>')
