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
UNREADABLE = Reason("filen kan inte läsas", "spara den på nytt som .xlsx eller CSV")
TOO_LARGE = Reason("filen är för stor", "lämna bara uppgifterna, i mallens form")
NOT_TEXT = Reason("filen är inte text i UTF-8 eller Windows-1252", "spara den som CSV UTF-8")
WRONG_SHEET = Reason("bladet uppgifter finns inte", "döp bladet med uppgifterna till uppgifter")
MERGED_HEADER = Reason("rubrikraden har sammanslagna celler", "dela cellerna: en rubrik i varje kolumn")
MISSING_COLUMN = Reason("en kolumn saknas", "använd mallens rubriker på första raden")
COLUMN_TWICE = Reason("en kolumn finns två gånger", "behåll en av dem")
NO_ROWS = Reason("filen har inga uppgifter", "fyll i minst en rad, eller ta bort filen")

# A row.
MERGED_CELL = Reason("cellen är sammanslagen med en annan", "dela cellerna")
FORMULA = Reason("cellen har en formel", "klistra in talet som värde")
TOO_MANY_CELLS = Reason("raden har fler celler än rubrikraden", "använd semikolon mellan cellerna")
AMBIGUOUS_COMMA = Reason("decimalkomma går inte att skilja från kommat mellan cellerna", "använd semikolon")
EMPTY = Reason("cellen är tom", "fyll i den, eller ta bort raden")
UNKNOWN_AREA = Reason("området finns inte bland målbildens", "skriv områdets id som i mallen, t.ex. 0484")
OTHER_NAME = Reason("områdets namn hör till ett annat id", "rätta id eller namn")
NOT_A_YEAR = Reason("perioden är inte ett helt år", "skriv året med fyra siffror, t.ex. 2025")
STRANGE_YEAR = Reason("orimligt år", "skriv ett år som har varit")
UNKNOWN_GENDER = Reason("okänt kön, väntade T, K eller M", "skriv T, K eller M")
NOT_BY_GENDER = Reason("måttet lämnas inte uppdelat på kön", "lämna bara totalen, T")
NOT_A_NUMBER = Reason("talet går inte att läsa", "skriv det med siffror, t.ex. 12,5")
NOT_FINITE = Reason("värdet är inte ett ändligt tal", "skriv talet med siffror, eller ta bort raden")
HUGE = Reason("talet är orimligt stort", "rätta talet")
PERCENT = Reason("procenttecken där enheten inte är procent", "skriv talet utan procenttecken")
NOT_WHOLE = Reason("antalet är inte ett heltal", "skriv antalet utan decimaler")
NEGATIVE = Reason("antalet är negativt", "rätta talet")
NO_DENOMINATOR = Reason("nämnaren är noll", "rätta nämnaren, eller ta bort raden")
ABOVE_ONE = Reason("täljaren är större än nämnaren", "rätta täljaren eller nämnaren")
DIFFERENT = Reason("samma uppgift flera gånger med olika värden", "behåll en av raderna")
TWICE = Reason("samma uppgift flera gånger", "behåll en av raderna")
