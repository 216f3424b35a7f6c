"""`docs/tillforlitlighet.md`: what malbild does when something goes wrong, from the results of a run of all faults.

`python -m tests.faults.document RESULTS DOCS` writes it; `make faults` and `make kills` play and write.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.faults.play import Case

FILE = "tillforlitlighet.md"
# How many nights in a row may fail before the night that must be whole.
IN_A_ROW = 8
_MEANING = {
    -6: "processen avbröts",
    0: "överlevde",
    1: "maskinen",
    2: "inställningarna",
    3: "Kolada",
    4: "för mycket underkändes",
    5: "upptaget",
}


def document(
    cases: Sequence[Case], found: dict[str, dict[str, Any]], others: dict[str, dict[str, Any]], day: str
) -> str:
    """The document. found: `play.Result` as dicts, by name; others: what `test_kills` and `test_readers` left, by file.
    A case without a result was not played: the row says so.
    """
    results = [found[case.name] for case in cases if case.name in found]
    codes = Counter(result["code"] for result in results)
    kills = [told for name, told in others.items() if name.startswith("_kills")]
    phases: Counter[str] = Counter()
    for told in kills:
        phases.update(told["phases"])
    readers, two = others.get("_readers"), others.get("_two")
    lines = [
        "# Tillförlitlighet",
        "",
        _text(
            """Vad malbild gör när något går fel. Felen nedan framkallas mot det riktiga programmet:
            `malbild run`
            mot en ersättare för Kolada över HTTP, med riktiga DuckDB-filer. Tabellerna skrivs ur den
            körningens resultat
            (`make faults`), senast """
            f"{day}."
        ),
        "",
        _text(
            """För varje fel gäller att körningen tar slut inom sin tid, att den inte visar något spår
            (traceback), att
            felet sägs på en rad med slutkod enligt [felmeddelanden.md](felmeddelanden.md), att `analys.duckdb`,
            rapporten och exporterna efteråt är hela och antingen de gamla eller de nya, och att nästa körning
            utan felet
            blir klar med rätt värden."""
        ),
        "",
        _text(
            f"""Nätter som inte ändrade något värde (de flesta med kod 0, 2, 3 och 5) följer på varandra på samma
            datamapp, högst {IN_A_ROW} i rad; sedan kommer natten utan fel."""
        ),
        "",
        "## Sammanfattning",
        "",
        "| | |",
        "|---|---|",
        f"| fel i förteckningen | {len(cases)} |",
        f"| fel som framkallades i den körningen | {len(results)} |",
        *(f"| slutkod {code}: {_MEANING[code]} | {number} |" for code, number in sorted(codes.items())),
        f"| publicerat helt efteråt | {sum(r['kept'] for r in results)} |",
        f"| nästa körning hel | {sum(r['next_whole'] for r in results)} |",
        f"| körningar dödade (SIGKILL) vid slumpade ögonblick | {phases.total()} |",
    ]
    if readers:
        lines += [
            f"| läsare samtidigt med publicering | {readers['readers'] + 1} |",
            f"| publiceringar under läsning | {readers['publications']} |",
            f"| svar som läsarna fick, alla hela | {readers['answers']} |",
        ]
    lines.append("")
    for group in dict.fromkeys(case.group for case in cases):
        lines += [
            f"## {group}",
            "",
            "| fel | vad som hände | rad | kod | s | kvar | nästa |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [
            _row(found[case.name])
            if case.name in found
            else f"| {case.what} | inte prövat i körningen |  |  |  |  |  |"
            for case in cases
            if case.group == group
        ]
        lines.append("")
    return "\n".join([*lines, *_killed(phases, kills), *_read(readers, two), *_not_caught()]) + "\n"


def _row(result: dict[str, Any]) -> str:
    what = "överlevdes" if result["code"] == 0 else f"stoppades: {_MEANING[result['code']]}"
    told = f"`{result['told'].replace('|', '¦').replace('`', '´')}`" if result["told"] else "–"
    seconds = f"{result['seconds']:.1f}".replace(".", ",")
    cells = (result["what"], what, told, str(result["code"]), seconds, _yes(result["kept"]), _yes(result["next_whole"]))
    return f"| {' | '.join(cells)} |"


def _yes(true: bool) -> str:
    return "ja" if true else "nej"


def _killed(phases: Counter[str], kills: list[dict[str, Any]]) -> list[str]:
    return [
        "## Dödade körningar",
        "",
        _text(
            f"""Körningen dödas med SIGKILL vid ett slumpat ögonblick. Efteråt öppnas `analys.duckdb` och har
            värdena från
            före eller efter, och nästa körning blir klar med rätt värden. Samma ögonblick igen:
            `FAULTS_SEED={kills[0]["seed"]} make kills`."""
        ),
        "",
        "| körningen var i | dödade |",
        "|---|---|",
        *(f"| {phase} | {number} |" for phase, number in phases.most_common()),
        "",
    ]


def _read(readers: dict[str, Any] | None, two: dict[str, Any] | None) -> list[str]:
    lines = ["## Läsare och skrivare samtidigt", ""]
    if readers:
        several = f"""{readers["readers"]} processer frågar `analys.duckdb` om och om igen medan den publiceras
            {readers["publications"]} gånger, och ytterligare en har den öppen hela tiden ({readers["held"]} s). Ingen
            fick ett fel, ingen fick värden från två publiceringar i samma svar, och den som hade filen öppen såg samma
            värden från början till slut."""
        lines += [_text(several), ""]
    if two:
        refused = two["line"].split(" holds ")[0]
        told = f"Två körningar på en gång: en blir klar, den andra slutar med kod 5: `{refused} holds …`."
        lines += [_text(told), ""]
    if not readers or not two:
        lines += ["Inte allt prövades i den körningen.", ""]
    return lines


def _not_caught() -> list[str]:
    return [
        "## Vad som inte fångas",
        "",
        _text(
            """- **En lista som tappar en rad mellan två sidor.** Krymper Koladas lista mellan två anrop kan en
            post hamna
            mellan sidorna. Kolada säger inte hur många poster hela listan har, så en hel hämtning tar det för
            att posten
            är borttagen: en rad i `matvarde_revision` och i kontrollen, och värdet kommer åter nästa gång allt
            hämtas. Är
            det mer än en femtedel av ett mått stoppas publiceringen. En post som i stället kommer två gånger
            underkänns,
            och inget i dess nyckeltal och område tas då för borttaget."""
        ),
        _text(
            """- **För lite minne till trådar.** Får körningen inte ens starta en tråd kan polars och DuckDB bli stående
            i stället för att säga till: sett sju gånger av fjorton mellan 500 och 720 MB (RLIMIT_DATA, litet Kolada).
            Lagret och det publicerade rörs inte. Under `malbild ui` avslutas en sådan körning efter två timmar; en som
            `cron` har startat får någon avsluta. En natt ska ha ett gigabyte."""
        ),
        _text(
            """- **Ett rimligt men felaktigt värde.** Ett tal som ser ut som de andra är Koladas sak; det syns i
            `malbild andringar`, och en period som är fem gånger större än den förra stoppas."""
        ),
        _text(
            """- **Strömavbrott.** Filer byts in med `fsync` och `rename`, men det har inte prövats med en maskin som
            stängs av."""
        ),
        _text(
            """- **Klockan under körningen.** Att klockan gick fel natten före prövas; att den ställs om mitt i
            en körning
            inte."""
        ),
    ]


def _text(paragraph: str) -> str:
    """A paragraph in lines that an editor shows whole."""
    return fill(" ".join(paragraph.split()), 118, subsequent_indent="  " * paragraph.startswith("- "))


def main() -> None:
    """Write the document."""
    from tests.faults.matrix import CASES

    folder, docs = Path(sys.argv[1]), Path(sys.argv[2])
    told = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
    found = {one["name"]: one for name, one in told.items() if not name.startswith("_")}
    others = {name: one for name, one in told.items() if name.startswith("_")}
    (docs / FILE).write_text(document(CASES, found, others, datetime.now(UTC).date().isoformat()), encoding="utf-8")
    whole = sum(one["kept"] and one["next_whole"] for one in found.values())
    sys.stdout.write(f"{len(CASES)} faults, {len(found)} played, {whole} of them left all whole\n")


if __name__ == "__main__":
    main()
