"""Each way in which the YAML files can be wrong is refused with file, line and the way out.

A row is a change to a file that holds together, and words of the finding that it makes.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from pipelines.catalog.load import (
    ACTIVITY_FILE,
    CORRECTION_FILE,
    FOLLOW_UP_FILE,
    GEOGRAPHY_FILE,
    INDICATOR_FILE,
    load_catalog,
)
from pipelines.errors import CatalogError
from tests.catalog.test_load import FULL, MINIMAL

I, K, A, C, F = INDICATOR_FILE, GEOGRAPHY_FILE, ACTIVITY_FILE, CORRECTION_FILE, FOLLOW_UP_FILE  # noqa: E741


class Defect(NamedTuple):
    """The first `before` of `file` becomes `after` (and so for the pairs of `more`).

    words: parted by " | "; one finding holds them all. line: where the finding is, from the first line that differs.
    findings: how many there are in all.
    """

    file: str
    before: str
    after: str
    words: str
    line: int = 0
    findings: int = 1
    more: tuple[tuple[str, str], ...] = ()


def local(form: str, line: int, words: str, *, enhet: str = "antal", niva: str = "L", antal: str = "5") -> Defect:
    """A mått that is handed in with this form; the line of the finding is counted from `lokalt:`."""
    text = f"""lokalt:
      raknas: Allt.
      enhet: {enhet}
      riktning: ingen
      riktning_beslut: föreslagen
      niva: {niva}
      konsuppdelat: nej
      kalla: Regionen
      minsta_antal: {antal}
      form: {form}
