"""The folder of YAML files that another county begins with.

kommuner.yaml says what Kolada's catalogue says; indikatorer.yaml is another målbild's as a proposal; in the others
nobody has said anything yet. Nothing in them is a decision of the county.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.catalog.load import (
    ACTIVITY_FILE,
    CORRECTION_FILE,
    FOLLOW_UP_FILE,
    GEOGRAPHY_FILE,
    INDICATOR_FILE,
    load_catalog,
)
from pipelines.catalog.model import Catalog, Geography
from pipelines.counties.places import County, Place, find_county, named
from pipelines.counties.starting_point import check_undecided, proposed_from, undecided
from pipelines.errors import CatalogError, ConfigError
from pipelines.files import replacing_folder
from pipelines.kolada.catalogue import Lists, fetch_lists

_PLAIN = re.compile(r"[A-Za-zÅÄÖåäöé][A-Za-zÅÄÖåäöé() -]*")
_NOT_TEXT = frozenset({"ja", "nej", "yes", "no", "true", "false", "on", "off", "null", "y", "n"})


@dataclass(frozen=True, slots=True)
class NewCounty:
    """The written folder. kpis: the number of KPIs it follows; not_in_catalogue: those of them that Kolada lacks."""

    folder: Path
    county: County
    kpis: int
    not_in_catalogue: tuple[str, ...]


def new_folder(catalog_dir: Path, name: str, target: Path | None, kolada_url: str, patience: float) -> NewCounty:
    """Write the folder of the county `name` from Kolada's catalogue and the målbild in `catalog_dir`.

    target: a folder named after the county in the working directory by default.

    Raises ConfigError when the county is not known or the folder is not empty, SourceError when Kolada cannot be read
    or lacks something of the county.
    """
    if target is not None:
        refuse_if_used(target)
    start = load_catalog(catalog_dir)
    lists = fetch_lists(kolada_url, patience)
    county = county_of(name, lists, start.geography)
    folder = write_folder(county, start, target or Path(county.slug))
    followed, known = start.followed_kpis(), {kpi.id for kpi in lists.kpis}
    return NewCounty(folder, county, len(followed), tuple(kpi.id for kpi in followed if kpi.id not in known))


def county_of(name: str, lists: Lists, geography: Geography) -> County:
    """The county in Kolada's lists, with the subjects that the huvudmän of `geography` are compared in."""
    subjects = (
        tuple(dict.fromkeys(subject for kommun in geography.kommuner for subject in kommun.similar)),
        tuple(geography.region.similar),
    )
    return find_county(named(name, lists.groups), lists.areas, lists.groups, subjects)


