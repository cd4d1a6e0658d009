"""CSV and TSV as people make them: any separator, any of three encodings, titles above and notes below.

Re-serialised as UTF-8 with the author's separator, so that what a reviewer sees is what is released. A cell that a
spreadsheet would run is refused; a negative number is not one.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.formats.active import check_active
from hub_extensions.exports.checks.inspection import Inspected, Normal, Unreadable
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.grid import Grid, grids_from_matrix

#: Suffixes of delimited text.
TABLES = frozenset({".csv", ".tsv"})
_SEPARATORS = (";", "\t", ",", "|")
#: Lines that must all be cut alike by another separator before commas are no longer looked at.
FEWEST_ALIKE = 2
#: A table with ten times the rows that the policy allows is no result for a reader: it is refused unread.
ROWS_REFUSED = 10
_NUMBER = re.compile(r"^[+\-−]\s?[\d.,(∞]|^[+\-−]\s*(?:inf|nan)$", re.IGNORECASE)
_RUNS = re.compile(r"[(!|=]|['\"]|\b[A-Za-z]{1,3}\$?\d")
#: What makes a line a comment; ``--`` and ``//`` only before a space, ``%`` before a number: « % décès » is a label.
_COMMENT_MARK = re.compile(r"[ \t]*(?:#[# \t]*|(?:--+|//+)[ \t]+|%+[ \t]*(?=\d))")
_LEADS = "=@\t\r＝＠"
#: « -log10(p) »: the name of a column, which computes nothing that a cell holds.
_LOGARITHM = re.compile(
    r"[+\-−]\s?(?:log_?\d{0,2}|ln)\s?\(\s?[A-Za-z_][A-Za-z_ .\-]{0,30}\)(?: of .{1,40})?", re.IGNORECASE
)


def decode(data: bytes) -> str:
    """Return *data* as text: UTF-8, UTF-16 with its mark, else Windows-1252.

    Raises:
        Unreadable: NUL or other control characters inside.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    if "\0" in text:
        raise Unreadable("Le texte contient des octets nuls.", "The text holds NUL bytes.")
    return text


def separator_of(text: str) -> str:
    """Return the separator that cuts most lines in the same number of cells."""
    lines = [line for line in text.splitlines()[:300] if line.strip()]
    best, best_score = ",", 0.0
    for separator in _SEPARATORS:
        widths = [len(row) for row in csv.reader(lines, delimiter=separator)] if lines else []
        cut = Counter(width for width in widths if width > 1)  # titles and notes are not cut
        common, times = cut.most_common(1)[0] if cut else (1, 0)
        score = (times / len(widths)) * min(common, 3) if common > 1 else 0.0
        if separator != "," and common > 1 and times == len(widths) >= FEWEST_ALIKE:
            return separator  # commas are French decimals then: 0,25
        if score > best_score + 1e-9:
            best, best_score = separator, score
    return best


def read_rows(text: str) -> list[list[str]]:
    """Return the rows of a delimited text as the checks cut them, with its titles. Raises ``csv.Error``."""
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(text)))


def runs_as_formula(cell: str) -> bool:
    """Whether a spreadsheet would run *cell*: it begins as a formula and is no number and no label such as « + de 65
    »."""
    text = cell.lstrip(" \u00a0\ufeff'\"")
    if not text:
        return False
    if cell[:1] in "\t\r" and len(cell.strip()) > 1 and cell.strip()[:1] in "=+-@":
        return True
    if text[0] in _LEADS:
        return len(text) > 1
    if text[0] in "+-−" and len(text) > 1:
        if _LOGARITHM.fullmatch(text.rstrip()):
            return False
        return (not _NUMBER.match(text) and bool(_RUNS.search(text[1:]))) or bool(
            re.match(r"^[+\-]\d[\d.,]*\s*[+*/^|!(]\s*\S*[A-Za-z(|!]", text)
        )
    return False


def check_formulas(rows: Sequence[Sequence[str]], where: str = "", *, above: int = 0) -> Iterator[Finding]:
    """Yield the first cell that a spreadsheet would run; *above* are lines that stand before *rows*."""
    for number, row in enumerate(rows, start=1 + above):
        for column, cell in enumerate(row, start=1):
            pieces = [cell, *re.split(r"[;\n]", cell)[1:]] if ";" in cell or "\n" in cell else [cell]
            if any(runs_as_formula(piece) for piece in pieces):
                prefix = f"{where} · " if where else ""
                yield block(
                    "cell.formula",
                    f"{prefix}ligne {number}, colonne {column}",
                    "Cette cellule serait exécutée par un tableur : écrivez une valeur.",
                    "A spreadsheet would run this cell: write a value.",
                )
                return


def serialise(rows: Sequence[Sequence[str]], separator: str = ",") -> bytes:
    """Return *rows* as UTF-8 CSV, lines ending in LF, quotes only where needed."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8")


def check_length(rows: int, policy: Policy, where: str = "") -> Iterator[Finding]:
    """Yield a finding when a table is longer than the policy allows."""
    place = where or f"{rows} lignes"
    if rows > policy.max_rows * ROWS_REFUSED:
        yield block(
            "size.rows",
            place,
            f"Plus de {policy.max_rows * ROWS_REFUSED} lignes : ce n'est pas un résultat agrégé.",
            f"More than {policy.max_rows * ROWS_REFUSED} rows: this is no aggregate.",
        )
    elif rows > policy.max_rows:
        yield flag(
            "size.rows",
            place,
            f"Plus de {policy.max_rows} lignes : un vérificateur doit en juger.",
            f"More than {policy.max_rows} rows: a reviewer must judge.",
        )


def inspect_delimited(path: Path, policy: Policy) -> Inspected:
    """Read a CSV or TSV file. Raises ``Unreadable`` when it is no text, or its quotes never close."""
    text = decode(path.read_bytes())
    lines = text.splitlines(keepends=True)
    body = [line for line in lines if not _COMMENT_MARK.match(line)]
    comments = [line[mark.end() :].strip() for line in lines if (mark := _COMMENT_MARK.match(line))]
    if len(body) > policy.max_rows * ROWS_REFUSED + 1:
        return Inspected(findings=list(check_length(len(body) - 1, policy)))
    separator = separator_of("".join(body[:300]))
    csv.field_size_limit(1_000_000)
    try:
        rows = list(csv.reader(io.StringIO("".join(body)), delimiter=separator, strict=False))
    except csv.Error as error:
        raise Unreadable("Le fichier CSV est mal formé.", f"The CSV is malformed ({error}).") from error
    titled = [[comment] for comment in comments]
    shift = len(titled)  # they stand above the table in what is shown and released
    findings = [
        *check_formulas(rows, above=shift),
        *check_formulas(titled, "commentaires"),
        *check_active(text),
        *check_length(len(rows) - 1, policy),
    ]
    matrix = [[cell.replace("\r", " ") for cell in row] for row in rows]
    grids = grids_from_matrix("", matrix, first_row=1 + shift)
    grids = [grid if not comments else _with_notes(grid, tuple(comments)) for grid in grids]
    return Inspected(
        grids,
        "\n".join(comments),
        findings,
        Normal(".tsv" if separator == "\t" else ".csv", serialise([*titled, *matrix], separator)),
    )


def _with_notes(grid: Grid, notes: tuple[str, ...]) -> Grid:
    return replace(grid, notes=(*grid.notes, *notes))