"""
    return Defect(I, "    tackning: delvis\n", f"    tackning: delvis\n    {text}", words, line)


def expecting(*expectations: tuple[str, ...]) -> str:
    """A satsning that expects something: a nyckeltal and its huvudmän each."""
    lines = []
    for kpi, *principals in expectations:
        starts = ", ".join(f'{{huvudman: "{principal}", datum: 2027-01-01}}' for principal in principals)
        lines.append(
            f'      - {{nyckeltal: "{kpi}", vantas: lägre, fordrojning_ar: 1, skriven: 2026-11-01, start: [{starts}]}}'
        )
    return "\n".join(["slag: satsning", "    forvantan:", *lines])


def publisher(key: str, value: str | None, words: str) -> Defect:
    """A publisher with this value of a key; None: the key is left out."""
    right = {
        "namn": "Provregionen",
        "uri": "https://prov.example/id",
        "typ": "region",
        "kontakt": "Funktionen",
        "epost": "funktion@prov.example",
        "adress": "https://prov.example/data/",
        "licens": "https://prov.example/licens",
    }
    keys = [f"  {name}: {text}\n" for name, text in (right | {key: value}).items() if text is not None]
    line = 0 if value is None else list(right).index(key) + 1
    last = '"G8"\n      socioekonomi: "G9"\n'
    return Defect(K, last, f"{last}utgivare:\n{''.join(keys)}", words, line)


def kpi(keys: str, words: str, line: int) -> Defect:
    """More keys of a nyckeltal; the line is counted from the first of them."""
    return Defect(I, "    kalla: Registret", f"    kalla: Registret\n{keys}", words, line)


GOAL = "ar: 2035\n      beslut: beslutad\n      kalla: Påhittat beslut"

# fmt: off
DEFECTS = [
    # What is written otherwise than its key takes, and keys that are not right.
    Defect(K, '  - id: "0461"\n', "  - id: 0461\n", '0461 | the number 305 | write "0461"'),
    Defect(K, '      - "0461"\n', "      - 0461\n", 'norra | the number 305 | write "0461"'),
    Defect(K, 'lansgrupp: "G1"', "lansgrupp: 33614", 'lansgrupp | the number 33614 | write "33614"'),
    Defect(I, '  - id: "U00006"', '  - id: "U006"', '"U006" is not a KPI id | N or U and five digits'),
    Defect(I, 'osakerhet: "N00003"', 'osakerhet: "n00003"',
        'U00001, osakerhet | "n00003" is not a KPI id | e.g. "U21463"'),
    Defect(K, '  id: "0004"', '  id: "004"', 'region, id | "004" is not an area id | e.g. "0484"'),
    Defect(K, '      socioekonomi: "G9"', '      socioekonomi: "9"', '0484 | "9" is not a group id | e.g. "G33614"'),
    Defect(I, "      - id: rehabiliterande", "      - id: hälsofrämjande", "hälsofrämjande | a–z, 0–9 and _"),
    Defect(I, "  - id: vardtillfallen", "  - id: Vardtillfallen",
        '"Vardtillfallen" is not an id of a–z, 0–9 and - | without å, ä, ö and capitals'),
    Defect(I, "      - id: rehabiliterande", "      - id: ovriga", "ovriga is kept | choose another id"),
    Defect(I, "    riktning: högre\n    riktning_beslut", "    riktnng: högre\n    riktning_beslut",
        "U00001, riktnng: unknown key | did you mean riktning?"),
    Defect(K, "jamfor_med: alla", "jamfor_med: alla\nxyz: 1", "xyz: unknown key | the keys are version, lan, riket"),
    Defect(I, "    enhet: antal som svarat\n", "", "nyckeltal U00005: the key enhet is missing | add enhet", line=-3),
    Defect(I, "    tackning: delvis\n", "",
        "vardtillfallen: the key tackning is missing | add tackning: one of kolada, brott, delvis, upphört", line=-4),
    Defect(I, "    niva: L\n", "    niva: L\n    niva: K\n", "the key niva stands here and on line 62 | keep one"),
    Defect(I, "    enhet: antal som svarat", "    enhet:", "enhet has no value | give it one, or remove the line"),
    Defect(I, "    upphort_ar: 2024", "    upphort_ar:", "upphort_ar has no value | remove the line"),
    Defect(K, '      socioekonomi: "G9"', '      socioekonomi: "G9"\n      yes: "G9"', "the key yes is not text"),
    Defect(I, "    tackning: delvis", "    tackning: Kolda",
        "vardtillfallen, tackning: Kolda is not allowed | did you mean kolada? | brott | utanför kolada | saknas"),
    Defect(I, "    niva: L", "    niva: region", "N00004, niva: region is not allowed | write one of K, L, A"),
    Defect(K, "jamfor_med: alla", "jamfor_med: länet", "jamfor_med: länet | alla, malbilden"),
    Defect(I, "    konsuppdelat: ja", "    konsuppdelat: yes", "konsuppdelat: yes is neither ja nor nej | write ja"),
    Defect(K, "    bekraftad: nej", "    bekraftad: false", "bekraftad: false is neither ja nor nej | write nej"),
    Defect(I, "    konsuppdelat: ja", "    konsuppdelat: Ja", "Ja is neither ja nor nej | write ja"),
    Defect(K, "    bekraftad: nej", "    bekraftad: kanske", "kanske is neither ja nor nej | write ja or nej"),
    Defect(I, "    kalla: Registret", "    kalla: 2024-01-01", 'N00004, kalla | read as a date | write "2024-01-01"'),
    Defect(I, "    kalla: Registret", '    kalla: " "', "N00004, kalla | is not text"),
    Defect(I, "    kalla: Registret", "    kalla: [Registret]", "N00004, kalla: expected text, found a list"),
    Defect(I, '    titlar:\n      - "Svarande, antal"', "    titlar: Svarande",
        "U00005, titlar: expected a list | begin with a hyphen"),
    Defect(I, '    titlar:\n      - "Svarande, antal"', "    titlar: []", "U00005, titlar: the list is empty"),
    Defect(I, "    jamforelsegrupp:\n      region: hälso- och sjukvård", "    jamforelsegrupp: socioekonomi",
        "N00004, jamforelsegrupp: expected keys with values"),
    Defect(I, "upphort_ar: 2024", 'upphort_ar: "2024"', "upphort_ar: 2024 is not a whole number | without quotes"),
    Defect(I, "upphort_ar: 2024", "upphort_ar: 24", "upphort_ar: 24 is out of range | at least 1990"),
    Defect(K, "version: 1", "version: 2", "version: 2 is not allowed"),
    Defect(I, "    kalla: Registret", "    kalla: &k Registret",
        "&k: anchors and aliases are not used | write the value out"),
    Defect(I, "    kalla: Registret", "    kalla: &k Registret",
        "*k: anchors and aliases are not used | write the value out",
        line=+44, findings=2, more=(("    enhet: andel av alla", "    enhet: *k"),)),
    Defect(I, "    enhet: antal som svarat", "    enhet: %", "not readable as YAML | in quotes"),
    Defect(K, "  namn: Riket", "\tnamn: Riket", "not readable as YAML | indent with spaces"),
    Defect(I, "    kalla: Registret", "    kalla: !!python/name:os.system Registret", "kalla | not as text"),
    Defect(I, "    kalla: Registret", "    kalla: Regis\x07tret", "control character | remove it"),
    Defect(I, '  - id: "U00006"', '  - id: "N00003"', "nyckeltal N00003 is defined here and on line 46 | keep one"),
    Defect(I, "  - id: vardtillfallen", "  - id: upplevd-kontinuitet",
        "mått upplevd-kontinuitet is defined here and on line 21 | keep one",
        line=+20, more=(("          - vardtillfallen\n", ""),)),
    Defect(I, "      - id: rehabiliterande", "      - id: kontinuitet",
        "indikator kontinuitet is defined here and on line 9"),
    Defect(K, '  - id: "0484"', '  - id: "0461"',
        "område 0461 is defined here and on line 30", line=+8, more=(('["0484"]', "[]"),)),
    Defect(I, "          - vardtillfallen\n", "",
        "mått vardtillfallen belongs to no indikator | name it under matt", line=+20),
    Defect(I, "          - vardtillfallen\n", "          - vardtillfallen\n          - vardtillfalle\n",
        "indikatorer kontinuitet, matt no 3: vardtillfalle is not defined | did you mean vardtillfallen?"),
    Defect(I, "          - vardtillfallen\n", "          - vardtillfallen\n          - vardtillfallen\n",
        "indikator kontinuitet names the mått vardtillfallen twice | remove this line"),
    Defect(I, "        lucka: Ej klart.\n", "", "rehabiliterande has neither mått nor lucka | add lucka", line=-4),
    Defect(I, '      - id: "N00004"', '      - id: "N00044"',
        "matt vardtillfallen, nyckeltal N00044, id: N00044 is not defined | did you mean N00004?"),
    Defect(I, '      - id: "U00002"', '      - id: "U00001"',
        "mått upplevd-kontinuitet names U00001 here and on line 28 | keep one"),
    Defect(I, '    eftertradare: "U00002"', '    eftertradare: "U00022"',
        "U00001, eftertradare: U00022 is not defined | did you mean U00002?"),
    Defect(I, '    osakerhet: "N00003"', '    osakerhet: "N00003"\n    vikt: "N98765"',
        "U00001, vikt: N98765 is not defined | define it under nyckeltal"),
    Defect(I, '    osakerhet: "N00003"', '    osakerhet: "N98765"',
        "U00001, osakerhet: N98765 is not defined | define it under nyckeltal"),
    Defect(I, '      - "U00005"', '      - "U98765"', "U00001, kvalitet | U98765 is not defined"),
    Defect(I, '    osakerhet: "N00003"', '    osakerhet: "U00001"', "U00001 is the nyckeltal itself"),
    Defect(I, '"N00004"\n        roll: primär', '"U00001"\n        roll: primär',
        "primär U00001 is of niva K, but mått vardtillfallen is of region | huvudman: båda", line=+1),
    Defect(I, '"U00002"\n        roll: efterträdare', '"N00004"\n        roll: efterträdare',
        "efterträdare N00004 is of niva L, but mått upplevd-kontinuitet is of kommun", line=+1),
    Defect(I, "    kalla: Äldreenkäten", "      region: socioekonomi\n    kalla: Äldreenkäten",
        "U00001, jamforelsegrupp: region does not fit niva K | remove the line"),
    Defect(I, "    jamforelsegrupp:\n      kommun: socioekonomi\n", "    jamforelsegrupp:\n",
        "U00006, jamforelsegrupp: the key kommun is missing for niva A | add kommun", line=-1),
    Defect(I, "      kommun: socioekonomi", "      kommun: skola",
        "U00006 | no kommun in kommuner.yaml has a group of liknande for skola | socioekonomi, äldreomsorg"),
    Defect(I, "      region: socioekonomi", "      region: äldreomsorg",
        "no region in kommuner.yaml has a group of liknande for äldreomsorg | hälso- och sjukvård, socioekonomi"),
    Defect(K, '    liknande:\n      äldreomsorg: "G8"', '    liknande:\n      aldreomsorg: "G8"',
        "kommun 0484 Västby has no group of liknande for äldreomsorg", line=-1),
    Defect(K, '["0484"]', '["0484", "0485"]',
        "lansdelar sodra, kommuner no 2: 0485 is not defined | did you mean 0484?"),
    Defect(K, '["0484"]', '["0484", "0461"]', "kommun 0461 stands in a länsdel here and on line 23 | keep it in one"),
    Defect(K, '["0484"]', "[]", "kommun 0484 stands in no länsdel | name it under kommuner", line=+8),
    Defect(I, "version: 1", "version: 1\nmetod:\n  band: tiondelar",
        "tiondelar is not allowed here | tredjedelar, fjärdedelar, femtedelar", line=+1),
    # aktiviteter.yaml.
    Defect(A, "kalla: rapporten}\ninstanser", "kalla: raporten}\ninstanser",
        "raporten is not defined → did you mean rapporten"),
    Defect(A, "ansvarig: gruppen", "ansvarig: nsv", "satsningar prov, ansvarig: nsv is not defined"),
    Defect(A, "- {id: fokus-1, beslut", "- {id: fokus-9, beslut", "fokus-9 is not defined → did you mean fokus-"),
    Defect(A, "matt: vardtillfallen, kalla", "matt: vardtillfalle, kalla", "did you mean vardtillfallen"),
    Defect(A, "process, matt: vardtillfallen", "process, indikator: kontinuitett", "did you mean kontinuitet"),
    Defect(A, 'nyckeltal: "U00001"', 'nyckeltal: "U99999"', "U99999 is not defined"),
    Defect(A, "uppfoljning: 2026-var", "uppfoljning: host", "host is not defined"),
    Defect(A, "satsning: prov}", "satsning: annat}", "annat is not defined"),
    Defect(A, "hela_lanet: ja}", "hela_lanet: ja, status: test}", "status test lacks belagg"),
    Defect(A, "hela_lanet: ja}", "hela_lanet: ja, status: klar}", "klar is not allowed here"),
    Defect(A, "hela_lanet: ja}", 'hela_lanet: ja, tackning: {huvudman: ["0001"]}}', "0001 is not defined"),
    Defect(A, "hela_lanet: ja}", "hela_lanet: ja, tackning: {lansdelar: [soder]}}", "soder is not defined"),
    Defect(A, "id: fokus-2", "id: fokus-1", "målsättning fokus-1 is defined here and on line"),
    Defect(A, "till: 2027", "till: 2022", "till 2022 lies before fran"),
    Defect(A, "    kriterier: {uppdrag: ja, resurser: nej, finansiering: okänt, plan: ja, test: ja}\n", "",
        "lacks kriterier", line=-5),
    Defect(A, "uppdrag: ja", "uppdrag: kanske", "kanske is not allowed here"),
    Defect(A, "slag: satsning", "slag: satsning\n    status: avslutad", "status avslutad lacks skal"),
    Defect(A, "slag: satsning", "slag: satsning\n    skal: Klart.", "skal does not go with its status"),
    Defect(A, "slag: satsning", "slag: satsning\n    status: sammanslagen\n    skal: Ett.",
        "sammanslagen_med do not fit", line=-3),
    Defect(A, "slag: satsning", expecting(("U00001", "0484"), ("U00001", "0461")),
        "forvantan names nyckeltal U00001 twice", line=+2),
    Defect(A, "slag: satsning", expecting(("U00001", "0484", "0484")), "forvantan of U00001 names huvudman 0484 twice",
        line=+1),
    Defect(A, "slag: satsning", expecting(("U00001", "0001")), "0001 is not defined", line=+1),
    Defect(A, "slag: satsning", expecting(("U00001",)), "start: the list is empty", line=+1),
    Defect(A, "cykel: 1", "cykel: 2", "cykel 2 stands where 1 is expected"),
    Defect(A, "beslut: föreslagen}\n    upp", "beslut: kanske}\n    upp", "kanske is not allowed here"),
    Defect(A, "vad: Ja.,", "vad: Ja., aterrapportering: {},", "aterrapportering says no time"),
    Defect(A, "vad: Ja.,", "vad: Ja., aterrapporterad: 2026-05-01,", "lies before datum"),
    Defect(A, "datum: 2026-05-08", "datum: 2026-5-8", "is not a date"),
    Defect(A, "{matt: vardtillfallen, belyser", '{matt: vardtillfallen, nyckeltal: "U00002", belyser',
        "names 2 of nyckeltal"),
    Defect(A, "vet: Något., ", "", "says nothing"),
    Defect(A, "{matt: vardtillfallen, uppf", "{matt: vardtillfallen, malomrade: nara, uppf",
        "names 2 of matt, indikator"),
    Defect(A, "status: öppen", "status: besvarad", "status besvarad lacks svar, av, datum"),
    Defect(A, "status: öppen", "status: öppen, svar: Ja.", "has an answer, but status öppen"),
    Defect(A, "plats: målbild", "plats: framsidan", "framsidan is not allowed here"),
    Defect(A, "hypotes: Det blir fler.", "hypotes: Ja, uppfoljningsmatt: annat", "names annat, which is none of its"),
    Defect(A, "hypotes: Det blir fler.", "hypotes: Ja, siffror: Fem av tio", "add titt_gjord"),
    Defect(A, "satsningar:\n", "satsning:\n", "unknown key → did you mean satsningar"),
    # korrigeringar.yaml.
    Defect(C, 'nyckeltal: "N00004"', 'nyckeltal: "N00044"',
        "riket-flaggad, nyckeltal: N00044 is not defined | did you mean N00004? | indikatorer.yaml"),
    Defect(C, 'nyckeltal: "N00004"', 'nyckeltal: "N4"', 'riket-flaggad, nyckeltal | "N4" is not a KPI id'),
    Defect(C, 'omrade: "0000"', 'omrade: "484"', 'riket-flaggad, omrade | "484" is not an area id | four digits'),
    Defect(C, 'omrade: "0000"', "omrade: 0461", 'the number 305 | write "0461"'),
    Defect(C, "id: riket-flaggad", "id: Riket_2024", '"Riket_2024" is not an id of a–z, 0–9 and -'),
    Defect(C, "id: ostby-ersatt", "id: ostby-utelamnad",
        "korrigering ostby-utelamnad is defined here and on line 3 | keep one"),
    Defect(C, "ar: 2024\n    kon: K", "ar: 2023\n    kon: T",
        "ostby-ersatt: the value U00001, 0461, 2023, T is corrected here and on line 3 | keep one", line=-3),
    Defect(C, "    ar: 2023", '    ar: "2023"', "ar: 2023 is not a whole number | without quotes"),
    Defect(C, "    ar: 2023", "    ar: 02023", "ar: 02023 is not a whole number"),
    Defect(C, "    ar: 2023", "    ar: 23", "ar: 23 is out of range | at least 1900"),
    Defect(C, "kon: K", "kon: F", "ostby-ersatt, kon: F is not allowed | write one of T, K, M"),
    Defect(C, "atgard: flagga", "atgard: flaga", "flaga is not allowed | did you mean flagga?"),
    Defect(C, "atgard: utelamna", "atgard: ersatt", "ostby-utelamnad: atgard ersatt lacks varde | add varde", line=-5),
    Defect(C, "    atgard: ersatt\n    varde: 12.3", "    atgard: utelamna\n    varde: 12.3",
        "ostby-ersatt: varde does not go with atgard utelamna | remove the line", line=+1),
    Defect(C, "    atgard: flagga", "    atgard: flagga\n    varde: 0", "varde does not go with atgard flagga"),
    Defect(C, "varde: 12.3", "varde: 12,3", "12,3 is not a number | decimal point | 12.3"),
    Defect(C, "varde: 12.3", 'varde: "12.3"', "12.3 is not a number | without quotes"),
    Defect(C, "varde: 12.3", "varde: 012", "varde: 012 is not a number"),
    Defect(C, "varde: 12.3", "varde: 1:30", "varde: 1:30 is not a number"),
    Defect(C, "varde: 12.3", "varde: 1_2.3", "varde: 1_2.3 is not a number"),
    Defect(C, "varde: 12.3", "varde: .inf", "varde: .inf is not a number"),
    Defect(C, "varde: 12.3", "varde: [12.3]", "varde: a list or mapping is not a number"),
    Defect(C, "vantat: {storre: 100}", "vantat: {}",
        "ostby-utelamnad, vantat: nothing is expected | write lika, storre or mindre | saknas: ja"),
    Defect(C, "vantat: {storre: 100}", "vantat:", "vantat has no value"),
    Defect(C, "flagga\n    vantat:\n      saknas: ja\n", "flagga\n",
        "riket-flaggad: the key vantat is missing | add vantat", line=-6),
    Defect(C, "vantat: {storre: 100}", "vantat: 123", "ostby-utelamnad, vantat: expected keys with values"),
    Defect(C, "vantat: {storre: 100}", "vantat: {saknas: ja, storre: 100}",
        "a missing value is never storre: 100.0 | keep saknas: ja or the others"),
    Defect(C, "vantat: {storre: 100}", "vantat: {storre: 100, mindre: 5}",
        "no value is storre: 100.0 and mindre: 5.0 | correct the numbers"),
    Defect(C, "vantat: {storre: 100}", "vantat: {storre: 5, mindre: 5}", "no value is storre: 5.0 and mindre: 5.0"),
    Defect(C, "vantat: {storre: 100}", "vantat: {lika: 100, storre: 100}", "no value is lika: 100.0 and storre: 100.0"),
    Defect(C, "vantat: {storre: 100}", "vantat: {lika: 100, mindre: 100}", "no value is lika: 100.0 and mindre: 100.0"),
    Defect(C, "vantat: {storre: 100}", "vantat: {lika: 5, storre: 1, mindre: 9}",
        "lika, storre and mindre are too many | keep lika, or storre and mindre"),
    Defect(C, "      saknas: ja", "      saknas: nej", "saknas: nej is not allowed | write one of ja"),
    Defect(C, "vantat: {storre: 100}", "vantat: {store: 100}", "vantat, store: unknown key | did you mean storre?"),
    Defect(C, "skal: Påhittat skäl.", "skäl: Påhittat skäl.",
        "ostby-utelamnad, skäl: unknown key | did you mean skal?"),
    Defect(C, "skal: Påhittat skäl.", 'skal: " "', "ostby-utelamnad, skal | is not text"),
    Defect(C, "skal: Påhittat skäl.", "skal: 12.5", "12.5 without quotes is read as the number 12.5, not as text"),
    Defect(C, "datum: 2026-11-22", "datum: 2026-02-30", "datum: 2026-02-30 is not a date | 2026-11-22"),
    Defect(C, 'datum: "2026-11-21"', 'datum: "21/11 2026"', "21/11 2026 is not a date"),
    Defect(C, 'datum: "2026-11-21"', 'datum: "20261121"', "20261121 is not a date"),
    Defect(C, "datum: 2026-11-22", "datum: 2026-11-22 04:15:00", "is not a date"),
    Defect(C, "version: 1", "version: 2", "version: 2 is not allowed"),
    # uppfoljningar.yaml.
    Defect(F, "id: 2026-host", "id: 2026-var", "defined here and on line 3"),
    Defect(F, "nr: 2", "nr: 1", "nr 1 follows 1 → write rising numbers"),
    Defect(F, "status: utkast", "status: fryst", "lacks as_of", line=-2),
    Defect(F, "status: utkast", "status: klar", "klar is not allowed"),
    Defect(F, "T06:30:00+02:00", "T06:30:00", "is not a time with its zone"),
    Defect(F, '"2026-04-10T06:30:00+02:00"', "2026-04-10", "is not a time with its zone"),
    Defect(F, "status: utkast", 'status: utkast\n    as_of: "2026-04-10T04:30:00Z"', "does not lie after"),
    Defect(F, '"2026-04-10T06:30:00+02:00"', '"2999-04-10T06:30:00+02:00"', "lies in the future"),
    Defect(F, "instans: Länsstyrgruppen", "instans: arbetsgrupp", "arbetsgrupp stands after arbetsgrupp"),
    Defect(F, "datum: 2026-04-28", "datum: 2026-04-18", "lies before the meeting before it"),
    Defect(F, "datum: 2026-04-28", "datum: 2026-05-25", "does not fit Länsstyrgruppen 2026-05-25", line=-5),
    Defect(F, "utskick: 2026-05-08", "utskick: 2026-05-23", "lies after nsv_datum"),
    Defect(F, "malomrade: nara", "malomrade: nära-nog", "is not an id"),
    Defect(F, "malomrade: nara", "malomrade: tillsammans", "tillsammans is not defined"),
    Defect(F, "version: 2", "version: 3", "version 3 follows 1"),
    Defect(F, "datum: 2026-06-01", "datum: 2026-04-01", "lies before the version before it, or its as_of (2026-04-10)"),
    Defect(F, "status: fastställd", "status: fryst", "faststalld does not go with status fryst", line=+11, findings=2),
    # Mått that are handed in, who publishes, breaks and targets.
    local("tal per", 0, "per | 100000"),
    local("antal\n      per: 1000", 10, "does not go with | antal"),
    local("andel", 2, 'andel | enhet: "%"'),
    local("index", 8, "minsta_antal | index"),
    local("antal", 5, "niva K | region", niva="K"),
    local("tal", 9, "form | tal per"),
    local("antal\n      minst: 9\n      hogst: 9", 0, "minst 9 is not below hogst 9"),
    local("antal\n      hogst: -1", 0, "minst 0 is not below hogst -1"),
    local("antal\n      region_summa: nej", 10, "region_summa does not go with niva L"),
    publisher("adress", "https://prov.example/data", "is not the web address of a folder | end it with a slash"),
    publisher("adress", "data/", "is not the web address of a folder"),
    publisher("uri", "www.prov.example", "is not a web address | write it whole"),
    publisher("licens", "CC BY", "is not a web address"),
    publisher("epost", "mailto:en@prov.example", "is not an e-mail address | write it alone"),
    publisher("typ", "regionen", "regionen is not allowed here | did you mean region?"),
    publisher("licens", None, "the key licens is missing"),
    kpi("    brott:\n      - {ar: 2021, orsak: Ny fråga.}\n      - {ar: 2019, orsak: Ny fråga.}",
        "years 2018 and 2019 do not follow each other", 2),
    kpi("    brott:\n      - {ar: 2021, sista_gamla_ar: 2021, orsak: Ny fråga.}",
        "years 2021 and 2021 do not follow each other | write sista_gamla_ar before ar", 1),
    kpi(f"    mal:\n      bas_ar: 2035\n      {GOAL}\n      varde: 70.0", "bas_ar 2035 does not lie before ar 2035", 1),
    kpi(f"    mal:\n      varde: 170.0\n      {GOAL}\n      bas_ar: 2020\n      hogst: 100.0",
        "varde 170.0 does not lie between -inf and 100.0", 1),
    Defect(C, "varde: 12.3", f"varde: 1{'0' * 400}.0", "is not a number"),
]
# fmt: on


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: f"{defect.file.split('.')[0]}: {defect.words}")
def test_a_defect_is_refused_with_file_line_and_fix(defect: Defect, tmp_path: Path) -> None:
    shutil.copytree(MINIMAL, tmp_path, dirs_exist_ok=True)
    if defect.file in (A, C, F):
        shutil.copytree(FULL, tmp_path, dirs_exist_ok=True)
    path = tmp_path / defect.file
    sound = text = path.read_text()
    for before, after in ((defect.before, defect.after), *defect.more):
        assert before in text
        text = text.replace(before, after, 1)
    path.write_text(text)
    pairs = zip(sound.splitlines(), [*text.splitlines(), ""], strict=False)
    first = next((n for n, (old, new) in enumerate(pairs, 1) if old != new), len(sound.splitlines()) + 1)

    with pytest.raises(CatalogError) as caught:
        load_catalog(tmp_path)

    assert caught.value.exit_code == 2
    problems = caught.value.problems
    messages = [str(p) for p in problems if (p.file, p.line) == (str(path), first + defect.line)]
    assert len(messages) == 1, f"expected one finding on line {first + defect.line}, found {[*map(str, problems)]}"
    assert all(words in messages[0] for words in defect.words.split(" | ")), messages[0]
    assert " → " in messages[0]
    assert len(problems) == defect.findings, [*map(str, problems)]
    assert not any(word in messages[0].lower() for word in ("pydantic", "input", "validation")), messages[0]