def refuse_if_used(folder: Path) -> None:
    """Raises ConfigError when something is there already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} exists and is not empty; nothing was written → name another folder, or empty it")


def write_folder(county: County, start: Catalog, folder: Path) -> Path:
    """Write the files into `folder`, all of them or none, and return it. Raises ConfigError when it is not empty or
    what would be written does not hold together.
    """
    refuse_if_used(folder)
    with replacing_folder(folder) as new:
        for name, text in _files(county, start).items():
            (new / name).write_text(text, encoding="utf-8")
        try:
            catalog = load_catalog(new)
        except CatalogError as error:
            raise ConfigError(
                f"{county.name}: what {INDICATOR_FILE} of {start.geography.county_name} holds does not fit another "
                f"county ({error}) → correct it, or name another målbild's folder with --katalog"
            ) from error
        check_undecided(catalog, INDICATOR_FILE)
    return folder


def _files(county: County, start: Catalog) -> dict[str, str]:
    (indicators,) = (file.content.decode() for file in start.files if file.name == INDICATOR_FILE)
    return {
        GEOGRAPHY_FILE: _geography(county, start.geography.skr_groups),
        INDICATOR_FILE: _indicators(county, start.geography.county_name, indicators),
        ACTIVITY_FILE: _ACTIVITIES.format(county=county.name),
        FOLLOW_UP_FILE: _FOLLOW_UPS.format(county=county.name),
        CORRECTION_FILE: _CORRECTIONS.format(county=county.name),
    }


def _indicators(county: County, source: str, text: str) -> str:
    if source == county.name:
        return _OWN_HEADING.format(county=county.name) + undecided(text)
    return _HEADING.format(county=county.name, source=source) + proposed_from(source, undecided(text, elsewhere=True))


def _geography(county: County, skr_groups: Sequence[str]) -> str:
    same = [kommun for kommun in county.kommuner if county.region.name == f"Region {kommun.name}"]
    only = f"\n{_ONE_KOMMUN.format(kommun=same[0], region=county.region)}" if len(county.kommuner) == 1 and same else ""
    return "\n".join(
        [
            _GEOGRAPHY.format(county=county.name, only=only),
            "version: 1",
            "",
            f"lan: {_text(county.name)}",
            "riket:",
            f'  id: "{county.country.id}"',
            f"  namn: {_text(county.country.name)}",
            f'lansgrupp: "{county.group}"  # {county.group_title}',
            f'regionsgrupp: "{county.every_region}"  # Alla regioner (ovägt medel)',
            f'kommungrupp: "{county.every_kommun}"  # Alla kommuner (ovägt medel)',
            *([f"skr_grupper: {json.dumps(skr_groups)}"] if skr_groups else []),
            "jamfor_med: alla",
            "",
            "region:",
            *(f"  {line}" for line in _principal(county.region)),
            "",
            "lansdelar: []",
            "",
            "kommuner:",
            "\n\n".join("\n".join(_item(kommun)) for kommun in county.kommuner),
            "",
        ]
    )


def _item(place: Place) -> Iterator[str]:
    for number, line in enumerate(_principal(place)):
        yield f"  {'  ' if number else '- '}{line}"


def _principal(place: Place) -> Iterator[str]:
    yield f'id: "{place.id}"'
    yield f"namn: {_text(place.name)}"
    yield "liknande:" if place.similar else "liknande: {}"
    for subject, group in place.similar.items():
        yield f'  {_text(subject)}: "{group}"'


def _text(text: str) -> str:
    """As YAML, quoted where it could be read as something else."""
    plain = _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in _NOT_TEXT
    return text if plain else json.dumps(text, ensure_ascii=False)


_HEADING = """\
# {county}: förslag till mått och nyckeltal att börja med.
# {county} har inte beslutat något av det som står här.
#
# Målområden, indikatorer, definitioner och mått är hämtade ur den målbild som följs i {source}. Den är
# inte er. Det som någon har beslutat där är inte med: allt är föreslagen, och målvärden och ägare är utelämnade.
#
# Byt ut:
# - forslag_fran: rapporten säger på första sidan vems målbild det är. Ta bort raden när målbilden är er egen.
# - malomraden: era egna målområden och indikatorer. definition ska vara ordagrant ur er egen målbild, och kalla (längst
#   upp) säga vilket dokument den står i. malbild_ar är året som målbilden siktar på.
# - matt: ta bort de mått som ni inte följer, lägg till era egna. kommentar, fraga, lucka och lokalt är förslag.
# - nyckeltal: id, titlar och enhet gäller i hela landet. Läs forbehall: en del är skrivna om ett annat län. riktning
#   och jamforelsegrupp är val som ni gör själva.
#
"""

_OWN_HEADING = """\
# {county}: mått och nyckeltal, utan det som är beslutat om dem: allt är föreslagen, målvärden och ägare är utelämnade.
#
"""

_GEOGRAPHY = """\
# {county}: kommunerna, regionen och grupperna som de jämförs med, som Koladas katalog anger dem.{only}
#
# - liknande: Koladas grupper av liknande kommuner eller regioner, per ämne. Nyckeltalen väljer ämne med jamforelsegrupp
#   i indikatorer.yaml. Kolada ritar om grupperna under samma id; malbild sparar medlemmarna vid varje körning.
# - lansdelar: Kolada har inga. Skriv era om länet har en indelning; varje kommun ska då stå i precis en. Påhittat:
#     lansdelar:
#       - id: norra
#         namn: Norra länsdelen
#         bekraftad: nej
#         kommuner: ["9901", "9902"]
# - utgivare (valfritt): den som ger ut uppgifterna som öppna data; nycklarna står i docs/schema/kommuner.schema.json.
# - jamfor_med: alla = alla kommuner och regioner i Koladas katalog; malbilden = bara områdena här och riket.
# - Skriv alla id inom citationstecken ("0180"); ja och nej utan. Kontrollera med: malbild check --katalog MAPP
"""

_ONE_KOMMUN = """\
#
# Länet har en enda kommun, och den är samma organisation som regionen. Kolada för den under två id:
# {kommun.id} {kommun.name} (kommunens nyckeltal) och {region.id} {region.name} (regionens). Här står den därför som två
# huvudmän, en för varje slags nyckeltal. Ett medel av länets kommuner är kommunens eget värde, och ingen annan kommun
# i länet finns att jämföra med."""

_ACTIVITIES = """\
# {county}: det som ägarna beslutar och skriver mellan två rapporter. Inget är inlagt än, och inget är hämtat från
# något annat län.
#
# Skriv bara det som är beslutat eller antecknat. Det som ingen har sagt utelämnas: rapporten skriver då "ej angiven"
# eller "saknas". Avsnitten heter kallor, rapport, citat, instanser, fokusomraden, satsningar, beslut,
# grans_satsningar, trygghetsvy, kommentarer och att_bekrafta; vad de innehåller står i docs/schema/
# aktiviteter.schema.json. instanser skrivs i styrkedjans ordning: den första med i_styrkedjan: ja är
# nämnden som rapporten lämnas till, den andra gruppen som leder arbetet. Börja till exempel så, påhittat:
#
# rapport:
#   titel: Uppföljning av Nära vård i Exempellänet
#   namnd: Exempelnämnden
# instanser:
#   - id: namnden
#     namn: Exempelnämnden
#     kort: EXN
#     i_styrkedjan: ja
#   - id: styrgruppen
#     namn: Exempelstyrgruppen
#     i_styrkedjan: ja
#
# Kontrollera med: malbild check --katalog MAPP

version: 1
"""

_FOLLOW_UPS = """\
# {county}: uppföljningarna till nämnden, den äldsta först. Ingen är planerad än.
#
# - id är uppföljningens eget namn och används i kommandon: malbild uppfoljning frys 2027-var. nr löper från 1.
# - status: utkast, fryst eller fastställd, och as_of skrivs av kommandona. Så görs de: docs/uppfoljning.md
# - Det som inte är känt utelämnas. Exempel, påhittat:
#
# uppfoljningar:
#   - id: 2027-var
#     nr: 1
#     namn: Vår 2027
#     status: utkast

version: 1

uppfoljningar: []
"""

_CORRECTIONS = """\
# {county}: enskilda värden ur Kolada som ägarna har beslutat att utelämna, ersätta eller flagga. Det finns inga.
#
# Rätta helst felet hos den som lämnat uppgiften till Kolada. Så skrivs en korrigering:
# docs/schema/korrigeringar.schema.json

version: 1

korrigeringar: []
"""
