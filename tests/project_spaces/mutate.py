"""Changes the rules of ``decide`` one at a time and sees whether a test fails.

Run it with ``python -m tests.project_spaces.mutate``. A rule that can be removed, negated or moved by an instant while
every test passes is a rule that nobody checks. Each mutant is one change of one place: a condition is left out of an
act, or made to hold always, or never to lapse; a test is negated; ``<`` becomes ``<=``; ``and`` becomes ``or``; ``any``
becomes ``all``; ``min`` becomes ``max``. It runs in a process of its own, forked from one that has everything else
imported, and ends at the first test that fails.

Exit status 0: every mutant was found out. 1: those printed were not. 2: the tests fail as things are.
"""

import ast
import contextlib
import copy
import importlib
import importlib.abc
import importlib.machinery
import io
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from types import ModuleType

import hypothesis.strategies
import psycopg
import pytest
import sqlalchemy.orm

_PRELOADED = (hypothesis.strategies, psycopg, sqlalchemy.orm)
ROOM = Path(__file__).parents[2] / "project_spaces"
HERE = Path(__file__).parent
MODULES = (
    "decisions",
    "windows",
    "conditions.administration",
    "conditions.data",
    "conditions.desk",
    "conditions.files",
    "conditions.person",
    "conditions.project",
    "conditions.states",
    "conditions.stops",
)
TESTS = ("test_truth_table.py", "test_decisions.py", "test_windows.py", "test_decision_properties.py")
#: A mutant that runs this long loops for ever, and is found out (a whole run of the tests takes a third of it).
TIMEOUT_S = 120
#: Changes that make the same rule, by the end of their name, and why: no test can tell them from it.
EQUIVALENT: dict[str, str] = {}

COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
CALLS = {"any": "all", "all": "any", "min": "max", "max": "min"}


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    module: str
    what: str
    source: str


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Give every mutant of *source*."""
    tree = ast.parse(source)
    for number, node in enumerate(ast.walk(tree)):
        for variant in range(len(list(_changes(copy.deepcopy(node))))):
            changed = copy.deepcopy(tree)
            target = next(each for place, each in enumerate(ast.walk(changed)) if place == number)
            what = _apply(target, variant)
            line = getattr(node, "lineno", 0)
            yield Mutant(module, f"{module}:{line}: {what}", ast.unparse(ast.fix_missing_locations(changed)))


def _apply(node: ast.AST, variant: int) -> str:
    """Make the change number *variant* of *node*, in place, and say what it is."""
    for number, what in enumerate(_changes(node)):
        if number == variant:
            return what
    raise IndexError(variant)


def _changes(node: ast.AST) -> Iterator[str]:  # noqa: C901 - one arm for each kind of node
    """Make one change after the other, each on what the one before left: the caller stops at the one it wants."""
    match node:
        case ast.Compare(ops=[operator, *_]) if type(operator) in COMPARISONS:
            node.ops[0] = COMPARISONS[type(operator)]()
            yield f"{type(operator).__name__} becomes {type(node.ops[0]).__name__}"
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield f"becomes {type(node.op).__name__}"
        case ast.If() | ast.IfExp():
            node.test = ast.UnaryOp(ast.Not(), node.test)
            yield "test negated"
        case ast.comprehension(ifs=[_, *_]):
            node.ifs = node.ifs[1:]
            yield "filter left out"
        case ast.Call(func=ast.Name(id=name)) if name in CALLS:
            node.func.id = CALLS[name]
            yield f"{name} becomes {CALLS[name]}"
        case ast.BinOp(op=ast.Add()):
            node.op = ast.Sub()
            yield "Add becomes Sub"
        case ast.FunctionDef(returns=ast.Name(id="States")):
            body = node.body
            node.body = [ast.Return(ast.Tuple([], ast.Load()))]
            yield f"{node.name} always holds"
            node.body = body
            for each in ast.walk(node):
                if isinstance(each, ast.keyword) and each.arg == "until" and not isinstance(each.value, ast.Constant):
                    each.value = ast.Constant(None)
                    yield f"{node.name} never lapses"
        case ast.Tuple(elts=[*parts]) if _all_conditions(parts):
            yield from _left_out(node, parts)


def _all_conditions(parts: Sequence[ast.expr]) -> bool:
    """Whether this is a tuple of conditions: ``(*_HERE, person.trained, project.member)``."""
    plain = [part.value if isinstance(part, ast.Starred) else part for part in parts]
    kinds = (ast.Attribute, ast.Name, ast.Call)
    return (
        bool(plain)
        and any(isinstance(part, ast.Attribute) for part in plain)
        and all(isinstance(part, kinds) for part in plain)
    )


def _left_out(node: ast.Tuple, parts: list[ast.expr]) -> Iterator[str]:
    for place, part in enumerate(parts):
        node.elts = parts[:place] + parts[place + 1 :]
        yield f"{ast.unparse(part)} left out"


class Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the mutant in place of the module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.name = f"project_spaces.{mutant.module}"

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(fullname, self) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.mutant.source, f"<{self.mutant.what}>", "exec"), module.__dict__)  # noqa: S102


def _changes_the_page() -> bool:
    """Whether a cell of the truth table comes out otherwise: most mutants are found out here, in half a second."""
    try:
        page = importlib.import_module("tests.project_spaces.test_truth_table")
        return any(
            page.answer(action, situation) != cells[column]
            for situation, cells in page.TABLE.items()
            for column, actions in page.COLUMNS.items()
            for action in actions
        )
    except Exception:  # noqa: BLE001 - a mutant that raises where the rules answer is found out
        return True


def _survives(mutant: Mutant | None) -> None:
    """Run the tests with the mutant in place; exit with 0 when all pass."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        if mutant is not None:
            sys.meta_path.insert(0, Planted(mutant))
            if _changes_the_page():
                sys.exit(1)
        options = [
            "-x",
            "-q",
            "-p",
            "no:faulthandler",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:randomly",
            "--hypothesis-seed=0",
        ]
        found = pytest.main([*options, *(str(HERE / test) for test in TESTS)])
    sys.exit(int(found))


