"""More places where rows hide: what a reader of the file never sees, or doesn't take for rows."""

import base64
import json
import zlib
from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, patients, rows_csv, seeded, table
from hub_extensions.exports.checks.corpus.drawings import pdf, png, svg
from hub_extensions.exports.checks.corpus.pages import html_table, page
from hub_extensions.exports.checks.corpus.texts import code, notebook
from hub_extensions.exports.checks.corpus.workbooks import AGGREGATE, WORD_SPACE, word, workbook


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    yield from _tables()
    yield from _workbooks()
    yield from _notebooks()
    yield from _pages()
    yield from _drawings()
    yield from _documents()
    yield from _texts()


def _rows(count: int = 30) -> str:
    return rows_csv(patients(count, "smuggled"), ["age", "sexe", "dep", "date_entree", "crp", "diag"]).decode()


def _tables() -> Iterator[Case]:
    people = patients(40, "transposed")
    names = ("age", "sexe", "dep", "crp", "diag")
    yield Case(
        "transposed.csv",
        BLOCK,
        "persons in columns instead of rows",
        table(["variable", *(f"p{i}" for i in range(40))], [[name, *(p[name] for p in people)] for name in names]),
    )
    yield Case(
        "json_in_cell.csv",
        BLOCK,
        "rows in one cell",
        table(["dep", "n", "note"], [["75", 120, json.dumps(people[:12])], ["92", 84, ""]]),
    )
    yield Case(
        "far_rows.csv",
        BLOCK,
        "rows after many empty lines",
        b"dep,n\n75,120\n92,84\n" + b",\n" * 300 + _rows().encode(),
    )
    yield Case(
        "one_column.csv",
        FLAG,
        "rows of persons without names, parted by bars: only the data would tell",
        table(["texte"], [["|".join(str(p[name]) for name in names)] for p in people]),
    )
    source = seeded("uuid")
    yield Case(
        "uuid.csv",
        BLOCK,
        "a record number of the software",
        table(
            ["id", "score"],
            [
                [
                    f"{source.getrandbits(32):08x}-{source.getrandbits(16):04x}-4{source.getrandbits(12):03x}-a{source.getrandbits(12):03x}-{source.getrandbits(48):012x}",
                    source.randrange(100),
                ]
                for _ in range(40)
            ],
        ),
    )
    yield Case(
        "places.csv",
        BLOCK,
        "the place where each one lives",
        table(
            ["latitude", "longitude", "age"],
            [
                [round(48 + source.random(), 6), round(2 + source.random(), 6), source.randrange(20, 90)]
                for _ in range(40)
            ],
        ),
    )
    yield Case(
        "moments.csv",
        BLOCK,
        "the second at which each one came",
        table(
            ["arrivee", "sortie"],
            [
                [
                    f"2021-03-{i % 28 + 1:02d} {i % 24:02d}:{i * 7 % 60:02d}:{i * 13 % 60:02d}",
                    f"2021-04-{i % 28 + 1:02d} 10:{i * 11 % 60:02d}:09",
                ]
                for i in range(40)
            ],
        ),
    )


def _workbooks() -> Iterator[Case]:
    rows = _rows()
    properties = f'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"><property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name="note"><lpwstr xmlns="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">{rows}</lpwstr></property></Properties>'
    yield Case(
        "properties.xlsx",
        BLOCK,
        "rows in a property of the workbook",
        workbook(None, {"docProps/custom.xml": properties.encode()}),
    )

    def footer(book: object) -> None:
        book.active.oddFooter.center.text = rows[:250]  # type: ignore[attr-defined]

    def listed(book: object) -> None:
        from openpyxl.worksheet.datavalidation import DataValidation

        choice = DataValidation(type="list", formula1='"' + ",".join(rows.split("\n")[1:6])[:240] + '"')
        book.active.add_data_validation(choice)  # type: ignore[attr-defined]
        choice.add("E9")

    yield Case("footer.xlsx", BLOCK, "rows in the footer of the print", workbook(footer))
    yield Case("choices.xlsx", BLOCK, "rows in a list of choices", workbook(listed))
    yield Case(
        "custom_xml.xlsx",
        BLOCK,
        "rows in a part of one's own",
        workbook(None, {"customXml/item1.xml": f"<d>{rows}</d>".encode()}),
    )


def _notebooks() -> Iterator[Case]:
    rows = _rows()
    yield Case(
        "raw_cell.ipynb", BLOCK, "rows in a raw cell", notebook({"cell_type": "raw", "metadata": {}, "source": rows})
    )
    yield Case(
        "markdown_rows.ipynb",
        BLOCK,
        "rows in a text cell",
        notebook({"cell_type": "markdown", "metadata": {}, "source": rows}),
    )
    yield Case(
        "metadata_rows.ipynb",
        BLOCK,
        "rows in what describes the notebook",
        notebook(code("1 + 1"), metadata={"note": rows}),
    )
    picture = base64.b64encode(png(None, (b"tEXt", b"Comment\0" + rows.encode()))).decode()
    yield Case(
        "markdown_picture.ipynb",
        BLOCK,
        "a picture written out in a text cell",
        notebook({"cell_type": "markdown", "metadata": {}, "source": f"![](data:image/png;base64,{picture})"}),
    )
    yield Case(
        "code_only.ipynb",
        PASS,
        "code and text",
        notebook({"cell_type": "markdown", "metadata": {}, "source": "# Analyse"}, code("df.groupby('dep').size()")),
    )


