"""Why something that was handed in is refused: the words of `karantan`, and what to do about each.

Swedish, because those who hand in figures read them. None of them may tell what stood in the cell.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """what: the word in `karantan.orsak`. fix: what to do, for `malbild lokal kontroll`."""

    what: str
    fix: str


# A whole file.
UNKNOWN_FILE = Reason(
    "filens namn är inte ett mått som lämnas lokalt", "döp den till måttets id, t.ex. sip-antal.xlsx, eller ta bort den"
)
FOLDER = Reason("en mapp läses inte", "lägg filerna direkt i lokala/")
TWO_FILES = Reason("måttet har lämnats i två filer", "behåll en av dem")
OTHER_FORMAT = Reason("filens format läses inte", "spara den som Excel-arbetsbok (.xlsx) eller CSV")
OLD_OR_LOCKED = Reason(
    "filen är i ett äldre Excelformat eller har lösenord", "spara den som Excel-arbetsbok (.xlsx) utan lösenord"
)
OTHER_TEMPLATE = Reason("mallen är ett annat måtts", "använd måttets egen mall, eller döp filen till det måttets id")
UNREADABLE = Reason("filen kan inte läsas", "spara den på nytt som .xlsx eller CSV")
TOO_LARGE = Reason("filen är för stor", "lämna bara uppgifterna, i mallens form")
NOT_TEXT = Reason("filen är inte text i UTF-8 eller Windows-1252", "spara den som CSV UTF-8")
WRONG_SHEET = Reason("bladet uppgifter finns inte", "döp bladet med uppgifterna till uppgifter")
MERGED_HEADER = Reason("rubrikraden har sammanslagna celler", "dela cellerna: en rubrik i varje kolumn")
SEPARATOR_LINE = Reason("första raden är sep= och inte rubrikerna", "ta bort raden, så att rubrikerna kommer först")
HEADER_BELOW = Reason("rubrikerna står inte på första raden", "ta bort raderna ovanför rubrikerna")
HEADER_TWICE = Reason("rubrikerna står en gång till", "lämna en enda tabell: ta bort raden, eller tabellen under den")
HIDDEN_SHEET = Reason("bladet är dolt", "visa bladet, eller ta bort det")
HIDDEN_COLUMN = Reason("kolumnen är dold", "visa kolumnen, eller ta bort den")
TWO_SHEETS = Reason("flera blad har uppgifter", "behåll bara bladet uppgifter")
MISSING_COLUMN = Reason("en kolumn saknas", "använd mallens rubriker på första raden")
COLUMN_TWICE = Reason("en kolumn finns två gånger", "behåll en av dem")
NO_ROWS = Reason("filen har inga uppgifter", "fyll i minst en rad, eller ta bort filen")

# A row.
QUOTES = Reason(
    "citationstecken går inte ihop, eller text har både radbrytning och skiljetecken",
    "ta bort citationstecken och radbrytningar ur texten",
)
MERGED_CELL = Reason("cellen är sammanslagen med en annan", "dela cellerna")
FORMULA = Reason("cellen har en formel", "klistra in talet som värde")
HIDDEN_ROW = Reason("raden är dold eller bortfiltrerad", "visa raden, eller ta bort den")
NOT_FILLED_IN = Reason("raden är inte ifylld", "fyll i den, eller ta bort den")
STRUCK = Reason("texten i cellen är överstruken", "ta bort överstrykningen, eller raden")
RAISED = Reason("cellen har upphöjd eller nedsänkt text", "skriv bara talet, och fotnoten i kommentaren")
INVISIBLE = Reason("texten i cellen har bakgrundens färg", "gör texten synlig, eller töm cellen")
ZERO_NOT_SHOWN = Reason("bladet visar inte nollor", "visa nollor i bladet, eller töm cellen")
CONDITIONAL_FORMAT = Reason(
    "villkorsstyrd formatering kan stryka över eller ändra det som syns", "ta bort formateringen ur cellen"
)
NOT_SHOWN = Reason("cellens talformat visar inte talet", "välj talformatet Allmänt och se efter att talet är rätt")
SCALED = Reason("cellens talformat visar ett annat tal än det som finns i cellen", NOT_SHOWN.fix)
TOO_MANY_CELLS = Reason("raden har fler celler än rubrikraden", "använd semikolon mellan cellerna, och inga i texten")
SPLIT_DECIMALS = Reason(
    "decimalkomma går inte att skilja från kommat mellan cellerna", "använd semikolon mellan cellerna"
)
EMPTY = Reason("cellen är tom", "fyll i den, eller ta bort raden")
UNKNOWN_AREA = Reason(
    "området är inget av dem som lämnar måttet", "skriv områdets id som i mallen, t.ex. 0484; ta bort summor och noter"
)
OTHER_NAME = Reason(
    "områdets namn och id hör inte ihop", "rätta dem, eller töm namnet; är å, ä och ö fel: spara som CSV UTF-8"
)
NOT_A_PERIOD = Reason("perioden går inte att läsa", "skriv ett år 2025, ett kvartal 2025 kv1 eller en månad 2025-03")
A_DAY = Reason("perioden är en dag", "välj formatet Text för kolumnen och skriv månaden som 2025-03")
AMBIGUOUS_PERIOD = Reason(
    "perioden kan läsas på flera sätt", "skriv ett kvartal som 2025 kv1 och en månad som 2025-03 eller mars 2025"
)
NOT_A_YEAR = Reason("det är inte ett helt år", "skriv året med fyra siffror, t.ex. 2025")
STRANGE_YEAR = Reason("orimligt år", "skriv ett år som har varit")
NOT_OVER = Reason("perioden är inte slut", "lämna månaden eller kvartalet när den är slut; ta bort raden till dess")
OTHER_FORM = Reason(
    "filen har både månader och kvartal",
    "lämna alla perioder som månader eller alla som kvartal; hela år får stå bredvid",
)
UNKNOWN_GENDER = Reason("okänt kön, väntade T, K eller M", "skriv T, K eller M")
NOT_BY_GENDER = Reason("måttet lämnas inte uppdelat på kön", "lämna bara totalen, T")
NOT_A_NUMBER = Reason("talet går inte att läsa", "skriv bara siffror, t.ex. 12 eller 12,5; saknas talet: ta bort raden")
THOUSANDS = Reason(
    "punkt, komma eller apostrof före tre siffror i ett antal", "skriv 301000 eller 301 000, inte 301.000"
)
THOUSANDS_OR_DECIMALS = Reason(
    "talet kan läsas som tusental eller med tre decimaler",
    "skriv 12345 eller 12 345 om det är tusental, annars med fler eller färre decimaler, t.ex. 12,3450",
)
NOT_FINITE = Reason("värdet är inte ett ändligt tal", "skriv talet med siffror, eller ta bort raden")
HUGE = Reason("talet är orimligt stort", "rätta talet")
PERCENT = Reason("procenttecken där enheten inte är procent", "skriv talet utan procenttecken")
SHARE_OR_PERCENT = Reason(
    "talet kan läsas som andel eller som procent",
    "skriv 35 för 35 procent, och 0,35 % med procenttecken om det är så lite",
)
NOT_WHOLE = Reason("antalet är inte ett heltal", "skriv antalet utan decimaler")
NEGATIVE = Reason("antalet är negativt", "rätta talet")
OTHER_MAGNITUDE = Reason(
    "nämnaren är av en annan storlek än områdets andra", "rätta nämnaren; är den i tusental: skriv hela talet"
)
NO_DENOMINATOR = Reason("nämnaren är noll", "rätta nämnaren, eller ta bort raden")
ABOVE_ONE = Reason("täljaren är större än nämnaren", "rätta täljaren eller nämnaren")
GENDERS_DIFFER = Reason("kvinnor och män är inte tillsammans totalen", "rätta raderna, eller lämna bara totalen")
REGION_DIFFERS = Reason("regionens tal är inte summan av kommunernas", "rätta raderna, eller ta bort regionens")
PERIODS_DIFFER = Reason(
    "årets antal är inte summan av periodernas",
    "rätta raderna; kan samma person räknas i flera perioder: skriv period_summa: nej för måttet i indikatorer.yaml",
)
DIFFERENT = Reason("samma uppgift flera gånger med olika värden", "behåll en av raderna")
REPEATED = Reason("samma uppgift flera gånger", "behåll en av raderna")


def outside(lowest: float | None, highest: float | None) -> Reason:
    """A value beyond a mått's limits, of which there is at least one."""
    if lowest is None:
        what = f"värdet är större än {_swedish(highest)}"
    elif highest is None:
        what = f"värdet är mindre än {_swedish(lowest)}"
    else:
        what = f"värdet ligger utanför {_swedish(lowest)}–{_swedish(highest)}"
    return Reason(what, "rätta talet; gränserna är minst och hogst i indikatorer.yaml")


def _swedish(limit: float | None) -> str:
    return f"{limit:,.10g}".replace(",", " ").replace(".", ",")
