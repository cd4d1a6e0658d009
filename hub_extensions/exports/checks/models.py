"""The model lane: models that can be read without running them, looked at for the rows they were trained on.

A nearest-neighbour model is its training table; so are support vectors, the categories of an encoder and the
quantiles of
a small sample, inside any wrapper. skops and ONNX are read as archives of arrays. No model passes by itself: what it
memorised in other ways (a deep forest) is a reviewer's question.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.archives import read_member, sane_members, trailing_bytes
from hub_extensions.exports.checks.embedded import check_hidden
from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.inspection import Inspected, NamedArray, Unreadable
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.protobuf import Tensor, tensors_of, texts_of

#: Attributes of estimators that hold training rows, whatever wraps them.
TRAINING_ATTRIBUTES = frozenset(
    {
        "_fit_X",
        "support_vectors_",
        "X_train_",
        "y_train_",
        "_X_train",
        "X_fit_",
        "X_",
        "_y",
        "_raw_predict_X",
        "embedding_",
        "X_transformed_fit_",
        "_tree",
        "core_sample_indices_",
        "components_indices_",
        "label_distributions_",
        "training_data",
        "_knn_data",
        "examples_",
        "dual_coef_rows",
    }
)
_TRAINING_CLASSES = re.compile(
    r"(?:KDTree|BallTree|KNeighbors\w+|RadiusNeighbors\w+|NearestNeighbors|KNNImputer|GaussianProcess\w+|LabelPropagation|LabelSpreading|LocalOutlierFactor|KernelRidge|KernelPCA|DataFrame|Series|NearestCentroidRows|Isomap|TSNE|DBSCAN)$"
)
_TRUSTED = re.compile(
    r"^(?:sklearn|numpy|scipy|builtins|collections|functools|operator|datetime|pandas|xgboost|lightgbm|catboost|_codecs|copyreg)(?:\.|$)"
)
_RUNS = frozenset({"eval", "exec", "compile", "open", "__import__", "getattr", "system", "popen"})


def schema_nodes(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Yield every object of a skops schema with the attributes that lead to it."""
    if isinstance(node, Mapping):
        if "__class__" in node:
            yield path, node
        for key, value in node.items():
            yield from schema_nodes(value, path if key in {"content", "attrs"} else (*path, str(key)))
    elif isinstance(node, list):
        for item in node:
            yield from schema_nodes(item, path)


def listed_values(node: Mapping[str, Any]) -> list[str]:
    """Return the plain values of an array of objects, which skops writes into its schema."""
    content = node.get("content")
    if node.get("__class__") != "ndarray" or not isinstance(content, list):
        return []
    return [str(item.get("content")) for item in content if isinstance(item, Mapping) and item.get("is_json")]


#: What skops itself writes beside an author's values.
_OF_SKOPS = frozenset({"__class__", "__module__", "__loader__", "__id__", "file", "type", "dtype", "shape", "order"})
_AROUND = frozenset({"content", "is_json", "attrs", "keys", "key_types"})


def _author_texts(node: Any) -> Iterator[str]:
    """Yield every text of a skops schema that comes from the model: a dictionary's keys together, then its content."""
    if isinstance(node, Mapping):
        yield from (str(key) for key in node if key not in _OF_SKOPS | _AROUND)
        for key, value in node.items():
            if key not in _OF_SKOPS:
                yield from _author_texts(value)
    elif isinstance(node, list):
        for item in node:
            yield from _author_texts(item)
    elif isinstance(node, str):
        try:
            inner = json.loads(node)
        except (ValueError, RecursionError):
            inner = node
        yield inner if isinstance(inner, str) else node


def _hidden(result: Inspected, texts: Iterator[str], where: str) -> None:
    """Have what an author could write into a model read for identifiers, and refuse rows in it."""
    result.text = "\n".join(texts)
    result.findings += check_hidden(result.text, where)


def _keep_values(result: Inspected, attributes: tuple[str, ...], values: list[str], policy: Policy) -> None:
    where = ".".join(attributes)
    if len(set(values)) > 5 * policy.min_persons:
        result.findings.append(
            block(
                "model.training_rows",
                where,
                f"« {where} » contient {len(values)} valeurs d'apprentissage.",
                f"{where} holds {len(values)} training values.",
            )
        )
    result.arrays.append(NamedArray(where, tuple((value.strip('"'),) for value in values[:5000])))


def array_of(data: bytes) -> Any:
    """Return the array of a ``.npy`` part. Raises ``Unreadable`` when it is damaged or holds objects."""
    import numpy as np

    try:
        return np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise Unreadable("Un tableau du modèle est illisible.", "An array of the model can't be read.") from error


def as_rows(array: Any, where: str, most: int = 5000) -> NamedArray | None:
    """Return a numeric or text array as rows of text to be matched, or ``None`` when it has no rows."""
    if array.dtype.names or array.ndim == 0 or array.size == 0:
        return None
    flat = array.reshape(array.shape[0], -1)
    if flat.shape[0] < 5 or flat.shape[1] > 500:
        return None
    return NamedArray(
        where,
        tuple(
            tuple(f"{value:.15g}" if isinstance(value, float) else str(value) for value in row.tolist())
            for row in flat[:most]
        ),
    )


def judged(name: str) -> Finding:
    """Return what is said of every model, whatever its bytes show."""
    return flag(
        "model.lane",
        name,
        "Un modèle se juge : ce qu'il a mémorisé ne se voit pas. Préférez les coefficients.",
        "A model must be judged: what it memorised can't be seen. Prefer the coefficients.",
    )


