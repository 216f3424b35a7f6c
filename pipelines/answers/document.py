"""A form as a Word document, for those who want to read or talk it through on paper. One way: answers come back in the
workbook, and the document says so.

Written as the few parts of a .docx that Word and LibreOffice need; the same form gives the same bytes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from pipelines.answers.forms import Form, Row, Shown
from pipelines.answers.questions import Sheet, clean, shown_choice

_SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_TYPES = (
    f'{_HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/>'
    '<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.styles+xml"/></Types>'
)
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def _style(name: str, size: int) -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{name.replace(" ", "")}"><w:name w:val="{name}"/><w:pPr><w:keepNext/>'
        f'<w:spacing w:before="240"/><w:outlineLvl w:val="{int(name[-1]) - 1}"/></w:pPr><w:rPr><w:b/>'
        f'<w:sz w:val="{size}"/></w:rPr></w:style>'
    )


_STYLES = (
    f'{_HEAD}<w:styles {_SPACE}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri"/>'
    f'<w:sz w:val="22"/><w:lang w:val="sv-SE"/></w:rPr></w:rPrDefault></w:docDefaults>'
    f"{_style('heading 1', 36)}{_style('heading 2', 28)}{_style('heading 3', 24)}</w:styles>"
)


def _link(kind: str, target: str) -> str:
    return (
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}"><Relationship Id="r1" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        "</Relationships>"
    )


def write_document(form: Form, target: Path) -> Path:
    """Write the document of a form to `target` and return it."""
    body = "".join(_paragraphs(form))
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _link("officeDocument", "word/document.xml"),
        "word/_rels/document.xml.rels": _link("styles", "styles.xml"),
        "word/styles.xml": _STYLES,
        "word/document.xml": f"{_HEAD}<w:document {_SPACE}><w:body>{body}</w:body></w:document>",
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            # Without the time of the clock.
            packed.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return target


def _paragraphs(form: Form) -> Iterator[str]:
    yield _paragraph(f"{form.issue.name or form.issue.id}: {form.respondent.name}", "heading1")
    if form.synthetic:
        yield _paragraph("SYNTETISKA UPPGIFTER: påhittade för att pröva med.")
    yield _paragraph("För samtal och läsning. Svaren lämnas i arbetsboken; det här dokumentet läses inte in.")
    for part in form.sheets:
        yield _paragraph(part.sheet.title, "heading2")
        if part.sheet.lead:
            yield _paragraph(part.sheet.lead)
        for row in part.rows:
            yield _paragraph(row.name, "heading3")
            yield from _row(part.sheet, row)


def _row(sheet: Sheet, row: Row) -> Iterator[str]:
    for (heading, _), shown in zip(sheet.info, row.shown, strict=False):
        if shown is not None:
            yield _paragraph(f"{heading}: {_text(shown)}")
    for box in sheet.boxes:
        answer = row.decided.get(box.key) or row.answers.get(box.key)
        mark = " (beslutat)" if box.key in row.decided else ""
        yield _paragraph(f"{box.heading}{mark} {shown_choice(box, answer) if answer else '………………'}")
        if box.choices:
            yield _paragraph(f"Välj: {', '.join(box.choices)}")


def _text(shown: Shown) -> str:
    return f"{shown:.1f}".replace(".", ",") if isinstance(shown, float) else str(shown)


def _paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    lines = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in clean(text).split("\n"))
    return f"<w:p>{properties}<w:r>{lines}</w:r></w:p>"
