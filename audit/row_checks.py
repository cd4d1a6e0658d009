"""Is what is about to be shown what the log signed? Asked of each entry that leaves the published files for a reader.

The files lie on a server that somebody rules. An entry is believed when its hash leads to the root of the published
checkpoint and the log's key signed that one; of one that does not, nothing is read but its place.
"""

from collections.abc import Mapping, Set
from typing import Any, Final

from audit import merkle
from audit.checkpoint import Checkpoint, Verifier, read_checkpoint
from audit.errors import Malformed
from audit.places import Places
from audit.postings import By
from audit.rows import Read, Row
from audit.tiles import ENTRIES, TILE_WIDTH, TileReader, tile_path
from audit.verify import Problem, load_checkpoint, load_vkey

OTHER_KEY_FR: Final = "la clé du journal n'est plus celle sous laquelle il avait été vérifié ici"
OTHER_KEY_EN: Final = "the log's key is not the one under which it was verified here before"


class RowCheck:
    """Holds entries against the checkpoint that is published now.

    Parameters
    ----------
    remembered
        a checkpoint that was verified here before, which the published one must continue.
    """

    def __init__(self, places: Places, remembered: str | None = None) -> None:
        self._checkpoint: Checkpoint | None = None
        self._broken: Problem | None = None
        try:
            self._checkpoint = load_checkpoint(places.log, load_vkey(places.log))
        except (Malformed, OSError) as error:
            fr = f"le point de contrôle publié n'est pas celui que la clé du journal a signé ({error})"
            en = f"the published checkpoint is not one that the log's key signed ({error})"
            self._broken = Problem("checkpoint", fr, en)
            return
        self._reader = TileReader(places.log, self._checkpoint.size)
        if remembered is not None:
            self._broken = self._breach(remembered, self._checkpoint, places)

    def problem(self, place: int, entry: bytes) -> Problem | None:
        """Say what is wrong with *entry* at this index; None when it is the one that was signed, or not signed yet."""
        if self._broken is not None or self._checkpoint is None or self.waits(place):
            return self._broken
        size, root = self._checkpoint.size, self._checkpoint.root
        try:
            path = merkle.prove_inclusion(place, size, self._reader.node)
        except Malformed as error:
            return Problem("tile", f"l'entrée {place} ne peut pas être prouvée ({error})", str(error))
        if merkle.verify_inclusion(place, size, root, merkle.hash_leaf(entry), path):
            return None
        fr = f"l'entrée {place} n'est pas celle que le journal a signée"
        return Problem(self._where(place, entry), fr, f"entry {place} is not the one that the log signed")

    @property
    def size(self) -> int | None:
        """How many entries the published checkpoint covers, None when it can't be believed."""
        return None if self._checkpoint is None else self._checkpoint.size

    def waits(self, place: int) -> bool:
        """Whether no published checkpoint covers this index yet."""
        return self._checkpoint is not None and place >= self._checkpoint.size

    def _breach(self, remembered: str, published: Checkpoint, places: Places) -> Problem | None:
        """How the log breaks with what was verified before: another key, fewer entries, other entries."""
        try:
            old = read_checkpoint(remembered, Verifier(load_vkey(places.log)))
        except Malformed:
            return Problem("log.vkey", OTHER_KEY_FR, OTHER_KEY_EN)
        if old.size > published.size:
            fr = f"retour en arrière : {old.size} entrées avaient été vérifiées ici"
            return Problem("checkpoint", fr, f"rolled back: {old.size} entries were verified here before")
        try:
            same = merkle.root_at(old.size, self._reader.node) == old.root
        except Malformed as error:
            return Problem("tile", f"le journal ne se compare pas à ce qui a été vérifié ici ({error})", str(error))
        if same:
            return None
        fr = f"bifurcation : ses {old.size} premières entrées ne sont pas celles qui avaient été vérifiées ici"
        return Problem("checkpoint", fr, f"forked: its first {old.size} entries are not those that were verified here")

    def _where(self, place: int, entry: bytes) -> str:
        """The file that is wrong: the entry's own, unless it is what its tile says."""
        index, at = divmod(place, TILE_WIDTH)
        tile = self._reader.hashes(0, index)
        mine = tile[at * merkle.HASH_SIZE : (at + 1) * merkle.HASH_SIZE] == merkle.hash_leaf(entry)
        width = min(TILE_WIDTH, self._reader.size - index * TILE_WIDTH)
        return tile_path(0 if mine else ENTRIES, index, width)


def misnamed(body: Mapping[str, Any], doubted: Set[str]) -> Problem | None:
    """Say that an entry's people have a name beside them that is another's; *doubted* are such pseudonyms."""
    if not doubted & {body["actor"], *body.get("persons", {}).values()}:
        return None
    fr = "la table des noms donne ici un nom dont ce n'est pas le pseudonyme ; il n'est pas montré"
    return Problem("private.sqlite", fr, "the table of names has a name here that is another's; it is not shown")


def misplaced(row: Row, wanted: Set[tuple[By, str]], kinds: Set[str]) -> Problem | None:
    """Say that *row* is not what the search index gave it for."""
    if wanted <= set(Read(row.leaf).traits) and (not kinds or row.kind in kinds):
        return None
    fr = f"l'index de recherche donne l'entrée {row.index} pour ce qu'elle n'est pas"
    return Problem("index.sqlite", fr, f"the search index gives entry {row.index} for what it is not")
