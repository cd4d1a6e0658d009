"""Bare arrays: safetensors and NumPy files, which hold the weights of a model, or a table in disguise.

Both are read as bytes with a header, nothing is loaded by a library of models and no object is made. Weights are
numbers with decimals; whole numbers in rows are counts or records, and these leave as CSV, where each cell is checked.

Formats: https://huggingface.co/docs/safetensors (format), https://numpy.org/neps/nep-0001-npy-format.html.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.formats.archives import noted_bytes, read_member, sane_members, trailing_bytes
from hub_extensions.exports.checks.inspection import Inspected, Unreadable
from hub_extensions.exports.checks.models.arrays.datalike import holds_rows
from hub_extensions.exports.checks.models.arrays.keeping import keep_array, keep_texts
from hub_extensions.exports.checks.models.lane import array_of, judged
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.rows.embedded import check_hidden

#: Bytes of a safetensors header; its own library refuses more than 100 MB.
MOST_HEADER = 1 << 20
MOST_TENSORS = 2_000
#: safetensors' names of types for NumPy's; bfloat16 is widened below.
_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "u1",
}  # fmt: skip


def inspect_safetensors(path: Path, policy: Policy) -> Inspected:
    """Read a safetensors file. Raises ``Unreadable`` when its header does not describe exactly its bytes."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or not 2 <= size <= min(MOST_HEADER, len(data) - 8):
        raise _damaged()
    try:
        header = json.loads(data[8 : 8 + size])
    except (ValueError, RecursionError) as error:
        raise _damaged() from error
    if not isinstance(header, dict) or len(header) > MOST_TENSORS:
        raise _damaged()
    notes = header.pop("__metadata__", {})
    result = Inspected(findings=[judged(path.name)])
    result.text = json.dumps([notes, list(header)], ensure_ascii=False)
    result.findings += check_hidden(result.text, f"{path.name} · __metadata__")
    keep_texts(result, [*map(str, notes.values()), *header] if isinstance(notes, Mapping) else header, path.name)
    for name, array in _tensors(header, memoryview(data)[8 + size :]):
        _keep(result, name, array, policy)
    return result


def _tensors(header: Mapping[str, Any], data: memoryview) -> Iterator[tuple[str, Any]]:
    """Yield (name, array) in the order of the bytes, which must be described without a gap or an overlap."""
    import numpy as np

    try:
        order = sorted(header.items(), key=lambda item: item[1]["data_offsets"])
        end = 0
        for name, facts in order:
            first, last = facts["data_offsets"]
            if first != end or not first <= last <= len(data):
                raise _damaged()
            end = last
            array = np.frombuffer(data[first:last], dtype=_TYPES[facts["dtype"]]).reshape(facts["shape"])
            if facts["dtype"] == "BF16":
                array = (array.astype("<u4") << 16).view("<f4")
            yield name, array
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged() from error
    if end != len(data):
        raise _damaged()


def inspect_npy(path: Path, policy: Policy) -> Inspected:
    """Read one NumPy array. Raises ``Unreadable`` when it is damaged or holds objects."""
    data = path.read_bytes()
    result = Inspected(findings=[judged(path.name)])
    if len(data) - _take(result, path.name, data, policy) > 65_536:
        result.findings.append(_trailing(path.name))
    result.findings = list(dict.fromkeys(result.findings))
    return result


def inspect_npz(path: Path, policy: Policy) -> Inspected:
    """Read NumPy's archive of arrays. Raises ``Unreadable`` when it is damaged or a member is no plain array."""
    members = sane_members(path)
    result = Inspected(findings=[judged(path.name)], text="\n".join(member.filename for member in members))
    if trailing_bytes(path) or noted_bytes(path, members):
        result.findings.append(_trailing(path.name))
    result.findings += check_hidden(result.text, f"{path.name} · noms")
    with zipfile.ZipFile(path) as archive:
        for member in members:
            if not member.filename.endswith(".npy") or member.comment or archive.comment:
                raise Unreadable("L'archive contient autre chose que des tableaux.", "It holds more than arrays.")
            _take(result, member.filename.removesuffix(".npy"), read_member(archive, member), policy)
    return result


def _take(result: Inspected, where: str, data: bytes, policy: Policy) -> int:
    """Read one ``.npy``, refuse bytes behind it, keep its rows; returns how many bytes its values take."""
    array = array_of(data)
    if not data.endswith(array.tobytes(order="A")):
        result.findings.append(_trailing(where))
    _keep(result, where, array, policy)
    return int(array.nbytes)


def _keep(result: Inspected, where: str, array: Any, policy: Policy) -> None:
    """Keep the rows of *array* to be matched, and say what shows that they are no weights."""
    import numpy as np

    if array.dtype.names or array.dtype.kind not in "fiubUS":
        result.findings.append(_table(where, "des enregistrements", "records"))
        return
    if array.dtype.kind in "US":
        if array.size > 5 * policy.min_persons:
            result.findings.append(_table(where, "une liste de valeurs", "a list of values"))
    elif array.ndim and array.size >= 2 * policy.min_persons and _whole_numbers(np, array):
        result.findings.append(_table(where, "des nombres entiers en lignes", "rows of whole numbers"))
    elif holds_rows(where, array, 2 * policy.min_persons):
        result.findings.append(_table(where, "des lignes de données, pas des poids", "rows of data, no weights"))
    keep_array(result, array, where)


def _whole_numbers(np: Any, array: Any) -> bool:
    """Whether a column, or a row where they are laid down, holds whole numbers that are more than a mask of zeros."""
    flat = array.reshape(array.shape[0], -1).astype("f8")
    if not np.isfinite(flat).any():
        return False
    for table in (flat, flat.T):
        whole = np.all((table == np.round(table)) | ~np.isfinite(table), axis=0)
        varied = np.array([len(np.unique(column)) > 2 for column in table.T[:500]])
        if table.shape[0] >= 5 and bool(np.any(whole[:500] & varied)):
            return True
    return False


def _table(where: str, fr: str, en: str) -> Finding:
    return block(
        "model.table",
        where,
        f"« {where} » contient {fr} : exportez-les en CSV, où chaque case est vérifiée.",
        f"{where} holds {en}: export them as CSV, where each cell is checked.",
    )


def _trailing(where: str) -> Finding:
    return block(
        "content.trailing", where, "Des octets se trouvent hors des tableaux.", "Bytes lie outside the arrays."
    )


def _damaged() -> Unreadable:
    return Unreadable(
        "L'en-tête du fichier ne décrit pas exactement son contenu.",
        "The file's header does not describe exactly what it holds.",
    )
