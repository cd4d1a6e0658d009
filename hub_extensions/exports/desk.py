"""The export desk of one installation: its store, its vault, its rules. Built once at start, from settings.

Everything a request must not be able to choose for itself (how many reviewers, how large, how often, checked by what)
is here, and no verb takes it as a parameter (TRAPS A10).
"""

import fcntl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hub_extensions.exports.checking import Checker
from hub_extensions.exports.checks import Policy
from hub_extensions.exports.deadlines import WorkingCalendar
from hub_extensions.exports.publishing.repositories import Repository
from hub_extensions.exports.signing import Signer
from hub_extensions.exports.standing import DatasetDir, policy_of
from hub_extensions.exports.storage import Vault
from project_spaces.store import Store

#: Who acts when nobody does.
SYSTEM = "system:exports"

#: Gives, for the ids of ledger events, further members of the package (path → bytes) that prove them.
Prover = Callable[[tuple[str, ...]], Mapping[str, bytes]]


def _no_proofs(_event_ids: tuple[str, ...]) -> Mapping[str, bytes]:
    return {}


@dataclass(frozen=True)
class Rules:
    """Limits of the desk. Bytes, files, downloads, days; *reviewers_required* is never below two."""

    reviewers_required: int = 2
    max_file_bytes: int = 16 << 20
    max_files: int = 50
    download_max_count: int = 5
    download_days: int = 7
    review_working_days: int = 2
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)
    min_persons: int = 11

    def __post_init__(self) -> None:
        if self.reviewers_required < 2:
            msg = f"reviewers_required = {self.reviewers_required}: nobody decides alone, accepted is 2 and more"
            raise ValueError(msg)


@dataclass(frozen=True)
class Desk:
    """What the verbs of the desk work with: *project_dir* maps a slug to the project's shared folder."""

    store: Store
    vault: Vault
    rules: Rules
    checker: Checker
    signer: Signer
    project_dir: Callable[[str], Path]
    dataset_dir: DatasetDir
    prover: Prover = field(default=_no_proofs)
    #: Where public results may be deposited, by name.
    repositories: Mapping[str, Repository] = field(default_factory=dict)

    @property
    def policy(self) -> Policy:
        """The rules of the checks before a project's data sets make them stricter."""
        rules = self.rules
        return policy_of(min_persons=rules.min_persons, max_file_bytes=rules.max_file_bytes, max_files=rules.max_files)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock under which packages are built and forgotten files swept: one process at a time."""
        with (self.vault.root / "desk.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def open_desk(
    store: Store,
    *,
    exports_dir: Path,
    key_file: Path,
    project_dir: Callable[[str], Path],
    dataset_dir: DatasetDir,
    rules: Rules,
    checker: Checker,
    prover: Prover = _no_proofs,
    repositories: Mapping[str, Repository] | None = None,
) -> Desk:
    """Open the desk whose files are in *exports_dir* and whose release key is *key_file* (made at first use).

    Raises
    ------
    Invalid
        the key file holds something else than a key.
    """
    return Desk(
        store=store,
        vault=Vault(exports_dir),
        rules=rules,
        checker=checker,
        signer=Signer.load_or_create(key_file),
        project_dir=project_dir,
        dataset_dir=dataset_dir,
        prover=prover,
        repositories=repositories or {},
    )
