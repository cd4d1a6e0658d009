"""Rows in the layout of pages, in parts of office files and in programs, and names and keys outside of texts."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from hub_extensions.exports.checks.corpus.case import BLOCK, PASS, Case, patients, rows_csv, table
from hub_extensions.exports.checks.corpus.drawings import pdf_of
from hub_extensions.exports.checks.corpus.pages import page
from hub_extensions.exports.checks.corpus.texts import code, notebook
from hub_extensions.exports.checks.corpus.workbooks import AGGREGATE, WORD_SPACE, word, workbook, zipped

COLUMNS = ("age", "sexe", "dep", "date_entree", "crp", "diag")


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    people = patients(40, "laid out")
    rows = rows_csv(people, COLUMNS).decode()
    yield from _pages(people, rows)
    yield from _workbooks(people, rows)
    yield from _documents(rows)
    yield from _programs(people, rows)
    yield from _names()


def _pages(people: list[dict[str, object]], rows: str) -> Iterator[Case]:
    small = "<pre>dep  n\n75   120\n92   3\n93   44</pre>"
    items = "".join(f"<li>{line}</li>" for line in rows.split("\n")[1:30])
    spans = ("".join(f"<span>{person[name]}</span> " for name in COLUMNS) for person in people)
    for name, body in {
        "pre_small": small,
        "pre_rows": f"<pre>{rows}</pre>",
        "list": f"<ul>{items}</ul>",
        "spans": "".join(f"<div>{line}</div>" for line in spans),
    }.items():
        yield Case(f"layout_{name}.html", BLOCK, f"a table that is no table element: {name}", page(body))


def _behind(people: list[dict[str, object]]) -> bytes:
    """Return a workbook whose merged cells hide the values that were there before."""
    whole = workbook(lambda book: book.active.merge_cells("E1:H6"))
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    lines = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{at}{number}" t="inlineStr"><is><t>{person[name]}</t></is></c>'
            for at, name in zip("ABCDEF", COLUMNS, strict=True)
        )
        + "</row>"
        for number, person in enumerate(people[:20], start=20)
    )
    sheet = members["xl/worksheets/sheet1.xml"].decode()
    sheet = sheet.replace("</sheetData>", f"{lines}</sheetData>").replace('ref="E1:H6"', 'ref="A20:F39"')
    return zipped({**members, "xl/worksheets/sheet1.xml": sheet.encode()})


def _workbooks(people: list[dict[str, object]], rows: str) -> Iterator[Case]:
    box = f'<xdr:wsDr xmlns:xdr="x" xmlns:a="a"><xdr:sp><a:t>{rows}</a:t></xdr:sp></xdr:wsDr>'.encode()
    said = f"<ThreadedComments><threadedComment><text>{rows}</text></threadedComment></ThreadedComments>".encode()
    yield Case("textbox.xlsx", BLOCK, "rows in a box of text", workbook(None, {"xl/drawings/drawing1.xml": box}))
    yield Case(
        "threaded.xlsx",
        BLOCK,
        "rows in a conversation",
        workbook(None, {"xl/threadedComments/threadedComment1.xml": said}),
    )
    yield Case("merged.xlsx", BLOCK, "rows behind merged cells", _behind(people))
    yield Case(
        "sheet_name.xlsx",
        BLOCK,
        "a NIR for the name of a sheet",
        workbook(lambda book: setattr(book.active, "title", "255081416802538")),
    )


def _documents(rows: str) -> Iterator[Case]:
    import pikepdf

    header = f"<w:hdr {WORD_SPACE}><w:p><w:r><w:t>{rows}</w:t></w:r></w:p></w:hdr>".encode()
    described = f'<w:drawing><wp:docPr xmlns:wp="wp" descr="{rows.replace(chr(10), ";")}"/></w:drawing>'
    vanish = f"<w:rPr><w:vanish/></w:rPr><w:t>{rows}</w:t>"
    yield Case(
        "rapport_header.docx", BLOCK, "rows in the head of pages", word(AGGREGATE, extra={"word/header1.xml": header})
    )
    yield Case(
        "rapport_part.docx",
        BLOCK,
        "rows in a part of one's own",
        word(AGGREGATE, extra={"customXml/item1.xml": f"<d>{rows}</d>".encode()}),
    )
    for name, inner in {"described": described, "vanish": vanish}.items():
        body = word(AGGREGATE, f"</w:t></w:r><w:r>{inner}</w:r><w:r><w:t>")
        yield Case(f"rapport_{name}.docx", BLOCK, f"rows that are not shown: {name}", body)

    def noted(document: Any) -> None:
        note = {"Type": pikepdf.Name.Annot, "Subtype": pikepdf.Name.Text, "Rect": [0, 0, 10, 10], "Contents": rows}
        document.pages[0].Annots = document.make_indirect(pikepdf.Array([pikepdf.Dictionary(**note)]))

    yield Case("note.pdf", BLOCK, "rows in a note on a page", pdf_of(noted))
    yield Case(
        "keywords.pdf",
        BLOCK,
        "rows among the keywords",
        pdf_of(lambda document: document.docinfo.update({"/Keywords": rows})),
    )


def _programs(people: list[dict[str, object]], rows: str) -> Iterator[Case]:
    lines = ",\n".join(f' {p["age"]}, "{p["sexe"]}", {p["crp"]}' for p in people)
    listed = repr([{name: person[name] for name in COLUMNS} for person in people[:20]])
    yield Case(
        "tribble.R",
        BLOCK,
        "rows line by line in a program",
        f"df <- tribble(\n ~age, ~sexe, ~crp,\n{lines}\n)\n".encode(),
    )
    yield Case("read_text.R", BLOCK, "rows in a string of a program", f'df <- read.csv(text = "{rows}")\n'.encode())
    yield Case("listed.ipynb", BLOCK, "rows in a cell of code", notebook(code(f"patients = {listed}")))
    small = {"cell_type": "markdown", "metadata": {}, "source": "| dep | n |\n|---|---|\n| 75 | 120 |\n| 92 | 3 |"}
    yield Case("markdown_small.ipynb", BLOCK, "three persons in a text cell", notebook(small))
    model = "Call:\nglm(formula = deces ~ age + sexe, family = binomial)\n\nCoefficients:\n            Estimate Std. Error z value Pr(>|z|)\n(Intercept) -5.1234     0.2101  -24.39   <2e-16 ***\nage          0.0612     0.0031   19.74   <2e-16 ***\n\nNumber of observations: 12004\n"
    yield Case("model.log", PASS, "what R prints of a model", model.encode())


def _names() -> Iterator[Case]:
    clean = table(["dep", "n"], [["75", 120], ["92", 44]])
    yield Case("255081416802538.csv", BLOCK, "a NIR for a file's name", clean)
    for name, text in {
        "cloud.py": 'KEY = "AKIAIOSFODNN7EXAMPLQ"\n',
        "address_of_base.py": 'URL = "postgresql://marie:Tr0ub4dor&3@sgbd.local:5432/snds"\n',
        "token.yaml": "token: ghp_16C7e42F292c6912E7710c838347Ae178B4a\n",
    }.items():
        yield Case(name, BLOCK, "a key that opens something", text.encode())
