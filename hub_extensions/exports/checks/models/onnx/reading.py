"""One walk through an ONNX model: its operators, every array, every text, and what it must not have.

Each message has the fields that ``onnx.proto`` gives it and no other, so that nothing can lie where no reader looks:
an unknown field, bytes that are no text in a text, a tensor that is longer than its shape, end the reading.

Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub_extensions.exports.checks.inspection import Unreadable
from hub_extensions.exports.checks.models.onnx.tensors import array_of, listed, numbers
from hub_extensions.exports.checks.models.onnx.wire import BYTES, VARINT, damaged, fields
from project_spaces.text import Text

_DEEPEST = 12
_TEXT, _WORD, _NUMBER, _FLOATS, _INTS = "text", "word", "number", "f", "v"
#: The fields of each message: a text, a number, numbers of an attribute, another message, or what is refused («!»).
_FIELDS: Mapping[str, Mapping[int, str]] = {
    "Model": {
        1: _NUMBER, 2: _TEXT, 3: _TEXT, 4: _TEXT, 5: _NUMBER, 6: _TEXT, 7: "Graph", 8: "Opset", 14: "Entry",
        20: "!training", 25: "!function", 26: "!device",
    },
    "Graph": {
        1: "Node", 2: _TEXT, 5: "Tensor", 10: _TEXT, 11: "Value", 12: "Value", 13: "Value", 14: "Annotation",
        15: "!sparse", 16: "Entry",
    },
    "Node": {
        1: _TEXT, 2: _TEXT, 3: _TEXT, 4: _TEXT, 5: "Attribute", 6: _TEXT, 7: _TEXT, 8: _TEXT, 9: "Entry", 10: "!device",
    },
    "Attribute": {
        1: _TEXT, 2: _FLOATS, 3: _INTS, 4: _WORD, 5: "Tensor", 6: "Graph", 7: _FLOATS, 8: _INTS, 9: _WORD, 10: "Tensor",
        11: "Graph", 13: _TEXT, 14: "Type", 15: "Type", 20: _NUMBER, 21: _TEXT, 22: "!sparse", 23: "!sparse",
    },
    "Opset": {1: _TEXT, 2: _NUMBER},
    "Entry": {1: _TEXT, 2: _TEXT},
    "Annotation": {1: _TEXT, 2: "Entry"},
    "Value": {1: _TEXT, 2: "Type", 3: _TEXT, 4: "Entry"},
    "Type": {1: "TensorType", 4: "ListType", 5: "MapType", 6: _TEXT, 7: "!opaque", 8: "!sparse", 9: "ListType"},
    "TensorType": {1: _NUMBER, 2: "Shape"},
    "ListType": {1: "Type"},
    "MapType": {1: _NUMBER, 2: "Type"},
    "Shape": {1: "Side"},
    "Side": {1: _NUMBER, 2: _TEXT, 3: _TEXT},
}  # fmt: skip
#: What a model may not have, in words.
REFUSED: Mapping[str, Text] = {
    "!training": Text("une suite d'apprentissage", "training information"),
    "!function": Text("une fonction à lui", "a function of its own"),
    "!device": Text("une configuration d'appareils", "a configuration of devices"),
    "!sparse": Text("un tableau creux", "a sparse tensor"),
    "!opaque": Text("un type opaque", "an opaque type"),
    "!external": Text("des données dans un autre fichier", "data in another file"),
    "!graph": Text("un graphe dans un opérateur", "a graph inside an operator"),
}
MOST_SCALARS = 100_000


@dataclass(frozen=True)
class Tensor:
    """An initializer, or the numbers or words of an attribute."""

    name: str
    values: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of its sides."""
        return tuple(self.values.shape)


@dataclass
class Model:
    """What was read: (domain, name) of operators, arrays, texts, and the kinds of :data:`REFUSED` that occur."""

    operators: dict[tuple[str, str], None] = field(default_factory=dict)
    tensors: list[Tensor] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """The names of its operators, whatever their domain."""
        return {name for _, name in self.operators}


def read_model(data: bytes) -> Model:
    """Walk through *data* once. Raises ``Unreadable`` when it is not, to the last byte, a model of ONNX."""
    walk = _Walk()
    walk.message("Model", data, "", 0)
    return walk.model()