def survivors(every: Sequence[Mutant | None], workers: int) -> Iterator[tuple[Mutant | None, bool]]:
    """Try every mutant (None: the rules as they are), *workers* at a time; give each with whether all tests passed."""
    waiting, running = list(reversed(every)), {}
    fork = multiprocessing.get_context("fork")
    while waiting or running:
        while waiting and len(running) < workers:
            mutant = waiting.pop()
            process = fork.Process(target=_survives, args=(mutant,))
            process.start()
            running[process.sentinel] = (process, mutant, time.monotonic() + TIMEOUT_S)
        wait(list(running), timeout=1.0)
        for sentinel, (process, mutant, until) in list(running.items()):
            if process.is_alive() and time.monotonic() < until:
                continue
            if process.is_alive():
                process.kill()
            process.join()
            del running[sentinel]
            yield mutant, process.exitcode == 0


def main() -> int:
    """Try every mutant and print those that no test finds out."""
    if not all(passed for _none, passed in survivors([None], 1)):
        print("the tests fail without any change: nothing can be said", file=sys.stderr)
        return 2
    begun = time.monotonic()
    every = [each for module in MODULES for each in mutants(module, _read(module))]
    left, same = [], []
    for number, (each, passed) in enumerate(survivors(every, os.cpu_count() or 1), start=1):
        if passed and each is not None:
            known = next((why for what, why in EQUIVALENT.items() if each.what.endswith(what)), None)
            (left if known is None else same).append(each)
            print(f"{'not found out' if known is None else 'the same rule'}: {each.what}", flush=True)
        if sys.stderr.isatty():
            print(f"\r{number}/{len(every)}", end="", file=sys.stderr)
    tried = len(every) - len(same)
    found = tried - len(left)
    print(f"{found} of {tried} mutants found out ({found / tried:.1%}) in {time.monotonic() - begun:.0f} s")
    return 1 if left else 0


def _read(module: str) -> str:
    return (ROOM / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
