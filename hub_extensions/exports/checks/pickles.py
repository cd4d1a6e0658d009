"""Pickles: programs that pretend to be data. Read here without running a single instruction of theirs.

A pickle is refused as such. To say what it held, its opcodes are replayed by an unpickler that knows no class: every
global becomes an inert record of its name and arguments, so that ``os.system`` is a name and nothing happens. Arrays
are
rebuilt from their bytes. Scanners of pickles call a pickled table of patients clean; this looks at what it carries.
"""

import pickle
import pickletools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.findings import block, info
from hub_extensions.exports.checks.inspection import Inspected
from hub_extensions.exports.checks.policy import Policy

#: Packages whose classes hold models and tables; anything else in a pickle is code of unknown effect.
_DATA_PACKAGES = frozenset(
    {
        "numpy",
        "pandas",
        "sklearn",
        "scipy",
        "joblib",
        "collections",
        "datetime",
        "copyreg",
        "_codecs",
        "xgboost",
        "lightgbm",
        "decimal",
        "uuid",
    }
)
_DATA_BUILTINS = frozenset(
    {
        "set",
        "frozenset",
        "list",
        "dict",
        "tuple",
        "int",
        "float",
        "str",
        "bytes",
        "bytearray",
        "complex",
        "slice",
        "range",
        "object",
        "bool",
        "type",
    }
)
MOST_OPCODES = 5_000_000


def globals_of(data: bytes) -> list[tuple[str, str]]:
    """Return the (module, name) pairs that a pickle would import, in order, by reading its opcodes only."""
    found: list[tuple[str, str]] = []
    strings: list[str] = []
    try:
        for number, (opcode, argument, _) in enumerate(pickletools.genops(data)):
            if number > MOST_OPCODES:
                break
            if opcode.name in {"GLOBAL", "INST"}:
                module, _, name = str(argument).partition(" ")
                found.append((module, name))
            elif opcode.name == "STACK_GLOBAL" and len(strings) >= 2:
                found.append((strings[-2], strings[-1]))
            elif isinstance(argument, str):
                strings.append(argument)
    except (ValueError, IndexError, UnicodeDecodeError, NotImplementedError):
        return found
    return found


def is_data_global(module: str, name: str) -> bool:
    """Whether a global belongs to a package that holds data, and is no function that runs things."""
    if module in {"builtins", "__builtin__"}:
        return name in _DATA_BUILTINS
    return module.split(".")[0] in _DATA_PACKAGES and not name.startswith(  # noqa: PLC0207
        ("exec", "eval", "system", "load", "read_", "f2py", "run", "call")
    )


class Inert:
    """What a class or a function of a pickle becomes: its name, what it was called with, the state it was given."""

    origin = ("", "")

    def __new__(cls, *arguments: Any, **_: Any) -> "Inert":
        """Record the call."""
        made = object.__new__(cls)
        object.__setattr__(made, "arguments", arguments)
        object.__setattr__(made, "state", None)
        object.__setattr__(made, "items", [])
        return made

    def __init__(self, *_: Any, **__: Any) -> None:
        """Do nothing."""

    def __setstate__(self, state: Any) -> None:
        """Record the state."""
        object.__setattr__(self, "state", state)

    def append(self, item: Any) -> None:
        """Record an item that the pickle adds."""
        self.items.append(item)  # type: ignore[attr-defined]

    add = append

    def extend(self, items: Any) -> None:
        """Record items that the pickle adds."""
        self.items.extend(items)  # type: ignore[attr-defined]

    def __setitem__(self, key: Any, value: Any) -> None:
        """Record a pair that the pickle adds."""
        self.items.append((key, value))  # type: ignore[attr-defined]


class InertUnpickler(pickle._Unpickler):  # type: ignore[name-defined,misc]
    """Replays a pickle with inert records instead of classes: nothing of the pickle's is ever imported or called."""

    def find_class(self, module: str, name: str) -> type[Inert]:
        """Return a fresh inert class for any global."""
        return type(str(name).rpartition(".")[-1] or "global", (Inert,), {"origin": (str(module), str(name))})

    def persistent_load(self, pid: Any) -> Inert:
        """Return an inert record for a persistent id."""
        return Inert(pid)

    def get_extension(self, code: int) -> None:
        """Refuse extension codes: they name classes of this very process."""
        msg = f"extension code {code}"
        raise pickle.UnpicklingError(msg)


def replay(path: Path) -> Any:
    """Return the inert content of a pickle, or ``None`` when it stops half-way (joblib writes bytes in between)."""
    try:
        with path.open("rb") as file:
            return InertUnpickler(file).load()
    except (
        pickle.UnpicklingError,
        EOFError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        UnicodeDecodeError,
        OverflowError,
    ):
        return None


def _shapes(node: Any, seen: set[int], name: str = "") -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield (attribute, shape) of the arrays inside an inert content."""
    stack = [(name, node)]
    while stack and len(seen) < 200_000:
        label, item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Inert):
            state = item.state  # type: ignore[attr-defined]
            if (
                item.origin[1] == "_reconstruct"
                and isinstance(state, tuple)
                and len(state) >= 2
                and isinstance(state[1], tuple)
            ):
                yield label, tuple(int(side) for side in state[1] if isinstance(side, int))
            elif item.origin[1] == "NumpyArrayWrapper" and isinstance(state, dict):
                yield label, tuple(int(side) for side in state.get("shape", ()) if isinstance(side, int))
            stack += [(label, part) for part in (item.arguments, state, item.items)]  # type: ignore[attr-defined]
        elif isinstance(item, dict):
            stack += [(str(key) if isinstance(key, str) else label, value) for key, value in item.items()]
        elif isinstance(item, list | tuple):
            stack += [(label, value) for value in item[:10_000]]


def inspect_pickle(path: Path, policy: Policy) -> Inspected:
    """Say what a pickle would run and what it carries; it is refused in any case, and never loaded."""
    data = path.read_bytes()
    names = globals_of(data)
    found = [
        block(
            "model.pickle",
            path.name,
            "Un pickle est un programme : il ne sort pas. Exportez les coefficients, ou un modèle skops ou ONNX.",
            "A pickle is a program: it doesn't leave. Export the coefficients, or a skops or ONNX model.",
        )
    ]
    odd = [(module, name) for module, name in names if not is_data_global(module, name)]
    if odd:
        found.append(
            block(
                "model.code",
                path.name,
                f"Ce pickle appelle {odd[0][0]}.{odd[0][1]} : il n'a pas été exécuté.",
                f"This pickle calls {odd[0][0]}.{odd[0][1]}: it was not run.",
            )
        )
    if any(module.startswith("pandas") for module, _ in names):
        found.append(
            block(
                "rows.individual",
                path.name,
                "Ce pickle contient un tableau pandas.",
                "This pickle holds a pandas table.",
            )
        )
    content = replay(path)
    tall = [(label, shape) for label, shape in _shapes(content, set()) if shape and shape[0] >= policy.min_persons * 2]
    for label, shape in tall[:5]:
        found.append(
            info(
                "model.array",
                label or path.name,
                f"Tableau de {shape[0]} lignes : peut-être les données d'apprentissage.",
                f"An array of {shape[0]} rows: perhaps the training data.",
            )
        )
    return Inspected(findings=found)
