"""LibreOffice Calc, started once for many files: what it reads of each, as it says itself."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest

from tests.conftest import PATIENCE

_XLSX, _PDF = "Calc MS Excel 2007 XML", "calc_pdf_Export"
# Semicolon, quotes, UTF-8, from the first row; then the columns, and Swedish.
_CSV = "59,34,76,1,{columns},1053,false,false"
_AS_TEXT, _AS_IT_IS = 2, 1
_SECONDS = 300 * PATIENCE

# What a fresh installation would fill with its own, unless it is told that it is no fresh one.
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/Office"><prop oor:name="ooSetupInstCompleted" oor:op="fuse">
<value>true</value></prop></item></oor:items>
"""
_LIBRARIES = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:libraries PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "libraries.dtd">
<library:libraries xmlns:library="http://openoffice.org/2000/library">
<library:library library:name="Standard" library:link="false"/></library:libraries>
"""
_LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false"
 library:passwordprotected="false"><library:element library:name="Prov"/></library:library>
"""
_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Prov" script:language="StarBasic">{code}
</script:module>
"""
_CODE = """
Function Named(name As String, value As Variant) As com.sun.star.beans.PropertyValue
  Dim property As New com.sun.star.beans.PropertyValue
  property.Name = name
  property.Value = value
  Named = property
End Function

Sub Convert(source As String, options As String, onlySheet As String, filter As String, target As String)
  Dim book As Object, number As Integer
  If options = "" Then
    book = StarDesktop.loadComponentFromURL(source, "_blank", 0, Array(Named("Hidden", True)))
  Else
    book = StarDesktop.loadComponentFromURL(source, "_blank", 0, Array(Named("Hidden", True), _
      Named("FilterName", "Text - txt - csv (StarCalc)"), Named("FilterOptions", options)))
  End If
  If onlySheet &lt;&gt; "" Then
    For number = book.Sheets.Count - 1 To 0 Step -1
      If book.Sheets(number).Name &lt;&gt; onlySheet Then book.Sheets.removeByName(book.Sheets(number).Name)
    Next
  End If
  book.storeToURL(target, Array(Named("FilterName", filter)))
  book.close(True)
End Sub

Sub Main
"""


@dataclass(frozen=True)
class Job:
    """A file to read and what to write of it. text: which columns of a CSV file are text, in order; of another file
    None. sheet: the only one that is written."""

    source: Path
    target: Path
    text: Sequence[bool] | None = None
    sheet: str = ""


def convert(jobs: Sequence[Job], folder: Path) -> None:
    """Read and write them all. Skips where there is no LibreOffice."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("no LibreOffice: install it with `apt-get install libreoffice-calc-nogui` to run these tests")
    basic = folder / "profil" / "user" / "basic"
    (basic / "Standard").mkdir(parents=True)
    calls = "\n".join(f"  Convert({', '.join(map(_quoted, _arguments(job)))})" for job in jobs)
    files: Mapping[Path, str] = {
        basic.parent / "registrymodifications.xcu": _SETTINGS,
        basic / "script.xlc": _LIBRARIES,
        basic / "Standard" / "script.xlb": _LIBRARY,
        basic / "Standard" / "Prov.xba": _MODULE.format(code=_CODE + escape(calls) + "\nEnd Sub"),
    }
    for file, text in files.items():
        file.write_text(text, encoding="utf-8")
    profile = f"-env:UserInstallation={(folder / 'profil').as_uri()}"
    done = subprocess.run(
        [program, profile, "--headless", "macro:///Standard.Prov.Main"],
        capture_output=True, text=True, timeout=_SECONDS, check=False,
    )  # fmt: skip
    missing = [job.target.name for job in jobs if not job.target.exists()]
    assert not missing, f"LibreOffice wrote no {', '.join(missing)}: {done.stdout}{done.stderr}"


def cells(file: Path, sheet: str | None = None) -> list[tuple[object, ...]]:
    """The rows of a sheet, the first when none is named; numbers and texts as LibreOffice has told them apart."""
    book = openpyxl.load_workbook(file, read_only=True)
    return list((book[sheet] if sheet else book.worksheets[0]).iter_rows(values_only=True))


def _arguments(job: Job) -> tuple[str, str, str, str, str]:
    columns = "/".join(f"{n}/{_AS_TEXT if text else _AS_IT_IS}" for n, text in enumerate(job.text or (), start=1))
    options = _CSV.format(columns=columns) if job.text is not None else ""
    written = _PDF if job.target.suffix == ".pdf" else _XLSX
    return job.source.as_uri(), options, job.sheet, written, job.target.as_uri()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
