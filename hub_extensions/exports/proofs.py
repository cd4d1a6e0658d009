"""The ledger's word in the package: for every step of the request, its entry and the proof that the log holds it.

The proof is a C2SP tlog-proof under a signed checkpoint, so that whoever receives the package can check, with programs
that are not ours and without us, that the votes were recorded before the release and in a log that cannot be rewritten.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from audit.errors import LedgerError, Malformed
from audit.proof import Proof, prove
from audit.tiles import TileReader
from audit.verify import load_vkey, published_folder
from hub_extensions.exports.desk import Prover
from project_spaces.errors import Unavailable
from project_spaces.store import Store
from project_spaces.text import Text

NOT_YET = Text(
    "Les preuves du journal ne sont pas encore publiées : la publication suivra d'elle-même.",
    "The ledger's proofs are not published yet: the release follows by itself.",
)


def ledger_prover(store: Store, ledger_dir: Path, settle: Callable[[], None]) -> Prover:
    """Return a prover over the published log in *ledger_dir*.

    Parameters
    ----------
    settle
        returns when everything recorded is published (``audit.client.Ledger.settle``).

    The prover raises ``Unavailable`` while an event is not published: the release waits for it.
    """

    def proofs_of(event_ids: tuple[str, ...]) -> Mapping[str, bytes]:
        try:
            settle()
            return _members(published_folder(ledger_dir), [store.ledger_index(each) for each in event_ids])
        except (LedgerError, Malformed, ValueError, OSError) as error:
            raise Unavailable(NOT_YET) from error

    return proofs_of


def _members(folder: Path, indexes: list[int | None]) -> Mapping[str, bytes]:
    members = {"proofs/log.vkey": load_vkey(folder).encode()}
    for index in indexes:
        if index is None:
            raise Unavailable(NOT_YET)
        text = prove(folder, index)
        size = int(Proof.parse(text).checkpoint.split("\n")[1])
        members[f"proofs/{index}.tlog-proof"] = text.encode()
        members[f"proofs/{index}.json"] = TileReader(folder, size).entry(index)
    return members
