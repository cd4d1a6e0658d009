"""Pickles: programs that pretend to be data. Read here without running a single instruction of theirs.

A pickle is refused as such. To say what it held, its opcodes are replayed by an unpickler that knows no class: every
global becomes an inert record of its name and arguments, so that ``os.system`` is a name and nothing happens. Arrays
are
rebuilt from their bytes. Scanners of pickles call a pickled table of patients clean; this looks at what it carries.
"""

import math
import pickle
import pickletools
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

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
#: Objects of a pickle looked at.
MOST_RECORDS = 200_000
#: Bytes of one array read at most: a file that leaves is smaller.
MOST_BYTES = 256 << 20


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
    arguments: tuple[Any, ...]
    state: Any
    items: list[Any]

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
        self.items.append(item)

    add = append

    def extend(self, items: Any) -> None:
        """Record items that the pickle adds."""
        self.items.extend(items)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Record a pair that the pickle adds."""
        self.items.append((key, value))


def _behind(file: BinaryIO, state: Any) -> Any:
    """Return what joblib wrote after the wrapper of an array: its bytes, or a pickle of its objects, replayed too.

    Raises:
        UnpicklingError: neither.
    """
    shape, dtype = (state.get("shape"), state.get("dtype")) if isinstance(state, dict) else (None, None)
    name = str(dtype.arguments[0]) if isinstance(dtype, Inert) and dtype.arguments else ""
    if name.startswith("O"):
        return InertUnpickler(file).load()
    size = name.lstrip("<|=>fiubU")
    if not isinstance(shape, tuple) or not size.isdigit() or not all(isinstance(side, int) for side in shape):
        msg = "an array of unknown values"
        raise pickle.UnpicklingError(msg)
    if state.get("numpy_array_alignment_bytes") is not None:
        file.read(int.from_bytes(file.read(1), "little"))
    return file.read(min(math.prod(shape) * int(size) * (4 if "U" in name else 1), MOST_BYTES))


class InertUnpickler(pickle._Unpickler):  # type: ignore[name-defined,misc]
    """Replays a pickle with inert records instead of classes: nothing of the pickle's is ever imported or called."""

    def find_class(self, module: str, name: str) -> type[Inert]:
        """Return a fresh inert class for any global."""
        return type(str(name).rpartition(".")[-1] or "global", (Inert,), {"origin": (str(module), str(name))})

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self._bytes = file

    def load_build(self) -> None:
        """Record a state; joblib lays an array's bytes behind its wrapper, outside of the pickle."""
        super().load_build()
        made = self.stack[-1]  # type: ignore[attr-defined]
        if isinstance(made, Inert) and made.origin[1] == "NumpyArrayWrapper":
            object.__setattr__(made, "items", [_behind(self._bytes, made.state)])

    dispatch: ClassVar[dict[int, Any]] = {**pickle._Unpickler.dispatch, pickle.BUILD[0]: load_build}  # type: ignore[attr-defined]

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
        RecursionError,
    ):
        return None


#: numpy's letters for numbers of a fixed size, as :mod:`struct` writes them.
_LETTERS = {"f8": "d", "f4": "f", "i8": "q", "i4": "i", "u1": "B", "b1": "?"}


def _values(raw: Any, dtype: Any) -> tuple[float | str, ...]:
    """Return the numbers in the bytes of an inert array, or its words; empty for anything else."""
    if isinstance(raw, list):
        return tuple(raw) if all(isinstance(item, str) for item in raw) else ()
    if isinstance(raw, Inert) and raw.origin == ("_codecs", "encode"):  # bytes as protocol 2 writes them
        raw = str(raw.arguments[0]).encode("latin-1", "replace")
    letter = (
        _LETTERS.get(str(dtype.arguments[0]).lstrip("<|=")) if isinstance(dtype, Inert) and dtype.arguments else None
    )
    data = bytes(raw) if isinstance(raw, bytes | bytearray) else b""
    if letter is None or not data or len(data) % struct.calcsize(letter):
        return ()
    return struct.unpack(f"<{len(data) // struct.calcsize(letter)}{letter}", data)


def arrays_in(content: Any) -> Iterator[tuple[str, tuple[int, ...], tuple[float | str, ...]]]:
    """Yield (attribute, shape, values) of the arrays of numbers and words inside an inert content."""
    for label, item in _records(content):
        state, arguments = item.state, item.arguments
        if item.origin[1] == "_reconstruct" and isinstance(state, tuple) and len(state) == 5:
            shape, numbers = state[1], _values(state[4], state[2])
        elif item.origin[1] == "_frombuffer" and len(arguments) >= 3:
            shape, numbers = arguments[2], _values(arguments[0], arguments[1])
        elif item.origin[1] == "NumpyArrayWrapper" and isinstance(state, dict) and item.items:
            shape, numbers = state.get("shape"), _values(item.items[0], state.get("dtype"))
        elif item.origin[1] == "scalar" and len(arguments) == 2:
            shape, numbers = (), _values(arguments[1], arguments[0])
        else:
            continue
        if numbers and isinstance(shape, tuple) and all(isinstance(side, int) for side in shape):
            yield label, shape, numbers


def _records(content: Any) -> Iterator[tuple[str, Inert]]:
    """Yield every inert record with the attribute that leads to it."""
    seen: set[int] = set()
    stack = [("", content)]
    while stack and len(seen) < MOST_RECORDS:
        label, item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Inert):
            yield label, item
            stack += [(label, part) for part in (item.arguments, item.state, item.items)]
        elif isinstance(item, dict):
            stack += [(str(key) if isinstance(key, str) else label, value) for key, value in item.items()]
        elif isinstance(item, list | tuple):
            stack += [(label, value) for value in item[:10_000]]


def _shapes(content: Any) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield (attribute, shape) of the arrays inside an inert content, of those too whose bytes are kept elsewhere."""
    for label, item in _records(content):
        state = item.state
        if item.origin[1] == "_reconstruct" and isinstance(state, tuple) and len(state) >= 2:
            sides = state[1] if isinstance(state[1], tuple) else ()
        elif item.origin[1] == "NumpyArrayWrapper" and isinstance(state, dict):
            sides = state.get("shape", ())
        else:
            continue
        yield label, tuple(int(side) for side in sides if isinstance(side, int))


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
    tall = [(label, shape) for label, shape in _shapes(content) if shape and shape[0] >= policy.min_persons * 2]
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
