"""Entries that leave with their proofs in one JSON document, so that whoever receives them need not believe us.

The document holds each leaf as text, its index and its audit path, and one signed checkpoint for all of them. Names are
beside the leaves, never in them: a bundle without names proves as much as one with.
"""

import base64
import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from audit import merkle
from audit.canonical import loads_strict
from audit.checkpoint import Checkpoint, Verifier, read_checkpoint, split_note
from audit.errors import Malformed
from audit.tiles import TileReader
from audit.verify import load_vkey, published_folder

FORMAT: Final = "bureau-audit-bundle/1"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a verification of a bundle found."""

    origin: str
    size: int
    root: bytes
    entries: int
    #: The key was given by the caller, not taken from the bundle itself.
    independent_key: bool


def make_bundle(folder: Path, indexes: Sequence[int], more: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the document of these entries of the published log.

    Parameters
    ----------
    more
        further facts by index (names, private facts); they stand beside the proof and are not proved by it.

    Raises
    ------
    Malformed
        the log can't be read.
    ValueError
        an entry is not published (yet).
    """
    folder = published_folder(folder)
    note = (folder / "checkpoint").read_text()
    checkpoint = Checkpoint.parse(split_note(note)[0])
    reader = TileReader(folder, checkpoint.size)
    entries = []
    for index in indexes:
        path = merkle.prove_inclusion(index, checkpoint.size, reader.node)
        leaf = reader.entry(index)
        entries.append(
            {
                "index": index,
                "leaf": leaf.decode(),
                "leaf_hash": merkle.hash_leaf(leaf).hex(),
                "proof": [base64.b64encode(node).decode() for node in path],
                **more.get(index, {}),
            }
        )
    return {"format": FORMAT, "vkey": load_vkey(folder).strip(), "checkpoint": note, "entries": entries}


def verify_bundle(data: bytes, vkey: str | None = None) -> Checked:
    """Verify a document offline.

    Parameters
    ----------
    data
        the document's bytes; further members are allowed and not proved.
    vkey
        verifier key that came another way; the one inside is used when not given, and the result says so.

    Raises
    ------
    Malformed
        a proof, a hash or the signature is not right, or this is no such document; says which entry.
    """
    document = _document(data)
    checkpoint = read_checkpoint(document["checkpoint"], Verifier(document["vkey"] if vkey is None else vkey))
    for entry in document["entries"]:
        _verify_entry(entry, checkpoint)
    return Checked(checkpoint.origin, checkpoint.size, checkpoint.root, len(document["entries"]), vkey is not None)


def verify_exported(file: Path, vkey: str | None = None) -> Checked:
    """Verify an exported search: the document, or a zip of a CSV and the document (``*.json``) that proves its rows.

    Raises
    ------
    Malformed
        as ``verify_bundle``; or a row of the table is not one of the entries proved.
    """
    if not zipfile.is_zipfile(file):
        return verify_bundle(file.read_bytes(), vkey)
    with zipfile.ZipFile(file) as archive:
        names = {name.rpartition(".")[2]: name for name in archive.namelist()}
        if len(archive.namelist()) != 2 or set(names) != {"csv", "json"}:
            msg = "not an exported search: it holds one .csv and one .json"
            raise Malformed(msg)
        proofs, table = archive.read(names["json"]), archive.read(names["csv"]).decode("utf-8-sig", "replace")
    checked = verify_bundle(proofs, vkey)
    proved = {(str(entry["index"]), entry["leaf_hash"]) for entry in _document(proofs)["entries"]}
    rows = [(row.get("index"), row.get("leaf_hash")) for row in csv.DictReader(io.StringIO(table))]
    if len(rows) != len(proved) or set(rows) != proved:
        msg = "the rows of the table are not the entries that are proved"
        raise Malformed(msg)
    return checked


def _document(data: bytes) -> dict[str, Any]:
    document = loads_strict(data)
    texts = ("format", "vkey", "checkpoint")
    if (
        not isinstance(document, dict)
        or not all(isinstance(document.get(name), str) for name in texts)
        or document["format"] != FORMAT
        or not isinstance(document.get("entries"), list)
    ):
        msg = f"not a document of the format {FORMAT}"
        raise Malformed(msg)
    return document


def _verify_entry(entry: Any, checkpoint: Checkpoint) -> None:
    try:
        index, leaf = entry["index"], entry["leaf"].encode()
        path = [base64.b64decode(node, validate=True) for node in entry["proof"]]
        claimed = bytes.fromhex(entry["leaf_hash"])
        if not isinstance(index, int) or isinstance(index, bool):
            raise TypeError
    except (AttributeError, KeyError, TypeError, ValueError):
        msg = "an entry lacks its index, leaf, hash or proof"
        raise Malformed(msg) from None
    found = merkle.hash_leaf(leaf)
    if claimed != found or not merkle.verify_inclusion(index, checkpoint.size, checkpoint.root, found, path):
        msg = f"entry {index}: the proof does not lead from this leaf to the signed root"
        raise Malformed(msg)
