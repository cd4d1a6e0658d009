"""PDF: a document for a reader, and a drawing whose points are written in it.

matplotlib places one marker per row (500 placements for 500 patients). Attachments, forms and scripts are refused;
the text
is read for identifiers; a person reads the rest. Nothing is normalised: what a reviewer approves is these bytes.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.formats.buried import check_buried
from hub_extensions.exports.checks.formats.pagelines import tables_of_pages
from hub_extensions.exports.checks.formats.strokes import Strokes
from hub_extensions.exports.checks.inspection import Inspected, Unreadable
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.sentences import check_sentences
from hub_extensions.exports.checks.rows.embedded import check_hidden, check_visible

MOST_MARKS = 20
MOST_CURVES = 400
#: Operators read at most in one document.
MOST_OPERATORS = 400_000
_REFUSED_KEYS = {
    "/JavaScript": "du code",
    "/JS": "du code",
    "/OpenAction": "une action à l'ouverture",
    "/AA": "une action automatique",
    "/EmbeddedFiles": "une pièce jointe",
    "/XFA": "un formulaire XFA",
    "/RichMedia": "un média",
    "/AcroForm": "un formulaire",
    "/Collection": "un portefeuille de fichiers",
}


def _open(path: Path) -> Any:
    import pikepdf

    try:
        return pikepdf.open(path)
    except pikepdf.PasswordError as error:
        raise Unreadable("Le document est chiffré.", "The document is encrypted.") from error
    except (pikepdf.PdfError, ValueError, RuntimeError) as error:
        raise Unreadable("Le document PDF est endommagé.", "The PDF is damaged.") from error


def _catalogue(document: Any, where: str) -> Iterator[Finding]:
    import pikepdf

    root = document.Root
    names = root.get("/Names", {})
    for key, what in _REFUSED_KEYS.items():
        opens = key == "/OpenAction" and not (
            isinstance(root.get(key), pikepdf.Dictionary) and root[key].get("/S") != "/GoTo"
        )
        if (key in root or key in names) and not (opens and key not in names):
            yield block(
                "document.active",
                f"{where} {key}",
                f"Le document contient {what} : retirez-le.",
                "The document holds an attachment, a form or code: remove it.",
            )
    if document.attachments:
        yield block(
            "document.attachment", where, "Le document porte une pièce jointe.", "The document carries an attachment."
        )
    for number, page in enumerate(document.pages, start=1):
        for note in page.get("/Annots", []):
            kind = str(note.get("/Subtype", "")) if isinstance(note, pikepdf.Dictionary) else ""
            if kind in {"/FileAttachment", "/RichMedia", "/Movie", "/Screen", "/3D", "/Sound"} or (kind == "/Widget"):
                yield block(
                    "document.attachment",
                    f"{where} page {number}",
                    "Une annotation porte un fichier ou un champ.",
                    "An annotation carries a file or a field.",
                )
        if "/AA" in page:
            yield block(
                "document.active", f"{where} page {number}", "Une page agit à l'ouverture.", "A page acts when opened."
            )


def _cmap(font: Any) -> dict[int, str]:
    """Return the ToUnicode table of a font: code to text."""
    stream = font.get("/ToUnicode")
    if stream is None:
        return {}
    text = stream.read_bytes().decode("latin-1")
    table: dict[int, str] = {}
    for part in re.findall(r"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        for code, to in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", part):
            table[int(code, 16)] = bytes.fromhex(to.zfill(4)).decode("utf-16-be", "replace")
    for part in re.findall(r"beginbfrange(.*?)endbfrange", text, re.DOTALL):
        for low, high, to in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", part):
            for step in range(min(int(high, 16) - int(low, 16) + 1, 65_536)):
                table[int(low, 16) + step] = chr(min(int(to, 16) + step, 0x10FFFF))
    return table


def _decoded(raw: bytes, font: Any) -> str:
    if font is None:
        return raw.decode("latin-1")
    table = _cmap(font)
    wide = str(font.get("/Subtype", "")) == "/Type0"
    codes = [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)] if wide else list(raw)
    return "".join(table.get(code, chr(code) if not wide and code >= 32 else "") for code in codes)


def _annotations(document: Any) -> Iterator[str]:
    """Yield what annotations say."""
    import pikepdf

    for page in document.pages:
        for note in page.get("/Annots", []):
            if isinstance(note, pikepdf.Dictionary):
                yield from (str(note[key]) for key in ("/Contents", "/RC", "/T", "/Subj") if key in note)


class _Reader:
    """Reads the content streams of a document, forms inside forms included, once each."""

    def __init__(self) -> None:
        self.placed: Counter[str] = Counter()
        self.curves = self.longest = self.operators = 0
        self.strokes = Strokes()
        self.text: list[str] = []

    def read(self, stream: Any, resources: Any, depth: int = 0) -> None:
        """Count the marks of one stream and collect its text."""
        import pikepdf

        font, run = None, 0
        forms = resources.get("/XObject", {}) if resources is not None else {}
        fonts = resources.get("/Font", {}) if resources is not None else {}
        for operands, operator in pikepdf.parse_content_stream(stream):
            self.operators += 1
            if self.operators > MOST_OPERATORS:
                raise Unreadable("Le document est démesuré.", "The document is outsized.")
            name = str(operator)
            if name == "Do" and operands:
                self._form(forms, str(operands[0]), depth)
            elif name in {"m", "l", "re"}:
                self._straight(name, operands)
            if name in {"c", "v", "y", "l"}:
                self.curves += name != "l"
                run += 1
                self.longest = max(self.longest, run)
            elif name in {"m", "S", "f", "n", "B", "s"}:
                run = 0
            elif name == "Tf" and operands:
                font = fonts.get(str(operands[0]))
            elif name in {"Tj", "'", '"', "TJ"} and operands:
                self._say(operands[-1], font)
            elif name in {"Td", "TD", "T*", "ET", "Tm"}:
                self.text.append("\n" if name in {"T*", "ET"} else " ")

    def _straight(self, name: str, operands: Any) -> None:
        """Note a piece of a path that may be a stroke."""
        numbers = [round(float(operand), 3) for operand in operands]
        draw = {"m": self.strokes.move, "l": self.strokes.line, "re": self.strokes.rectangle}[name]
        if len(numbers) == (4 if name == "re" else 2):
            draw(*numbers)

    def _form(self, forms: Any, name: str, depth: int) -> None:
        form = forms.get(name)
        if form is None:
            return
        self.placed[name] += 1
        if str(form.get("/Subtype", "")) == "/Form" and self.placed[name] == 1 and depth < 5:
            self.read(form, form.get("/Resources"), depth + 1)

    def _say(self, operand: Any, font: Any) -> None:
        import pikepdf

        parts = operand if isinstance(operand, pikepdf.Array) else [operand]
        for part in parts:
            if isinstance(part, pikepdf.String):
                self.text.append(_decoded(bytes(part), font))


def inspect_pdf(path: Path, policy: Policy) -> Inspected:
    """Read a PDF. Raises ``Unreadable`` when it is damaged, encrypted or outsized."""
    import pikepdf

    data = path.read_bytes()
    found: list[Finding] = []
    after = len(data) - data.rfind(b"%%EOF") - 5
    if after > 64:
        found.append(
            block(
                "content.trailing",
                path.name,
                f"{after} octets suivent la fin du document.",
                f"{after} bytes follow the end of the document.",
            )
        )
    if data.count(b"%%EOF") > 1 and b"/Linearized" not in data[:2048]:
        found.append(
            flag(
                "document.versions",
                path.name,
                "Le document garde des versions antérieures : imprimez-le à nouveau en PDF.",
                "The document keeps earlier versions: print it to PDF again.",
            )
        )
    reader = _Reader()
    try:
        with _open(path) as document:
            found += _catalogue(document, path.name)
            found += check_buried(document, data, path.name)
            for page in document.pages:
                reader.read(page, page.get("/Resources"))
            facts = "\n".join(str(value) for value in (document.docinfo or {}).values())
            described = document.Root.get("/Metadata")
            facts += "\n".join(_annotations(document))
            facts += described.read_bytes().decode("utf-8", "replace") if isinstance(described, pikepdf.Stream) else ""
    except (pikepdf.PdfError, TypeError, AttributeError, KeyError) as error:
        raise Unreadable("Le document PDF est endommagé.", "The PDF is damaged.") from error
    marks = max(reader.placed.values(), default=0)
    if marks > MOST_MARKS or reader.curves > MOST_CURVES or reader.longest > 150 or reader.strokes.most:
        points = max(marks, reader.curves // 8, reader.longest, reader.strokes.most)
        found.append(
            block(
                "vector.points",
                path.name,
                f"Le document dessine environ {points} points : chacun se relit exactement. Exportez une image (PNG).",
                f"The document draws about {points} points: each can be read back exactly. Export a picture (PNG).",
            )
        )
    text = re.sub(r" {2,}", " ", "".join(reader.text))
    found += check_sentences(text, policy, path.name)
    found += [*check_visible(text, path.name), *check_hidden(facts, f"{path.name} · propriétés")]
    found.append(
        flag(
            "document.reading",
            path.name,
            "Un document se lit en entier par un vérificateur.",
            "A document is read in full by a reviewer.",
        )
    )
    return Inspected(tables_of_pages(path, "".join(reader.text)), f"{text}\n{facts}", found)
