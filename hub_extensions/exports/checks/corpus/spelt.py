"""Rows in brackets or in base64: what a reader sees as JSON, what a document keeps encoded; and who does so honestly."""

import base64
import json
import zlib
from collections.abc import Iterator
from xml.sax.saxutils import escape

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, patients, rows_csv
from hub_extensions.exports.checks.corpus.workbooks import AGGREGATE, WORD_SPACE, word, zipped

_SHAPE = 'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
_TYPES = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_DRAWN = b'<p:sp xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"><p:nvSpPr/></p:sp>'
#: What Word lets one write into the tag of a content control.
_TAG = 60


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    people = [{name: each[name] for name in ("age", "sexe", "crp")} for each in patients(40, "spelt")]
    rows = rows_csv(patients(40, "spelt"), ["age", "sexe", "crp"])
    yield from _visible(people)
    yield from _encoded(rows)
    yield from _honest()


def _visible(people: list[dict[str, object]]) -> Iterator[Case]:
    lines = "\n".join(json.dumps(each) for each in people)
    for name, text in {
        "list": json.dumps(people),
        "lines": lines,
        "python": repr(people),
        "quoted": f'{people} « "x" »',
    }.items():
        yield Case(f"spelt_{name}.docx", BLOCK, f"rows as JSON in a paragraph: {name}", word(AGGREGATE, escape(text)))
        yield Case(f"spelt_{name}.txt", BLOCK, f"rows as JSON in a text: {name}", f"Annexe\n\n{text}\n".encode())


def _encoded(rows: bytes) -> Iterator[Case]:
    noted = _DRAWN + b"<!-- " + rows + b" -->"
    for name, value in {
        "bare": base64.b64encode(rows),
        "in_shape": base64.b64encode(zipped({"[Content_Types].xml": _TYPES, "drs/shapexml.xml": noted})),
        "file_in_shape": base64.b64encode(zipped({"drs/shapexml.xml": _DRAWN, "drs/data.csv": rows})),
    }.items():
        yield Case(f"gfxdata_{name}.docx", BLOCK, f"rows in the copy of a shape: {name}", _with_shape(value.decode()))
    packed = base64.b64encode(zlib.compress(rows)).decode()
    pieces = [base64.b64encode(line).decode() for line in rows.splitlines()]
    cut = [packed[at : at + _TAG] for at in range(0, len(packed), _TAG)]
    for name, values in {"one": [base64.b64encode(rows).decode()], "lines": pieces, "cut": cut}.items():
        yield Case(f"tags_{name}.docx", BLOCK, f"rows in tags of content controls: {name}", _with_tags(values))


def _with_shape(value: str) -> bytes:
    shape = f'<w:r><w:pict><v:shape {_SHAPE} style="width:40pt" o:gfxdata="{value}"/></w:pict></w:r>'
    return word(AGGREGATE, f"Rapport</w:t></w:r>{shape}<w:r><w:t>.")


def _with_tags(values: list[str]) -> bytes:
    tags = "".join(f'<w:sdt><w:sdtPr><w:tag w:val="{value}"/></w:sdtPr></w:sdt>' for value in values)
    return word(AGGREGATE, extra={"word/footer1.xml": f"<w:ftr {WORD_SPACE}>{tags}</w:ftr>".encode()})


def _honest() -> Iterator[Case]:
    copy = base64.b64encode(zipped({"[Content_Types].xml": _TYPES, "drs/shapexml.xml": _DRAWN})).decode()
    yield Case("rapport_shape.docx", FLAG, "a report with a shape, as Word writes it", _with_shape(copy))
    authors = [{"family": name, "given": "A."} for name in ("Martin", "Durand", "Petit", "Roux", "Faure", "Blanc")]
    cited = {"title": "Réadmissions", "author": authors, "issued": {"date-parts": [[2021, 3, 4]]}, "page": "12-19"}
    record = json.dumps({"citationID": "MENDELEY_CITATION_1", "citationItems": [{"id": 1, "itemData": cited}] * 3})
    tag = f"MENDELEY_CITATION_v3_{base64.b64encode(record.encode()).decode()}"
    yield Case("rapport_cited.docx", FLAG, "a report with citations", _with_tags([tag]))
    settings = [{"n_estimators": 100 * at, "max_depth": at, "auc": round(0.7 + at / 100, 3)} for at in range(1, 9)]
    said = "Réglages essayés :\n" + "\n".join(json.dumps(each) for each in settings) + "\n"
    yield Case("settings_in_text.md", PASS, "settings of models as JSON, one a line", said.encode())
