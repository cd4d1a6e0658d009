"""The model lane: models that can be read without running them, looked at for the rows they were trained on.

A nearest-neighbour model is its training table; so are support vectors, the categories of an encoder and the
quantiles of a small sample, inside any wrapper. skops is read here, ONNX in :mod:`.onnx`, as archives of arrays. No
model passes by itself: what it memorised in other ways (a deep forest) is a reviewer's question.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.formats.archives import noted_bytes, read_member, sane_members, trailing_bytes
from hub_extensions.exports.checks.inspection import Inspected, NamedArray, Unreadable
from hub_extensions.exports.checks.models.arrays.keeping import keep_array, keep_texts
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.rows.embedded import check_hidden

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
#: The header of an array as NumPy writes it, and the spaces that it may end with.
_HEADER = re.compile(
    rb"\{'descr': (?:'[^'\n#]{1,40}'|\[[^\n#]{1,4000}\]), 'fortran_order': (?:True|False), "
    rb"'shape': \([\d, ]{0,200}\), ?\} *\n?"
)
_MOST_PADDING = 130
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


def hidden(result: Inspected, texts: Iterable[str], where: str) -> None:
    """Have what an author could write into a model read for identifiers, and refuse rows in it."""
    said = list(texts)
    result.text = "\n".join(said)
    result.findings += check_hidden(result.text, where)
    keep_texts(result, said, where)


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
    """Return the array of a ``.npy`` part.

    Raises:
        Unreadable: it is damaged, holds objects, or its header says more than type, order and shape: Python reads it,
            and a comment would be skipped.
    """
    import numpy as np

    unreadable = Unreadable("Un tableau du modèle est illisible.", "An array of the model can't be read.")
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError, RecursionError, MemoryError) as error:
        raise unreadable from error
    start = 10 if data[6:7] == b"\x01" else 12
    header = data[start : start + int.from_bytes(data[8:start], "little")]
    if not _HEADER.fullmatch(header) or len(header) - len(header.rstrip()) > _MOST_PADDING:
        raise unreadable
    return array


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
    if trailing_bytes(path) or noted_bytes(path, members):
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
        hidden(result, _author_texts(schema), "schema.json")
        read = _read_nodes(result, archive, schema, policy)
    odd = [member.filename for member in members if member.filename not in read]
    if odd:
        result.findings.append(
            block(
                "model.unknown_part",
                odd[0],
                "Le modèle contient un fichier que son schéma ignore, ou qui n'est pas un tableau de nombres.",
                "The model holds a file that its schema ignores, or that is no array of numbers.",
            )
        )
    result.findings = list(dict.fromkeys(result.findings))
    return result


def _read_nodes(result: Inspected, archive: zipfile.ZipFile, schema: Any, policy: Policy) -> set[str]:
    """Read every node of a schema; return the members of the archive that were read with them."""
    import numpy as np

    read = {"schema.json"}
    lone: dict[str, list[float]] = {}
    for attributes, node in schema_nodes(schema):
        result.findings += _node(attributes, node)
        listed = listed_values(node)
        if len(listed) >= 5:
            _keep_values(result, attributes, listed, policy)
        numbers = _numbers_in(node)
        if numbers is not None:
            keep_array(result, numbers, ".".join(attributes))
        file = node.get("file")
        if isinstance(file, str) and file.endswith(".npy") and node.get("type", "numpy") == "numpy":
            read.add(file)
            array = array_of(read_member(archive, file))
            _keep(result, attributes, array, policy)
            if array.ndim == 0 and array.dtype.kind in "fiub":
                name = ".".join(part for part in attributes if not part.isdigit())
                lone.setdefault(name, []).append(float(array))
    for name, values in lone.items():
        if len(values) > 1:
            keep_array(result, np.array(values), f"{name} ×{len(values)}")
    return read


def _numbers_in(node: Mapping[str, Any]) -> Any:
    """Return the numbers that a list or a dictionary of a schema spells out, lists of one length as rows."""
    import numpy as np

    content = node.get("content")
    inside = list(content.values()) if isinstance(content, Mapping) else content
    values = [_literal(each) for each in inside] if isinstance(inside, list) else []
    if len(values) < 5:
        return None
    rows = [value if isinstance(value, list) else [value] for value in values]
    if len({len(row) for row in rows}) > 1 or not rows[0]:
        return None
    numeric = all(isinstance(cell, int | float) and abs(cell) < 1e300 for row in rows for cell in row)
    return np.array(rows, dtype=np.float64) if numeric else None


def _literal(node: Any) -> Any:
    """Return the plain value of a node, or those of a list's nodes; ``None`` for anything else."""
    if not isinstance(node, Mapping):
        return None
    content = node.get("content")
    if isinstance(content, list):
        return [_literal(each) for each in content]
    try:
        return json.loads(content) if node.get("is_json") and isinstance(content, str) else None
    except (ValueError, RecursionError):
        return None


def _called(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (module, name) of what a node is and of the function that it names: skops loads the second."""
    yield str(node.get("__module__", "")), str(node.get("__class__", ""))
    content = node.get("content")
    if isinstance(content, Mapping) and ("module_path" in content or "function" in content):
        yield str(content.get("module_path", "")), str(content.get("function", ""))


def _node(attributes: tuple[str, ...], node: Mapping[str, Any]) -> Iterator[Finding]:
    name = str(node.get("__class__", ""))
    where = ".".join(attributes) or name
    for module, called in _called(node):
        if not _TRUSTED.match(module) or called in _RUNS:
            yield block(
                "model.code",
                where,
                f"Le modèle appelle {module}.{called}, qui n'est pas d'une bibliothèque connue.",
                f"The model calls {module}.{called}, of no known library.",
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
    keep_array(result, array, where)
