"""Excel workbooks: what is not shown is what leaks.

A hidden sheet, a pivot cache, a chart's cache or an embedded workbook carries the rows behind a clean summary
(Cambridge
University Hospitals 2021: 22,073 patients in a pivot table; PSNI 2023). Such parts block the file; what is visible is
turned into CSV, and that is what leaves.
"""

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.formats.active import check_active
from hub_extensions.exports.checks.formats.archives import read_member, sane_members, trailing_bytes
from hub_extensions.exports.checks.formats.customparts import check_custom_parts
from hub_extensions.exports.checks.formats.delimited import check_formulas, check_length, serialise
from hub_extensions.exports.checks.inspection import Inspected, Normal, Unreadable
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.rows.embedded import check_hidden
from hub_extensions.exports.checks.tables.grid import grids_from_matrix

#: Parts that can't be seen by a reader of the sheets: (pattern of the name, French, English).
_HIDDEN_PARTS = (
    (r"vbaproject|macrosheets|dialogsheets", "des macros", "macros"),
    (
        r"xl/pivotcache/",
        "le cache d'un tableau croisé (les lignes d'origine)",
        "a pivot table's cache (the original rows)",
    ),
    (r"xl/embeddings/|oleobject", "un document incorporé", "an embedded document"),
    (
        r"xl/externallinks/",
        "un lien vers un autre classeur et ses valeurs",
        "a link to another workbook and its values",
    ),
    (r"xl/activex|xl/ctrlprops|webextension", "un contrôle actif", "an active control"),
    (
        r"xl/connections|querytables|xl/model/|xl/customdata|xl/revisions",
        "une connexion ou un modèle de données",
        "a connection or a data model",
    ),
)
_KNOWN_PART = re.compile(
    r"\.(?:xml|rels|vml)$|^xl/printersettings/|^xl/media/[^/]+\.(?:png|jpe?g|emf|wmf)$|^docprops/thumbnail\.(?:png|jpe?g|emf|wmf)$",
    re.IGNORECASE,
)
_RUNS = re.compile(
    r"\b(?:HYPERLINK|WEBSERVICE|FILTERXML|IMPORTXML|IMPORTDATA|RTD|DDE|CALL|REGISTER|EXEC|INDIRECT|CUBEVALUE)\s*\(|\[\d+\]|\|.*!|https?://|file://",
    re.IGNORECASE,
)
#: Parts that are read as cells, or that hold the look of cells.
_CELL_PARTS = re.compile(
    r"xl/(?:worksheets|charts|theme)/|xl/(?:sharedStrings|styles|workbook|calcChain)\.xml", re.IGNORECASE
)
#: How files of pictures begin, by suffix.
_PICTURES = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "emf": (b"\x01\x00\x00\x00",),
    "wmf": (b"\xd7\xcd\xc6\x9a", b"\x01\x00\x09\x00"),
}
_CELLS = 2_000_000
_LONG_NOTE = 200


def _parts(members: list[zipfile.ZipInfo]) -> Iterator[Finding]:
    names = [member.filename.lower() for member in members if not member.filename.endswith("/")]
    for pattern, fr, en in _HIDDEN_PARTS:
        found = [name for name in names if re.search(pattern, name)]
        if found:
            yield block(
                "workbook.hidden_part",
                found[0],
                f"Le classeur contient {fr} : enregistrez les valeurs visibles seules.",
                f"The workbook holds {en}: save the visible values alone.",
            )
    odd = [
        name
        for name in names
        if not _KNOWN_PART.search(name) and not any(re.search(pattern, name) for pattern, _, _ in _HIDDEN_PARTS)
    ]
    if odd:
        yield block(
            "workbook.unknown_part",
            odd[0],
            "Le classeur contient une partie inconnue.",
            "The workbook holds an unknown part.",
        )
    if any(name.startswith("xl/media/") for name in names):
        yield flag(
            "workbook.image",
            "xl/media",
            "Le classeur contient une image ; elle n'est pas reprise.",
            "The workbook holds an image; it is not kept.",
        )
    if any(name.startswith("docprops/custom") for name in names):
        yield flag(
            "workbook.properties",
            "docProps",
            "Le classeur porte des propriétés sur mesure ; elles ne sont pas reprises.",
            "The workbook has custom properties; they are not kept.",
        )


