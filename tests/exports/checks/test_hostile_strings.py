"""No expression of the checks takes longer than its text is long: each against strings that make bad ones explode.

Every compiled expression of the modules that read untrusted files is found where it is, and used as it is used there.
Time is the processor's own, as in the sandbox: an expression that has not ended within it would hold a worker until it
is killed.
"""

import ast
import importlib
import pkgutil
import re
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

import hub_extensions.exports
import hub_extensions.imports

WAYS = ("search", "match", "fullmatch", "findall", "finditer", "sub", "subn", "split")
#: Characters of a string; seconds of processor time for all of its uses. A linear expression needs milliseconds.
LENGTH, CAP_S = 24_000, 0.4
#: Repeated to make a string that almost matches.
UNITS = (
    *(
        "a",
        "A",
        "1",
        "1 ",
        " ",
        "\t",
        "\n",
        ".",
        ",",
        "1,",
        "1.",
        "-",
        "_",
        "a_",
        "a ",
        "a, ",
        "<",
        "<a ",
        "<!--",
        "](",
    ),
    *(
        "'",
        '"',
        "(",
        "[",
        "![",
        "{",
        "é",
        "M. ",
        "n = ",
        "Dr A",
        "=",
        "a=",
        "@",
        "a@",
        "a.",
        "http://",
        "12 3",
        "\u00a0",
    ),
    *("x\n", "1\n", " \n", "url(", "aA1", "2 55 ", "10/10/", "%", "1 % ", "|", "| a ", "+-", "1) a ", "a: 1\n"),
)


@dataclass(frozen=True)
class Expression:
    """One expression, where it stands and the ways in which it is used."""

    where: str
    compiled: re.Pattern[Any]
    ways: frozenset[str]


def modules() -> Iterator[ModuleType]:
    """The modules that read what is not ours."""
    for package in (hub_extensions.exports, hub_extensions.imports):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not {"corpus", "measuring", "testing", "worker"} & set(found.name.split(".")):
                yield importlib.import_module(found.name)


def tree_of(module: ModuleType) -> ast.AST:
    return ast.parse(Path(str(module.__file__)).read_text("utf-8"))


def uses(module: ModuleType) -> Iterator[tuple[str, str]]:
    """(name, way) of each use of a named expression."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Attribute) and node.attr in WAYS:
            owner = node.value
            yield getattr(owner, "id", getattr(owner, "attr", "")), node.attr


def named(module: ModuleType) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Expressions that the module keeps under a name, in collections too."""
    for name, value in vars(module).items():
        members = (
            value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple | list) else (value,)
        )
        for each in members:
            for part in each if isinstance(each, tuple) else (each,):
                if isinstance(part, re.Pattern):
                    yield name, part


def inline(module: ModuleType) -> Iterator[tuple[int, str, re.Pattern[Any]]]:
    """Expressions that stand in a call: line, way, expression."""
    for node in ast.walk(tree_of(module)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WAYS):
            continue
        first = node.args[0] if node.args else None
        if getattr(node.func.value, "id", "") == "re" and isinstance(first, ast.Constant):
            names = [each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute) and each.attr.isupper()]
            flags = sum(getattr(re, name) for name in names if hasattr(re, name))
            yield node.lineno, node.func.attr, re.compile(first.value, flags)


def expressions() -> list[Expression]:
    """Every expression once."""
    found: dict[tuple[Any, int], Expression] = {}
    ways: dict[str, set[str]] = {}
    whole = list(modules())
    for module in whole:
        for name, way in uses(module):
            ways.setdefault(name, set()).add(way)
    for module in whole:
        short = module.__name__.removeprefix("hub_extensions.")
        for name, each in named(module):
            used = frozenset(ways.get(name, set(WAYS[:3])))
            found.setdefault((each.pattern, each.flags), Expression(f"{short}.{name}", each, used))
        for line, way, each in inline(module):
            place = Expression(f"{short}, line {line}", each, frozenset({way}))
            found.setdefault((each.pattern, each.flags), place)
    return list(found.values())


class Slow(Exception):
    """The processor's time is over."""


@pytest.fixture
def capped() -> Iterator[None]:
    """Raise ``Slow`` when the interval timer of this process's own time ends."""

    def over(_number: int, _frame: FrameType | None) -> None:
        raise Slow

    before = signal.signal(signal.SIGVTALRM, over)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


def try_all(expression: Expression, text: Any) -> None:
    """Use *expression* on *text*: from its beginning, or at each place of it."""
    for way in {way if way in {"match", "fullmatch"} else "findall" for way in expression.ways}:
        getattr(expression.compiled, way)(text)


def slow(expression: Expression) -> list[str]:
    """The units whose repetition *expression* does not get through."""
    found = []
    for unit in UNITS:
        text: Any = unit * (LENGTH // len(unit)) + "!\x01"
        if isinstance(expression.compiled.pattern, bytes):
            text = text.encode()
        signal.setitimer(signal.ITIMER_VIRTUAL, CAP_S)
        try:
            try_all(expression, text)
        except Slow:
            found.append(unit)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return found


@pytest.mark.usefixtures("capped")
def test_no_expression_explodes() -> None:
    tried = expressions()
    assert len(tried) > 150
    assert {each.where: units for each in tried if (units := slow(each))} == {}


@pytest.mark.usefixtures("capped")
@pytest.mark.parametrize("bad", [r"(a+)+$", r"\s*%$"])
def test_one_that_does_is_found(bad: str) -> None:
    """The control: exponential, and quadratic."""
    assert slow(Expression("here", re.compile(bad), frozenset({"search"})))
