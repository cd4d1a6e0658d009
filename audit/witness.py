"""Asks witnesses to cosign our checkpoints (C2SP tlog-witness), so that a rewritten log has to fool them too.

A witness remembers how many entries it saw and their root. It refuses what does not continue that: the answer is then
an alarm here, because this log never shrinks and never changes.
"""

import base64
from dataclasses import dataclass

from audit import merkle
from audit.checkpoint import Checkpoint, split_note
from audit.errors import Malformed
from audit.http_post import Answer, Unreachable, post
from audit.policy import Witness

_CONTENT_TYPE = "text/plain; charset=utf-8"
_OK, _CONFLICT, _UNPROCESSABLE, _TOO_MANY, _SERVER_ERROR = 200, 409, 422, 429, 500


class WitnessRefused(Exception):
    """The witness will not cosign: it does not know this log or its key, or takes the request for malformed."""


class Contradicted(Exception):
    """The witness saw another history of this log than the one we hold: rewritten or rolled back. An alarm.

    Parameters
    ----------
    what
        ``rollback`` or ``fork``.
    """

    def __init__(self, what: str, detail: str) -> None:
        super().__init__(detail)
        self.what = what


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A valid cosignature: the line to add to the note, and the time that the witness states (seconds since 1970)."""

    line: str
    at: int


def cosign(witness: Witness, note: str, old: int, node: merkle.Node, timeout_s: float = 10.0) -> Cosignature:
    """Have *witness* cosign the signed checkpoint *note*.

    Parameters
    ----------
    old
        size that the witness cosigned last, as far as we know (0: never); it corrects us when that is wrong.
    node
        hashes of the log, to prove that it continues what the witness saw.

    Raises
    ------
    Unreachable
        no answer, or one that is not in the protocol: try again later.
    WitnessRefused
        it does not take checkpoints of this log.
    Contradicted
        it saw another history.
    """
    size = Checkpoint.parse(split_note(note)[0]).size
    asked = _Asked(witness, note, size, node, timeout_s)
    old = min(old, size)
    answer = asked.after(old)
    if answer.status == _CONFLICT:
        seen = _size_in(answer)
        if seen > size:
            raise Contradicted("rollback", f"{witness.name} saw {seen} entries, this log holds {size}")
        if seen == old == size:
            raise Contradicted("fork", f"{witness.name} saw another root of {size} entries")
        old = seen
        answer = asked.after(old)
    if answer.status == _UNPROCESSABLE or (answer.status == _CONFLICT and _size_in(answer) == old == size):
        raise Contradicted("fork", f"{witness.name} saw other entries among the first {old}")
    if answer.status != _OK:
        raise _refusal(witness, answer)
    return _valid(witness, note, answer)


def request(note: str, old: int, proof: list[bytes]) -> bytes:
    """Return the body of an ``add-checkpoint`` request."""
    lines = [f"old {old}", *(base64.b64encode(node).decode() for node in proof)]
    return ("\n".join(lines) + "\n\n" + note).encode()


@dataclass(frozen=True, slots=True)
class _Asked:
    witness: Witness
    note: str
    size: int
    node: merkle.Node
    timeout_s: float

    def after(self, old: int) -> Answer:
        body = request(self.note, old, merkle.prove_consistency(old, self.size, self.node))
        return post(f"{self.witness.url}/add-checkpoint", body, _CONTENT_TYPE, self.timeout_s)


def _size_in(answer: Answer) -> int:
    text = answer.body.decode("ascii", "replace").removesuffix("\n")
    if not (text.isascii() and text.isdigit()) or str(int(text)) != text:
        raise Unreachable("a conflict without the size that the witness saw")
    return int(text)


def _valid(witness: Witness, note: str, answer: Answer) -> Cosignature:
    try:
        cosigned = note + answer.body.decode()
        at = witness.cosigner.read(cosigned)
        line = witness.cosigner.lines(cosigned)
    except (Malformed, UnicodeDecodeError) as error:
        raise Unreachable(f"{witness.name} answered no cosignature: {error}") from None
    if at is None:
        raise WitnessRefused(f"{witness.name} cosigned with another key than the policy's")
    return Cosignature(line, at)


def _refusal(witness: Witness, answer: Answer) -> Exception:
    why = f"{witness.name} answered {answer.status}: {answer.body[:200].decode('utf-8', 'replace').strip()}"
    later = answer.status in {_CONFLICT, _TOO_MANY} or answer.status >= _SERVER_ERROR
    return Unreachable(why) if later else WitnessRefused(why)
