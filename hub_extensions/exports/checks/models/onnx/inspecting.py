"""What an ONNX model shows: operators that nobody vouches for, training rows among its arrays, texts that hold rows."""

from collections.abc import Iterator
from pathlib import Path

from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.inspection import Inspected, Unreadable
from hub_extensions.exports.checks.models.arrays.keeping import keep_array
from hub_extensions.exports.checks.models.lane import hidden, judged
from hub_extensions.exports.checks.models.onnx.operators import is_allowed
from hub_extensions.exports.checks.models.onnx.reading import REFUSED, Model, Tensor, read_model
from hub_extensions.exports.checks.policy import Policy

#: Attributes that list what was met in the data: labels, categories, keys of a table.
_MET = ("keys_", "values_", "cats_", "classlabels_", "classes_", "vocabulary")
_MOST_NAMED = 10


def inspect_onnx(path: Path, policy: Policy) -> Inspected:
    """Read an ONNX model. Raises ``Unreadable`` when it is no ONNX."""
    model = read_model(path.read_bytes())
    if not model.operators:
        raise Unreadable("Ce n'est pas un modèle ONNX.", "This is no ONNX model.")
    result = Inspected(findings=[judged(path.name), *_refused(model)])
    hidden(result, model.texts, path.name)
    neighbours = {"TopK"} & model.names and {"Scan", "CDist", "Cdist", "Sub", "ReduceSumSquare"} & model.names
    for tensor in model.tensors:
        result.findings += _tensor(tensor, policy, neighbours=bool(neighbours))
        keep_array(result, tensor.values, tensor.name)
    result.findings = list(dict.fromkeys(result.findings))
    return result


def _refused(model: Model) -> Iterator[Finding]:
    """Yield a block for each operator and each construct that no model leaves with."""
    odd = [(domain, name) for domain, name in model.operators if not is_allowed(domain, name)]
    for domain, name in odd[:_MOST_NAMED]:
        shown = f"{domain}.{name}"[:80] if domain else name[:80]
        yield block(
            "model.operator",
            shown,
            f"Le modèle utilise l'opérateur « {shown} », qui n'est pas dans la liste acceptée.",
            f"The model uses the operator {shown}, which is not on the accepted list.",
        )
    for kind, where in model.refused.items():
        fr, en = REFUSED[kind]
        yield block(
            "model.construct",
            where[:80] or "model",
            f"Le modèle contient {fr} (« {where[:80]} ») : exportez-le sans.",
            f"The model holds {en} ({where[:80]}): export it without.",
        )


def _tensor(tensor: Tensor, policy: Policy, *, neighbours: bool) -> Iterator[Finding]:
    """Yield a block for an array that is training rows by its place."""
    attribute = tensor.name.rpartition(".")[2]
    rows = tensor.shape[0] if len(tensor.shape) == 2 else 0
    size = int(tensor.values.size)
    stored = neighbours and rows >= 2 * policy.min_persons
    vectors = attribute in {"support_vectors", "vectors"} and size >= 5
    met = len(tensor.shape) == 1 and attribute.startswith(_MET) and size > 5 * policy.min_persons
    if stored or vectors or met:
        yield block(
            "model.training_rows",
            tensor.name,
            f"Le modèle contient {rows or size} valeurs ou lignes d'apprentissage.",
            f"The model holds {rows or size} training values or rows.",
        )
