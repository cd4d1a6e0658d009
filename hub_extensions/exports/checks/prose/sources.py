"""Programs leave without data: no lists of values, no tables in strings or in comments, nothing encoded."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.formats.delimited import decode
from hub_extensions.exports.checks.inspection import Inspected, Normal
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.comments import check_comments, comments_of, counted_tables
from hub_extensions.exports.checks.prose.freetext import FEWEST_LINES, check_blobs, tables_in_text


def literals_in(code: str, policy: Policy, where: str) -> Iterator[Finding]:
    """Yield data written inside a program: long lists of values, tables in strings, encoded blocks."""
    yield from check_blobs(code, where)
    try:
        tree = ast.parse(_without_magics(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        if len(re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?=\s*,)", code)) > 5 * policy.min_persons:
            yield flag(
                "code.literals",
                where,
                "Beaucoup de nombres dans ce programme : est-ce des données ?",
                "Many numbers in this program: is this data?",
            )
        return
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.List | ast.Tuple | ast.Set)
            and sum(
                isinstance(item, ast.Constant | ast.UnaryOp) and not isinstance(getattr(item, "value", 0), str)
                for item in node.elts
            )
            > 2 * policy.min_persons
        ):
            yield block(
                "code.literals",
                f"{where} ligne {node.lineno}",
                "Une longue liste de valeurs est écrite dans le programme : un programme sort sans données.",
                "A long list of values is written in the program: a program leaves without data.",
            )
            return
        if isinstance(node, ast.List | ast.Tuple | ast.Dict) and _rows(node) > policy.min_persons:
            yield block(
                "code.literals",
                f"{where} ligne {node.lineno}",
                "Des lignes de données sont écrites dans le programme : un programme sort sans données.",
                "Rows of data are written in the program: a program leaves without data.",
            )
            return
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and any(len(grid.rows) >= FEWEST_LINES + 2 for grid in tables_in_text(node.value))
        ):
            yield block(
                "code.literals",
                f"{where} ligne {node.lineno}",
                "Un tableau est écrit dans une chaîne du programme : un programme sort sans données.",
                "A table is written in a string of the program: a program leaves without data.",
            )
            return


def _rows(node: ast.List | ast.Tuple | ast.Dict) -> int:
    items = node.values if isinstance(node, ast.Dict) else node.elts
    return sum(
        1
        for item in items
        if isinstance(item, ast.List | ast.Tuple | ast.Dict)
        and len(item.values if isinstance(item, ast.Dict) else item.elts) >= 2
    )


def _without_magics(code: str) -> str:
    return "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in code.splitlines())


def inspect_code(path: Path, policy: Policy) -> Inspected:
    """Read a program: it leaves without data, without names and without keys."""
    text = decode(path.read_bytes())
    python = path.suffix.lower() == ".py"
    findings = list(literals_in(text, policy, path.name) if python else _plain_code(text, policy, path.name))
    findings += check_comments(text, policy, path.name)
    return Inspected(
        counted_tables(comments_of(text), "commentaires"),
        text,
        findings,
        Normal(path.suffix.lower(), text.replace("\r\n", "\n").encode("utf-8")),
    )


_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
#: A line that is nothing but values, at least one of them a number.
_VALUE = r"(?:\"[^\"\n]*\"|'[^'\n]*'|-?\d+(?:\.\d+)?L?)"
_LITERALS = re.compile(
    rf"^(?=.*(?<![\w\"'])-?\d)[ \t]*{_VALUE}(?:[ \t]*,[ \t]*{_VALUE})+[ \t]*,?[ \t]*$",
    re.MULTILINE,
)


def _plain_code(text: str, policy: Policy, where: str) -> Iterator[Finding]:
    yield from check_blobs(text, where)
    for call in re.finditer(r"(?:\bc|\bVALUES|\bdata)\s*\(([^()]*)\)", text, re.IGNORECASE):
        if len(re.findall(r"-?\d+(?:\.\d+)?", _STRING.sub("", call.group(1)))) > 2 * policy.min_persons:
            yield block(
                "code.literals",
                where,
                "Une longue liste de valeurs est écrite dans le programme : un programme sort sans données.",
                "A long list of values is written in the program: a program leaves without data.",
            )
            return
    tuples = len(re.findall(r"^[^\S\n]*\(\s*\d[^()]*,[^()]*\)\s*[,;]?\s*$", text, re.MULTILINE))
    written = any(
        len(grid.rows) >= FEWEST_LINES + 2
        for found in _STRING.findall(text)
        for grid in tables_in_text(found.replace("\\n", "\n"))
    )
    if written or tuples > policy.min_persons or len(_LITERALS.findall(text)) > policy.min_persons:
        yield block(
            "code.literals",
            where,
            "Des lignes de données sont écrites dans le programme : un programme sort sans données.",
            "Rows of data are written in the program: a program leaves without data.",
        )
