"""Every refusal that the sources can express speaks French and English: found in the sources, not listed by hand."""

import ast
from collections.abc import Iterator

from project_spaces.text import Text
from tests.fixtures.refusals import HELD, UNSEEN, errors, every_site, in_both, owed, parsed, sites, sources, unseen


def one_language(tree: ast.Module) -> list[int]:
    """Lines where an error of ours is made of a bare string: its reader would see one language."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in errors()
        and node.args
        and isinstance(node.args[0], ast.JoinedStr | ast.Constant)
    ]


def texts(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Every ``Text(french, english)`` whose two sides are written out; what is filled in counts as ``{}``."""
    for node in ast.walk(tree):
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
    for file in sources():
        tree = parsed(file)
        wrong += [(str(file), line, "one language") for line in one_language(tree)]
        for line, french, english in texts(tree):
            half = bool(french.strip()) is not bool(english.strip())
            if half or (french == english and " " in french.replace("{}", "").strip()):
                wrong.append((str(file), line, french))
    assert wrong == []


def test_a_refusal_in_one_language_would_be_found() -> None:
    for source, lines in {
        'raise Refused("no")': [1],
        'raise Conflict(f"no {thing}")': [1],
        "raise Refused(Text('non', 'no'))": [],
    }.items():
        assert one_language(ast.parse(source)) == lines
    assert list(texts(ast.parse('Text(f"non {x}", "no")'))) == [(1, "non {}", "no")]


def test_each_place_that_refuses_is_found_by_function_and_number() -> None:
    source = (
        "class A:\n  def f(self):\n    raise Refused(\n      X)\n  def g(self):\n    return Conflict(Y), NotFound(Z)\n"
    )
    assert [(each.name, each.first, each.last) for each in sites(ast.parse(source), "m.py")] == [
        ("m.py:A.f", 3, 4),
        ("m.py:A.g", 6, 6),
        ("m.py:A.g#2", 6, 6),
    ]


def test_a_place_that_refused_nobody_is_named() -> None:
    every = every_site()
    first = next(each for each in every if each.module.startswith(HELD))
    assert unseen((each.module, each.last) for each in every) == set()
    assert unseen((each.module, each.first) for each in every if each.module != first.module) >= {first.name}


def test_a_run_of_everything_fails_for_the_domain_alone() -> None:
    every = every_site()
    domain = {each.name for each in every if each.module.startswith(HELD)}
    tried = [(each.module, each.first) for each in every if each.name in domain]
    assert owed(tried) == set()
    assert owed([]) == domain - UNSEEN.keys()


def test_a_sentence_in_one_language_is_seen_when_it_is_said() -> None:
    assert in_both(Text("Non.", "No."))
    assert not any(map(in_both, (Text("Non.", "Non."), Text("", "No."), Text("Non.", " "), "Non.")))
