"""Every refusal that the sources can express speaks French and English: found in the sources, not listed by hand."""

import ast
from collections.abc import Iterator
from pathlib import Path

from project_spaces.errors import BureauError

ROOT = Path(__file__).parents[2]
SOURCES = sorted(file for room in ("project_spaces", "hub_extensions") for file in (ROOT / room).rglob("*.py"))


def _tree() -> set[str]:
    """Every class of the one tree of errors, by name, wherever it is defined."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for file in SOURCES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    found = {BureauError.__name__}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return found


ERRORS = _tree()


def one_language(source: str) -> list[int]:
    """Lines where an error of ours is made of a bare string: its reader would see one language."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ERRORS
        and node.args
        and isinstance(node.args[0], ast.JoinedStr | ast.Constant)
    ]


def texts(source: str) -> Iterator[tuple[int, str, str]]:
    """Every ``Text(french, english)`` whose two sides are written out; what is filled in counts as ``{}``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text":
            sides = [_written(each) for each in (*node.args, *(word.value for word in node.keywords))]
            if len(sides) == 2 and None not in sides:
                yield node.lineno, str(sides[0]), str(sides[1])


def _written(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else _filled(each) for each in node.values)
    return None


def _filled(node: ast.expr) -> str:
    """What is filled in, without its name; a day written out in words is written for each language."""
    written = isinstance(node, ast.FormattedValue) and node.format_spec is not None
    return "{" + (ast.unparse(node.format_spec) if written else "") + "}"


def test_what_a_reader_may_see_is_said_in_both_languages() -> None:
    """No error of a bare string; no sentence with an empty side, or with the same words on both."""
    wrong = []
    for file in SOURCES:
        source = file.read_text(encoding="utf-8")
        wrong += [(str(file), line, "one language") for line in one_language(source)]
        for line, french, english in texts(source):
            half = bool(french.strip()) is not bool(english.strip())
            if half or (french == english and " " in french.replace("{}", "").strip()):
                wrong.append((str(file), line, french))
    assert wrong == []


def test_a_refusal_in_one_language_would_be_found() -> None:
    assert one_language('raise Refused("no")') == [1]
    assert one_language('raise Conflict(f"no {thing}")') == [1]
    assert one_language("raise Refused(Text('non', 'no'))") == []
    assert list(texts('Text(f"non {x}", "no")')) == [(1, "non {}", "no")]