def inspect_skops(path: Path, policy: Policy) -> Inspected:
    """Read a skops model. Raises ``Unreadable`` when its archive or schema is damaged."""
    members = sane_members(path)
    result = Inspected(findings=[judged(path.name)])
    if trailing_bytes(path):
        result.findings.append(
            block(
                "content.trailing", path.name, "Des octets se trouvent hors du modèle.", "Bytes lie outside the model."
            )
        )
    with zipfile.ZipFile(path) as archive:
        try:
            schema = json.loads(read_member(archive, "schema.json"))
        except (KeyError, ValueError, RecursionError) as error:
            raise Unreadable("Le modèle n'a pas de schéma lisible.", "The model has no readable schema.") from error
        used = {"schema.json"}
        _hidden(result, _author_texts(schema), "schema.json")
        for attributes, node in schema_nodes(schema):
            result.findings += _node(attributes, node)
            listed = listed_values(node)
            if len(listed) >= 5:
                _keep_values(result, attributes, listed, policy)
            file = node.get("file")
            if isinstance(file, str):
                used.add(file)
                if file.endswith(".npy") and node.get("type", "numpy") == "numpy":
                    _keep(result, attributes, array_of(read_member(archive, file)), policy)
        odd = [member.filename for member in members if member.filename not in used]
        if odd:
            result.findings.append(
                block(
                    "model.unknown_part",
                    odd[0],
                    "Le modèle contient un fichier que son schéma ignore.",
                    "The model holds a file that its schema ignores.",
                )
            )
    result.findings = list(dict.fromkeys(result.findings))
    return result


def _node(attributes: tuple[str, ...], node: Mapping[str, Any]) -> Iterator[Finding]:
    module, name = str(node.get("__module__", "")), str(node.get("__class__", ""))
    where = ".".join(attributes) or name
    if not _TRUSTED.match(module) or name in _RUNS:
        yield block(
            "model.code",
            where,
            f"Le modèle appelle {module}.{name}, qui n'est pas d'une bibliothèque connue.",
            f"The model calls {module}.{name}, of no known library.",
        )
    if _TRAINING_CLASSES.search(name):
        yield block(
            "model.training_rows",
            where,
            f"{name} contient ses lignes d'apprentissage.",
            f"{name} holds its training rows.",
        )


def _keep(result: Inspected, attributes: tuple[str, ...], array: Any, policy: Policy) -> None:
    where = ".".join(attributes)
    last = next((name for name in reversed(attributes) if not name.isdigit()), "")
    rows = array.shape[0] if array.ndim else 0
    many_categories = last in {"categories_", "classes_", "quantiles_", "bin_edges_"} and rows > 5 * policy.min_persons
    if (last in TRAINING_ATTRIBUTES and rows >= 5) or many_categories:
        result.findings.append(
            block(
                "model.training_rows",
                where,
                f"« {last} » contient {rows} lignes d'apprentissage.",
                f"{last} holds {rows} training rows.",
            )
        )
    if array.dtype.names and "n_node_samples" in array.dtype.names:
        leaves = (
            array["n_node_samples"][array["left_child"] == -1]
            if "left_child" in array.dtype.names
            else array["n_node_samples"]
        )
        if leaves.size and int(leaves.min()) < policy.min_persons:
            result.findings.append(
                flag(
                    "model.small_leaf",
                    where.split(".")[0],
                    f"Des feuilles de l'arbre reposent sur moins de {policy.min_persons} personnes.",
                    f"Leaves of the tree rest on fewer than {policy.min_persons} persons.",
                )
            )
        return
    kept = as_rows(array, where)
    if kept is not None:
        result.arrays.append(kept)


def inspect_onnx(path: Path, policy: Policy) -> Inspected:
    """Read an ONNX model. Raises ``Unreadable`` when it is no ONNX."""
    data = path.read_bytes()
    operators, tensors = tensors_of(data)
    if not operators:
        raise Unreadable("Ce n'est pas un modèle ONNX.", "This is no ONNX model.")
    result = Inspected(findings=[judged(path.name)])
    _hidden(result, texts_of(data), path.name)
    neighbours = {"TopK"} & operators and {"Scan", "CDist", "Cdist", "Sub", "ReduceSumSquare"} & operators
    for tensor in tensors:
        _tensor(result, tensor, policy, neighbours=bool(neighbours))
    return result


def _tensor(result: Inspected, tensor: Tensor, policy: Policy, *, neighbours: bool) -> None:
    rows = tensor.shape[0] if len(tensor.shape) == 2 else 0
    vectors = tensor.name.endswith("support_vectors") or tensor.name in {"vectors", "support_vectors"}
    stored = neighbours and rows >= 2 * policy.min_persons
    if stored or (vectors and len(tensor.values) >= 5):
        result.findings.append(
            block(
                "model.training_rows",
                tensor.name,
                f"Le modèle contient {rows or len(tensor.values)} valeurs ou lignes d'apprentissage.",
                f"The model holds {rows or len(tensor.values)} training values or rows.",
            )
        )
    if len(tensor.values) and rows >= 5 and tensor.shape[1] <= 500:
        width = tensor.shape[1]
        texts = [f"{value:.15g}" if isinstance(value, float) else str(value) for value in tensor.values[: rows * width]]
        result.arrays.append(
            NamedArray(tensor.name, tuple(tuple(texts[at * width : (at + 1) * width]) for at in range(min(rows, 5000))))
        )
