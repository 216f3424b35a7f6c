"""Why a returned workbook, or an answer in it, is not taken in: the words, and what to do. What answers share with
figures that are handed in is `local.reasons`. Swedish, because those who answer read them.
"""

from __future__ import annotations

from pipelines.local.reasons import Reason

# A whole file.
NOT_XLSX = Reason(
    "filen är ingen arbetsbok i formatet .xlsx", "spara svaren i arbetsboken från malbild fraga, som .xlsx"
)
FOLDER = Reason("en mapp läses inte", "lägg filerna direkt i lokala/svar/")
MACROS = Reason("filen innehåller makron", "spara den som .xlsx, utan makron")
NO_MARK = Reason(
    "filen är inte en arbetsbok från malbild fraga, eller så är de dolda kolumnerna borttagna",
    "fyll i en ny arbetsbok från malbild fraga",
)
OTHER_VERSION = Reason("arbetsboken är gjord för en annan version av frågorna", "fyll i en ny från malbild fraga")
MIXED = Reason("bladen hör till olika arbetsböcker", "skicka en arbetsbok för varje svarande, med dess egna blad")
UNKNOWN_RESPONDENT = Reason("den svarande finns inte bland huvudmän och grupper", "fyll i en ny från malbild fraga")
OTHER_RESPONDENT = Reason(
    "arbetsboken hör till en annan svarande än namnet säger", "fyll i den som är gjord för er, eller rätta filens namn"
)
UNKNOWN_ISSUE = Reason("uppföljningen finns inte i uppfoljningar.yaml", "fyll i en ny från malbild fraga")
DECIDED_ISSUE = Reason("uppföljningen är fastställd och ändras inte", "svara i arbetsboken för nästa uppföljning")
SHEET_TWICE = Reason("samma blad finns två gånger", "behåll ett av dem")
NOTHING = Reason("filen har inga svar", "fyll i minst en ruta, eller ta bort filen")
FUTURE_FILE = Reason("filen är sparad på en dag som inte har varit", "rätta datorns klocka och spara filen på nytt")
SAME_SECOND = Reason("två olika filer från samma svarande är sparade samma sekund", "behåll en av dem")

# A sheet, a column, a row.
NO_HIDDEN_COLUMN = Reason(
    "bladets dolda kolumn med id saknas", "kopiera svaren till en ny arbetsbok från malbild fraga"
)
MISSING_COLUMN = Reason("kolumnen saknas, eller har fått en annan rubrik", "skriv rubriken som den var")
NO_ID = Reason("raden saknar sitt dolda id", "skriv svaret på arbetsbokens egen rad")
SHIFTED = Reason("radens namn hör inte till dess dolda id", "sortera bara hela rader; fyll i en ny arbetsbok")
GONE = Reason("det som svaret gäller finns inte längre", "inget att göra: frågan är borttagen")
NOT_ASKED = Reason("frågan är inte ställd till den svarande", "svara bara på arbetsbokens egna rader")
ROW_TWICE = Reason("samma rad finns flera gånger med olika svar", "behåll en av dem")

# A box.
DECIDED = Reason("det är redan beslutat i aktiviteter.yaml eller indikatorer.yaml", "ta upp ändringen på mötet")
FORMULA = Reason("cellen har en formel", "skriv svaret som text")
TOO_LONG = Reason("texten är för lång", "korta den till högst 2 000 tecken")
NO_ROLE = Reason("funktionen är inte ifylld", "skriv den svarandes funktion, t.ex. socialchef")
NO_DAY = Reason("dagen är inte ifylld", "skriv dagen för svaren, t.ex. 2026-11-20")
NOT_A_DAY = Reason("cellen är ingen dag", "skriv år, månad och dag, t.ex. 2026-11-20")
FUTURE_DAY = Reason("dagen har inte varit", "skriv dagen då svaren lämnades")
PERSONAL = Reason(
    "texten innehåller en e-postadress eller ett personnummer", "ta bort det: bara organisation och funktion visas"
)


def not_a_choice(words: str) -> Reason:
    """A word that is none of the choices."""
    return Reason("ordet är inget av valen", f"välj ett av: {words}")