def _text_of(value: Any, number_format: str) -> str:
    """Return a stored value as text, with all of its digits: a format hides, it doesn't remove."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX"
    if isinstance(value, int | float):
        scaled = value * 100 if "%" in number_format else value
        text = f"{scaled:.15g}"
        return f"{text}%" if "%" in number_format else text
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time(0)
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _matrix(sheet: Any) -> list[list[str]]:
    """Return the cells that hold something, far corners pulled in: an empty row or column stands for any gap."""
    filled = {key: cell for key, cell in sheet._cells.items() if cell.value is not None}
    if not filled:
        return []
    columns = _pulled_in(sorted({column for _, column in filled}))
    rows = _pulled_in(sorted({row for row, _ in filled}))
    matrix = [[""] * (max(columns.values()) + 1) for _ in range(max(rows.values()) + 1)]
    for (row, column), cell in filled.items():
        matrix[rows[row]][columns[column]] = _text_of(cell.value, cell.number_format or "")
    return matrix


def _pulled_in(places: list[int]) -> dict[int, int]:
    mapped, at, last = {}, 0, None
    for place in places:
        at += 0 if last is None else 1 if place == last + 1 else 2
        mapped[place], last = at, place
    return mapped


def _hidden_cells(sheet: Any) -> Iterator[Finding]:
    rows = [key for key, row in sheet.row_dimensions.items() if row.hidden or row.height == 0]
    columns = [key for key, column in sheet.column_dimensions.items() if column.hidden or column.width == 0]
    if rows or columns:
        where = f"{sheet.title} · {'ligne' if rows else 'colonne'} {(rows or columns)[0]}"
        yield block(
            "workbook.hidden_cells",
            where,
            "Lignes ou colonnes masquées : supprimez-les, elles partiraient avec le fichier.",
            "Hidden rows or columns: delete them, they would leave with the file.",
        )
    for cell in sheet._cells.values():
        if cell.value is None:
            continue
        invisible = (cell.number_format or "").replace('"', "") in {";;;", ";;", ";"}
        colour = cell.font.color.rgb if cell.font and cell.font.color and cell.font.color.type == "rgb" else None
        white = colour in {"FFFFFFFF", "00FFFFFF"} and (cell.fill is None or cell.fill.fill_type is None)
        if invisible or white:
            yield block(
                "workbook.invisible_cell",
                f"{sheet.title} · {cell.coordinate}",
                "Cellule écrite pour ne pas se voir (format vide, blanc sur blanc).",
                "A cell made not to be seen (empty format, white on white).",
            )
            return


def _notes(sheet: Any) -> tuple[list[Finding], str]:
    comments = [cell.comment.text for cell in sheet._cells.values() if cell.comment is not None]
    text = "\n".join(comments)
    if not comments:
        return [], ""
    said = block if len(text) > _LONG_NOTE or len(re.findall(r"\d+", text)) > 20 else flag
    return [
        said(
            "workbook.comment",
            sheet.title,
            "Commentaires de cellules : ils ne sont pas repris, et peuvent porter des données.",
            "Cell comments: they are not kept, and may carry data.",
        )
    ], text


def _sheet(sheet: Any, formulas: Any, policy: Policy) -> tuple[list[Finding], list[list[str]], str]:
    found = list(_hidden_cells(sheet))
    notes, text = _notes(formulas)
    found += notes
    empty = False
    for cell in formulas._cells.values():
        if cell.data_type == "f":
            written = str(getattr(cell.value, "text", cell.value))
            if _RUNS.search(written):
                found.append(
                    block(
                        "cell.formula",
                        f"{sheet.title} · {cell.coordinate}",
                        "Cette formule va chercher ailleurs ou ouvre un lien : écrivez une valeur.",
                        "This formula reaches elsewhere or opens a link: write a value.",
                    )
                )
                break
            empty = empty or sheet[cell.coordinate].value is None
    if empty:
        found.append(
            flag(
                "workbook.no_value",
                sheet.title,
                "Des formules n'ont pas de valeur enregistrée : recalculez et enregistrez.",
                "Some formulas have no saved value: recompute and save.",
            )
        )
    matrix = _matrix(sheet)
    found += [*check_formulas(matrix, sheet.title), *check_length(len(matrix), policy, sheet.title)]
    return found, matrix, text


def _charts(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], seen: set[str]) -> Iterator[Finding]:
    for member in members:
        if not re.match(r"xl/charts/chart[^/]*\.xml$", member.filename):
            continue
        text = read_member(archive, member).decode("utf-8", "replace")
        cached = re.findall(r"<(?:\w+:)?v>([^<]*)</(?:\w+:)?v>", text)
        unseen = [value for value in cached if value and value not in seen and _rounded(value) not in seen]
        if len(unseen) > 2:
            yield block(
                "workbook.chart_cache",
                member.filename,
                "Le graphique garde des valeurs qui ne sont pas dans les cellules visibles.",
                "The chart keeps values that are not in the visible cells.",
            )
        else:
            yield flag(
                "workbook.chart",
                member.filename,
                "Le graphique n'est pas repris dans la version CSV.",
                "The chart is not kept in the CSV version.",
            )


def _rounded(value: str) -> str:
    try:
        return f"{float(value):.15g}"
    except ValueError:
        return value


def _orphans(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> Iterator[Finding]:
    """Yield shared strings that no cell uses: text that stayed behind."""
    names = {member.filename for member in members}
    if "xl/sharedStrings.xml" not in names:
        return
    strings = len(re.findall(rb"<si[ >/]", read_member(archive, "xl/sharedStrings.xml")))
    used: set[bytes] = set()
    for name in names:
        if re.match(r"xl/worksheets/[^/]+\.xml$", name):
            used.update(
                re.findall(
                    rb'<c [^>]*t="s"[^>]*>\s*(?:<f[^>]*/?>(?:[^<]*</f>)?)?\s*<v>(\d+)</v>', read_member(archive, name)
                )
            )
    if strings - len(used) > 2:
        yield block(
            "workbook.orphan_text",
            "xl/sharedStrings.xml",
            "Le classeur garde des textes qu'aucune cellule ne montre.",
            "The workbook keeps texts that no cell shows.",
        )


def _load(path: Path, *, values: bool) -> Any:
    import openpyxl

    try:
        return openpyxl.load_workbook(path, data_only=values, keep_links=True)
    except MemoryError:
        raise
    except Exception as error:
        raise Unreadable(
            "Le classeur est endommagé ou n'est pas un classeur.", "The workbook is damaged or is no workbook."
        ) from error


def inspect_workbook(path: Path, policy: Policy) -> Inspected:
    """Read a workbook. Raises ``Unreadable`` when it is damaged or larger than a result can be."""
    members = sane_members(path)
    found = list(_parts(members))
    if trailing_bytes(path):
        found.append(
            block(
                "content.trailing",
                path.name,
                "Des octets se trouvent hors du classeur.",
                "Bytes lie outside the workbook.",
            )
        )
    with zipfile.ZipFile(path) as archive:
        for member in members:
            if member.filename.startswith("xl/worksheets/") and read_member(archive, member).count(b"<c ") > _CELLS:
                raise Unreadable("Le classeur a trop de cellules.", "The workbook has too many cells.")
        found += _orphans(archive, members)
        found += check_custom_parts(archive, members)
        for member in members:
            if member.filename.endswith((".xml", ".vml")) and not _CELL_PARTS.match(member.filename):
                text = re.sub(r"<[^<>]+>", "\n", read_member(archive, member).decode("utf-8", "replace"))
                found += check_hidden(text, member.filename)
    values, formulas = _load(path, values=True), _load(path, values=False)
    texts, grids, rows = [], [], []
    found += _names(values)
    for sheet in values.worksheets:
        if sheet.sheet_state != "visible":
            found.append(
                block(
                    "workbook.hidden_sheet", sheet.title, "Feuille masquée : supprimez-la.", "Hidden sheet: delete it."
                )
            )
        said, matrix, text = _sheet(sheet, formulas[sheet.title], policy)
        found += said
        margins = _margins(sheet)
        for unseen in (margins, *_choices(sheet)):
            found += check_hidden(unseen, sheet.title)
        texts += [sheet.title, text, margins]
        several = len(values.worksheets) > 1
        grids += grids_from_matrix(sheet.title, matrix)
        rows += [[sheet.title], *matrix, []] if several else matrix
    with zipfile.ZipFile(path) as archive:
        found += _charts(archive, members, {text for row in rows for text in row})
        found += _unseen(archive, members, values)
        found += _pictures(archive, members)
    found += check_active("\n".join(text for row in rows for text in row))
    return Inspected(grids, "\n".join(filter(None, texts)), found, Normal(".csv", serialise(rows)))


def _pictures(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> Iterator[Finding]:
    """Yield a block when a part is called a picture and is none: nobody would look for rows in it."""
    for member in members:
        signatures = _PICTURES.get(member.filename.lower().rpartition(".")[2])
        if signatures is not None and not read_member(archive, member).startswith(signatures):
            yield block(
                "workbook.hidden_part",
                member.filename,
                "Le classeur contient une image qui n'en est pas une.",
                "The workbook holds a picture that is none.",
            )


def _unseen(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], workbook: Any) -> Iterator[Finding]:
    """Yield a block when the file holds more values than the cells that can be seen: they lie behind merged cells."""
    written = sum(
        len(re.findall(rb"<v>[^<]|<is>", read_member(archive, member)))
        for member in members
        if re.match(r"xl/worksheets/[^/]+\.xml$", member.filename)
    )
    seen = sum(cell.value is not None for sheet in workbook.worksheets for cell in sheet._cells.values())
    if written > seen + 2:
        yield block(
            "workbook.unseen_cell",
            "xl/worksheets",
            f"{written - seen} valeurs sont cachées derrière des cellules fusionnées : défaites la fusion.",
            f"{written - seen} values are hidden behind merged cells: unmerge them.",
        )


def _margins(sheet: Any) -> str:
    """Return what is printed above and below a sheet."""
    lines = (sheet.oddHeader, sheet.oddFooter, sheet.evenHeader, sheet.evenFooter, sheet.firstHeader, sheet.firstFooter)
    parts = (part.text for line in lines for part in (line.left, line.center, line.right))
    return "\n".join(str(part) for part in parts if part)


def _choices(sheet: Any) -> Iterator[str]:
    """Yield the lists of choices that cells offer, one choice a line when each is a row of its own."""
    for validation in sheet.data_validations.dataValidation:
        for formula in (validation.formula1, validation.formula2, validation.prompt, validation.error):
            yield re.sub(r'[",](?=\d+,[A-Z])', "\n", str(formula or ""))


def _names(workbook: Any) -> Iterator[Finding]:
    for name, defined in workbook.defined_names.items():
        text = str(defined.attr_text or "")
        if "[" in text or "{" in text or '"' in text or (defined.hidden and not name.startswith("_xlnm")):
            yield block(
                "workbook.name",
                name,
                "Un nom défini porte des valeurs, un lien ou se cache : supprimez-le.",
                "A defined name holds values, a link or hides: delete it.",
            )
