"""Is one entry's sealed message the one that it commits to, and if it is not there, does a recorded deletion say so?

What ``sealed_checks`` asks of a whole log, asked of one entry that a reader has open.
"""

import hashlib
from typing import Any

from audit.deletions import deletion_list
from audit.errors import Malformed
from audit.leaf import parse
from audit.places import Places
from audit.rows import Row
from audit.sealed_files import deleted_messages
from audit.verify import Problem

#: Where the messages of a ledger that runs are.
STORE = "private.sqlite"


def sealed_problem(place: int, expected: str, message: bytes | None) -> Problem | None:
    """Say what is wrong with *message*, where no recorded deletion explains that there is none."""
    if message is None:
        fr = f"le message scellé de l'entrée {place} manque, et aucune suppression inscrite ne le dit"
        en = f"the sealed message of entry {place} is missing, and no recorded deletion tells why"
        return Problem(STORE, fr, en)
    if hashlib.sha256(message).hexdigest() != expected:
        fr = f"le message scellé de l'entrée {place} n'est pas celui qu'elle engage"
        return Problem(STORE, fr, f"the sealed message of entry {place} is not the one that it commits to")
    return None


def tells_of(places: Places, deletion: Row, place: int) -> bool:
    """Say whether the entry *deletion* recorded that the message of entry *place* is deleted: in its very list."""
    try:
        body: dict[str, Any] = parse(deletion.leaf)
        text = deletion_list(places, body["id"])
        listed = place in deleted_messages(text)
    except (Malformed, KeyError):
        return False
    return listed and hashlib.sha256(text).hexdigest() == deletion.subject.get("digest")
