"""Checks what others state about a log: cosignatures of witnesses and time-stamps, against the tree in the folder.

``witnessed`` beside the log is the newest checkpoint that witnesses cosigned; ``timestamp/`` holds checkpoints with an
authority's answer. Each must be signed by the log and lie on the very tree that was verified.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from audit import merkle, timestamp
from audit.checkpoint import Checkpoint, Verifier, read_checkpoint
from audit.errors import Malformed
from audit.policy import Policy
from audit.tiles import TileReader
from audit.timestamp import Authority
from audit.verify import Report

WITNESSED: Final = "witnessed"


@dataclass(frozen=True, slots=True)
class Anchored:
    """Something that others state: who, of how many entries, and the time they name."""

    who: str
    size: int
    at: datetime


def check_witnesses(folder: Path, policy: Policy, verifier: Verifier, report: Report) -> list[Anchored]:
    """Judge the witnessed checkpoint of the verified log in *folder*; what is wrong goes into *report*."""
    try:
        note = (folder / WITNESSED).read_bytes().decode()
        judged = policy.judge(note, verifier)
    except FileNotFoundError:
        report.add(WITNESSED, "aucun témoin n'a cosigné ce journal", "no witness cosigned this log")
        return []
    except (Malformed, UnicodeDecodeError) as error:
        report.add(WITNESSED, f"cosignatures mauvaises ({error})", f"bad cosignatures ({error})")
        return []
    if not judged.enough:
        names = ", ".join(judged.witnesses) or "–"
        report.add(WITNESSED, f"trop peu de témoins ({names})", f"too few witnesses ({names})")
    _lies_on_the_tree(folder, WITNESSED, judged.checkpoint, report)
    size = judged.checkpoint.size
    return [Anchored(name, size, datetime.fromtimestamp(at, UTC)) for name, at in judged.witnesses.items()]


def check_stamps(folder: Path, authority: Authority, verifier: Verifier, report: Report) -> list[Anchored]:
    """Verify every time-stamp of the verified log in *folder*; what is wrong goes into *report*."""
    found = []
    for size in timestamp.kept(folder):
        if size < report.minimum:
            continue  # its tree can't be computed from a copy that begins later
        where = f"{timestamp.FOLDER}/{size}.tsr"
        try:
            note = (folder / timestamp.FOLDER / f"{size}.checkpoint").read_bytes()
            at = authority.verify((folder / where).read_bytes(), note)
            checkpoint = read_checkpoint(note.decode(), verifier)
        except (Malformed, OSError, UnicodeDecodeError) as error:
            report.add(where, f"horodatage mauvais ({error})", f"bad time-stamp ({error})")
            continue
        _lies_on_the_tree(folder, where, checkpoint, report)
        found.append(Anchored(authority.name, checkpoint.size, at))
    if not found:
        report.add(timestamp.FOLDER, "aucun horodatage bon", "no good time-stamp")
    return found


def _lies_on_the_tree(folder: Path, where: str, checkpoint: Checkpoint, report: Report) -> None:
    if checkpoint.size > report.size:
        report.add(where, f"retour en arrière : {checkpoint.size} entrées", f"rolled back: {checkpoint.size} entries")
        return
    try:
        root = merkle.root_at(checkpoint.size, TileReader(folder, report.size).node)
    except (Malformed, OSError) as error:
        report.add(where, f"arbre illisible ({error})", f"the tree can't be read ({error})")
        return
    if root != checkpoint.root:
        report.add(
            where, "bifurcation : d'autres entrées que celles du journal", "forked: other entries than the log's"
        )
