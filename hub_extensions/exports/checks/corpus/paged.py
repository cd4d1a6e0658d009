"""Tables on the pages of a PDF, word by word as programs place them; a person reads the rest of it in any case."""

from collections.abc import Iterator, Sequence

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, Case
from hub_extensions.exports.checks.corpus.drawings import pdf

Rows = Sequence[Sequence[object]]
_LEFT, _TOP, _LINE, _WIDE, _DIGIT = 72, 700, 14, 120, 5.56


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    for name, least in (("", 4), ("_fine", 40)):
        expected = BLOCK if least < 11 else FLAG
        for kind, rows in {
            "long": [["dep", "patients"], ["75", 1204], ["2A", least], ["92", 310]],
            "wide": [["Region", "Hommes", "Femmes"], ["Corse", 44, least], ["Bretagne", 310, 290], ["IDF", 1204, 980]],
            "years": [["classe_age", "2018", "2019"], ["0-20", 45, 51], ["21-60", 210, least], ["61+", 90, 80]],
        }.items():
            yield Case(f"paged{name}_{kind}.pdf", expected, f"a cell of {least} on a page: {kind}", _by_lines(rows))
        rows = [["dep", "patients"], ["75", 1204], ["2A", least], ["92", 310]]
        yield Case(f"paged{name}_columns.pdf", expected, f"a cell of {least}, column by column", _by_columns(rows))
        spaced = ["dep  patients", "75  1204", f"2A  {least}", "92  310"]
        yield Case(f"paged{name}_spaces.pdf", expected, f"a cell of {least} in lines of text", _spaced(spaced))
    for kind, rows in {
        "contents": [["Sommaire", ""], ["Introduction", 3], ["Methodes", 5], ["Resultats", 12], ["Discussion", 40]],
        "chapters": [["1", "Introduction", 3], ["2", "Methodes", 5], ["3", "Resultats", 12]],
        "odds": [["Variable", "OR", "p"], ["age", "1.23", "0.03"], ["sexe", "0.88", "0.24"], ["hta", "1.02", "0.81"]],
        "flow": [["Etape", "Effectif"], ["Identifies", "45 210"], ["Exclus", "1 204"], ["Inclus", "44 006"]],
        "masked": [["dep", "n"], ["75", 120], ["92", "< 11"], ["93", 55], ["94", "< 11"]],
    }.items():
        yield Case(f"paged_fine_{kind}.pdf", FLAG, f"a page without a small count: {kind}", _by_lines(rows))


def _placed(text: object, row: int, column: int) -> str:
    """Return the operators that place a cell: words at the left, numbers at the right of their column."""
    said = str(text)
    number = said.replace(" ", "").isdigit() and column > 0
    left = _LEFT + _WIDE * column - (_DIGIT * len(said) if number else 0)
    return f"BT /F1 10 Tf 1 0 0 1 {left:.2f} {_TOP - _LINE * row} Tm ({said}) Tj ET"


def _by_lines(rows: Rows) -> bytes:
    cells = (_placed(text, at, column) for at, row in enumerate(rows) for column, text in enumerate(row) if text)
    return pdf("\n".join(cells).encode())


def _by_columns(rows: Rows) -> bytes:
    cells = (_placed(row[column], at, column) for column in range(len(rows[0])) for at, row in enumerate(rows))
    return pdf("\n".join(cells).encode())


def _spaced(lines: Sequence[str]) -> bytes:
    shown = " ".join(f"({line}) Tj T*" for line in lines)
    return pdf(f"BT /F1 8 Tf 12 TL 72 700 Td {shown} ET".encode())