def _pages() -> Iterator[Case]:
    rows, shown = _rows(), html_table(AGGREGATE)
    flat = rows.replace("\n", ";")
    for name, body in {
        "attribute": f'<div data-rows="{flat}">{shown}</div>',
        "template": f"{shown}<template>{rows}</template>",
        "title_attribute": f'<span title="{flat}">?</span>{shown}',
        "noscript": f"{shown}<noscript>{rows}</noscript>",
        "srcdoc": f'{shown}<iframe srcdoc="{flat}"></iframe>',
        "input": f'{shown}<input type="hidden" value="{flat}">',
    }.items():
        yield Case(f"page_{name}.html", BLOCK, f"rows in a page: {name}", page(body))
    yield Case(
        "page_meta.html",
        BLOCK,
        "rows in the head of a page",
        page(shown, f'<meta name="description" content="{flat}">'),
    )
    yield Case("page_style.html", BLOCK, "rows in a comment of a style", page(shown, f"<style>/* {rows} */</style>"))
    picture = base64.b64encode(png(None, (b"tEXt", b"Comment\0" + rows.encode()))).decode()
    yield Case(
        "page_picture.html",
        BLOCK,
        "rows in a picture of a page",
        page(f'{shown}<img src="data:image/png;base64,{picture}">'),
    )
    yield Case(
        "page_caption.html", PASS, "a table with its title", page(f"<h1>Effectifs</h1>{shown}<p>Champ : 2021</p>")
    )


def _drawings() -> Iterator[Case]:
    rows = _rows()
    source = seeded("polyline")
    points = " ".join(f"{source.uniform(0, 400):.4f},{source.uniform(0, 300):.4f}" for _ in range(300))
    bar = '<rect x="10" y="10" width="40" height="200"/><rect x="60" y="50" width="40" height="160"/>'
    for name, body in {
        "description": f"<desc>{rows}</desc>{bar}",
        "metadata": f"<metadata>{rows}</metadata>{bar}",
        "polyline": f'<polyline points="{points}"/>',
        "words": bar + "".join(f'<text x="{i}" y="{i}">{source.randrange(18, 97)}</text>' for i in range(200)),
        "attribute": f'<g data-rows="{rows}">{bar}</g>',
    }.items():
        yield Case(f"drawing_{name}.svg", BLOCK, f"persons in a drawing: {name}", svg(body))
    for name, kind in {"itxt": b"iTXt", "exif": b"eXIf"}.items():
        head = b"Comment\0\0\0\0\0" if kind == b"iTXt" else b"MM\0*\0\0\0\x08"
        yield Case(
            f"bar_{name}.png", BLOCK, f"rows in a chunk {kind.decode()}", png(None, (kind, head + rows.encode()))
        )
    yield Case(
        "bar_profile.png",
        BLOCK,
        "rows in a colour profile",
        png(None, (b"iCCP", b"profile\0\0" + zlib.compress(rows.encode()))),
    )


def _documents() -> Iterator[Case]:
    rows = _rows()
    lines = "".join(f"({line}) Tj T* ".replace("\\", "") for line in rows.split("\n") if line)
    yield Case(
        "invisible.pdf",
        BLOCK,
        "rows in letters that aren't drawn",
        pdf(f"BT /F1 12 Tf 72 720 Td (Rapport) Tj ET BT 3 Tr /F1 8 Tf 12 TL 72 700 Td {lines} ET".encode()),
    )
    yield Case(
        "rows.pdf",
        BLOCK,
        "rows printed on a page",
        pdf(f"BT /F1 8 Tf 12 TL 72 700 Td {lines} ET".encode()),
    )
    for part in ("comments", "footnotes"):
        body = f"<w:{part} {WORD_SPACE}><w:p><w:r><w:t>{rows}</w:t></w:r></w:p></w:{part}>".encode()
        yield Case(
            f"rapport_{part}.docx", BLOCK, f"rows in the {part}", word(AGGREGATE, extra={f"word/{part}.xml": body})
        )
    yield Case(
        "rapport_deleted.docx",
        BLOCK,
        "rows struck out but kept",
        word(AGGREGATE, f"</w:t></w:r><w:del><w:r><w:delText>{rows}</w:delText></w:r></w:del><w:r><w:t>"),
    )
    yield Case("rapport_plain.docx", FLAG, "a document is read by a person", word(AGGREGATE, "Rapport annuel"))


def _texts() -> Iterator[Case]:
    people = patients(60, "dput")
    ages = ", ".join(f"{p['age']}L" for p in people)
    measures = ", ".join(str(p["crp"]) for p in people)
    yield Case(
        "dput.R",
        BLOCK,
        "rows written out in a program",
        f'df <- structure(list(age = c({ages}), crp = c({measures})), class = "data.frame")\n'.encode(),
    )
    yield Case(
        "long.yaml", BLOCK, "rows in a configuration", ("donnees: |\n  " + _rows().replace("\n", "\n  ")).encode()
    )
    yield Case("config.yaml", PASS, "a configuration", b"seuil: 11\nannees: [2019, 2020, 2021]\nmodele: logit\n")
    yield Case(
        "hex.txt", BLOCK, "rows in figures of base 16", b"signature: " + _rows(60).encode().hex().encode() + b"\n"
    )
    yield Case("iban.txt", BLOCK, "a bank account", b"Remboursement sur FR76 3000 6000 0112 3456 7890 189\n")