@dataclass
class _Lists:
    """The numbers and words of the attribute that is being read."""

    numbers: list[Any] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


class _Walk:
    """Goes through messages by the table of their fields and keeps what it meets."""

    def __init__(self) -> None:
        self._model = Model()
        self._scalars: dict[str, list[float]] = {}
        self._lists: list[_Lists] = []

    def model(self) -> Model:
        """Return what was met; lone numbers of one name, each in an operator of its own, are a column."""
        lone = self._scalars.items()
        self._model.tensors += [Tensor(f"{name} ×{len(held)}", listed(held)) for name, held in lone if len(held) > 1]
        return self._model

    def message(self, kind: str, data: bytes, where: str, depth: int) -> None:
        """Read one message and those inside it; *where* is the operator or attribute that it belongs to."""
        if depth > _DEEPEST:
            raise Unreadable("Le modèle est trop imbriqué.", "The model nests too deep.")
        self._lists.append(_Lists())
        for number, wire, value in fields(data):
            what = _FIELDS[kind].get(number)
            if what is None:
                raise _unknown(kind, number)
            if what in {_FLOATS, _INTS}:
                self._lists[-1].numbers.append(numbers(value, wire, what))
            elif what == _NUMBER:
                if wire != VARINT:
                    raise damaged()
            elif wire != BYTES or not isinstance(value, bytes):
                raise damaged()
            else:
                self._part(what, value, where, depth)
        self._keep(self._lists.pop(), where)

    def _part(self, what: str, value: bytes, where: str, depth: int) -> None:
        if what == _TEXT:
            self._model.texts.append(_text(value))
        elif what == _WORD:
            self._lists[-1].words.append(_text(value))
        elif what == "Tensor":
            self._tensor(value, where)
        elif what.startswith("!"):
            self._model.refused.setdefault(what, where)
        else:
            if what == "Graph" and where:
                self._model.refused.setdefault("!graph", where.partition(".")[0])
            self.message(what, value, self._place(what, value, where), depth + 1)

    def _place(self, what: str, data: bytes, where: str) -> str:
        """Return what a node or an attribute is called, and note the operator of a node."""
        if what not in {"Node", "Attribute"}:
            return where
        said = {number: value for number, _, value in fields(data) if number in {1, 4, 7} and isinstance(value, bytes)}
        if what == "Attribute":
            return f"{where}.{_text(said.get(1, b''))}"
        name = _text(said.get(4, b""))
        self._model.operators[_text(said.get(7, b"")), name] = None
        return name

    def _keep(self, lists: _Lists, where: str) -> None:
        found = listed(lists.numbers) if lists.numbers else ()
        if len(found):
            self._model.tensors.append(Tensor(where, found))
        if len(found) == 1:
            self._scalar(where, float(found[0]))
        self._model.texts += lists.words
        if len(lists.words) > 1:
            self._model.tensors.append(Tensor(where, listed(lists.words)))

    def _tensor(self, data: bytes, where: str) -> None:
        name, values, texts = array_of(data)
        self._model.texts += [_text(text) for text in texts]
        name = f"{where}.{name}" if where else name
        if values is None:
            self._model.refused.setdefault("!external", name)
        elif values.dtype.kind == "U":
            self._model.texts += [str(word) for word in values.ravel()]
            self._model.tensors.append(Tensor(name, values))
        elif values.size == 1:
            self._scalar(where or "scalar", float(values.ravel()[0]))
        else:
            self._model.tensors.append(Tensor(name, values))

    def _scalar(self, name: str, value: float) -> None:
        kept = self._scalars.setdefault(name, [])
        if len(kept) >= MOST_SCALARS:
            raise Unreadable("Le modèle a trop de nombres isolés.", "The model has too many lone numbers.")
        kept.append(value)


def _text(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = "\0"
    if not all(sign.isprintable() or sign in "\n\r\t" for sign in text):
        raise Unreadable("Un texte du modèle n'en est pas un.", "A text of the model is none.")
    return text


def _unknown(kind: str, number: int) -> Unreadable:
    return Unreadable(
        f"Le modèle a un champ qu'ONNX ne connaît pas ({kind}, {number}).",
        f"The model has a field that ONNX doesn't know ({kind}, {number}).",
    )
