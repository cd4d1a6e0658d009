"""Text that people wrote: notes, logs, programs. Tables inside are read as tables, sentences for what they say of
persons."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.formats.active import check_active
from hub_extensions.exports.checks.formats.delimited import decode
from hub_extensions.exports.checks.inspection import Inspected, Normal
from hub_extensions.exports.checks.models.dumps.recognising import check_text_dump
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.consoles import printed_tables
from hub_extensions.exports.checks.prose.crossed import crossed_tables
from hub_extensions.exports.checks.prose.latexcells import is_latex, printed_latex
from hub_extensions.exports.checks.prose.leaves import check_leaves
from hub_extensions.exports.checks.prose.listed import check_lists
from hub_extensions.exports.checks.prose.printedends import check_printed_ends, without_residuals
from hub_extensions.exports.checks.prose.sentences import check_sentences
from hub_extensions.exports.checks.prose.summarised import check_summaries
from hub_extensions.exports.checks.tables.cells import plain
from hub_extensions.exports.checks.tables.grid import Grid, grids_from_matrix
from hub_extensions.exports.checks.tables.regressions import check_printed_models

_ANCHOR = re.compile(r"(?:^|[\s\[{,:])[&*]\w", re.MULTILINE)
MOST_NESTED = 20
#: Lines in a row that are cut alike before they are taken for a table.
FEWEST_LINES = 3
_BLOB = re.compile(r"[A-Za-z0-9+/]{400,}={0,2}|(?:[0-9a-fA-F]{2}){300,}")


def check_blobs(text: str, where: str) -> Iterator[Finding]:
    """Yield long runs of encoded data: a picture, an archive or a table in disguise."""
    if _BLOB.search(text):
        yield block(
            "content.encoded",
            where,
            "Long bloc encodé (base64, hexadécimal) : impossible à contrôler.",
            "A long encoded block (base64, hexadecimal): it can't be checked.",
        )


#: A line that LaTeX draws between the rows of a table.
_RULE = re.compile(
    r"\s{0,40}(?:\\(?:hline|toprule|midrule|bottomrule|(?:cline|cmidrule)(?:\([lr]+\))?\{[^{}]*\})\s{0,40}){1,20}"
)


#: A line drawn with signs between the rows of a printed table.
_DRAWN = re.compile(r"[\s|+]*[-=][\s|+\-=]*")


def _cut(line: str) -> list[str] | None:
    """Return the cells of a line of a table in text: with bars, separators, or columns two spaces apart."""
    bare = line.strip()
    if "...." in bare:  # the leaders of a table of contents
        return None
    bare = re.sub(r"(?<!\s)\s*\\\\(?:\s*\\hline)?$", "", bare)
    if bare.startswith("|") and bare.endswith("|"):
        return [cell.strip() for cell in bare.strip("|").split("|")]
    for separator in ("\t", ";", "|", "&", ","):
        if bare.count(separator) >= 1 and not (separator == "," and bare.count(",") == bare.count(", ")):
            return [cell.strip() for cell in bare.split(separator)]
    cells = re.split(r"\s{2,}", bare)
    return cells if len(cells) >= 2 else None


def tables_in_text(text: str, where: str = "texte") -> list[Grid]:
    """Return the tables found in *text*: printed by a program, or three lines or more cut in the same number of
    cells."""
    grids: list[Grid] = []
    text = printed_latex(text) if is_latex(text) else text
    lines = without_residuals(text.splitlines())
    for first, end, rows in crossed_tables(text):
        grids += grids_from_matrix(f"{where} ligne {first + 1}", rows)
        lines[first:end] = [""] * (end - first)
    for first, end, rows in printed_tables("\n".join(lines)):
        grids += grids_from_matrix(f"{where} ligne {first + 1}", rows)
        lines[first:end] = [""] * (end - first)
    return [*grids, *_separated_tables(lines, where)]


def _separated_tables(lines: Sequence[str], where: str) -> list[Grid]:
    blocks: list[tuple[int, list[list[str]]]] = []
    width = 0
    for number, line in enumerate(lines, start=1):
        if _RULE.fullmatch(line) or (line.strip() and _DRAWN.fullmatch(line)):
            continue
        cells = _cut(line)
        if cells is None or _of_model(cells):
            width = 0
            continue
        if all(re.fullmatch(r":-+:?|-+:|-{2,}|=+", cell) for cell in cells if cell) and any(cells):
            continue
        if len(cells) == width and blocks:
            blocks[-1][1].append(cells)
        else:
            blocks.append((number, [cells]))
            width = len(cells)
    return [
        grid for number, rows in blocks if _worth(rows) for grid in grids_from_matrix(f"{where} ligne {number}", rows)
    ]


#: What a program says of a model above its coefficients, two facts a line.
_FACTS = frozenset(
    """
    dep_variable model method date time no_observations df_residuals df_model covariance_type r_squared adj_r_squared
    f_statistic prob_f_statistic log_likelihood aic bic scale converged no_groups min_group_size max_group_size
    mean_group_size no_iterations link_function deviance pearson_chi2 pseudo_r_squ llr_p_value ll_null
    """.split()
)


def _of_model(cells: Sequence[str]) -> bool:
    """Whether a line says two facts of a model: ``No. Groups:  10  Scale:  812.1``."""
    named = [plain(cell) for cell in cells[::2]]
    return len(cells) == 4 and all(cell.endswith(":") for cell in cells[::2]) and bool(_FACTS & set(named))


def _worth(rows: Sequence[Sequence[str]]) -> bool:
    digits = sum(1 for row in rows for cell in row if re.search(r"\d", cell))
    return len(rows) >= FEWEST_LINES and digits >= len(rows) - 1


def _marked_tables(text: str, suffix: str) -> list[Grid]:
    """Return the tables of HTML inside a text, and those of YAML that has no anchors: these multiply."""
    from hub_extensions.exports.checks.formats.pagetables import tables_of
    from hub_extensions.exports.checks.formats.structured import depth_of, tables_in

    if "<table" in text.lower():
        from lxml import html

        return tables_of(html.fromstring(f"<div>{text}</div>"))
    if suffix not in {".yaml", ".yml"} or depth_of(text) > MOST_NESTED or _ANCHOR.search(text):
        return []
    try:
        return list(tables_in(yaml.safe_load(text)))
    except (yaml.YAMLError, RecursionError, ValueError):
        return []


def inspect_text(path: Path, policy: Policy) -> Inspected:
    """Read a text, Markdown or log file."""
    text = decode(path.read_bytes())
    dumped = list(check_text_dump(text, path.name))
    if dumped:
        return Inspected(text=text, findings=dumped)
    said = text.replace("\\,", "\u202f").replace("~", "\u00a0") if is_latex(text) else text
    findings = [
        *check_active(text),
        *check_sentences(said, policy),
        *check_blobs(text, "texte"),
        *_lines_like_rows(text, policy),
        *check_leaves(text, policy),
        *check_printed_ends(text, policy),
        *check_summaries(text, policy),
        *check_printed_models(text),
        *check_lists(text, policy, "texte"),
    ]
    return Inspected(
        [*tables_in_text(text), *_marked_tables(text, path.suffix.lower())],
        said,
        findings,
        Normal(path.suffix.lower() or ".txt", text.replace("\r\n", "\n").encode("utf-8")),
    )


#: A line that a training loop prints.
_STEP = re.compile(r"\W*(?:\[?\d+/\d+\]?\s*)?(?:epoch|époque|step|iter\w*|fold|trial|round|batch)\b", re.IGNORECASE)


def _lines_like_rows(text: str, policy: Policy) -> Iterator[Finding]:
    """Yield a flag when many lines differ only by their numbers: a loop that printed persons."""
    shapes: dict[str, int] = {}
    for line in text.splitlines():
        numbers = re.findall(r"\d+(?:[.,]\d+)?", re.sub(r"^\S*\d{2}:\d{2}\S*\s+", "", line))
        if len(numbers) >= 2 and not _STEP.match(line):
            shape = re.sub(r"\d+(?:[.,]\d+)?", "#", line)
            shapes[shape] = shapes.get(shape, 0) + 1
    if shapes and max(shapes.values()) >= 2 * policy.min_persons:
        yield flag(
            "text.repeated",
            "texte",
            "Beaucoup de lignes ne diffèrent que par leurs nombres : décrivent-elles des personnes ?",
            "Many lines differ only by their numbers: do they describe persons?",
        )
