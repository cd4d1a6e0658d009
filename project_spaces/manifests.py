"""What a version of a data set is made of: its files, their hashes, their columns and which of these point at a person.

The manifest is written beside the files and its own SHA-256 is what the catalogue registers. Whoever reads the files
later (a mount, a linkage) can prove that they are the ones that were registered, and no rule about identifying columns
has to trust the person who asks: the owner stated them once, here.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from project_spaces.errors import Invalid
from project_spaces.text import Text

FILE_NAME = "manifest.json"
CHUNK = 1 << 20


@dataclass(frozen=True)
class Column:
    """One column: *identifying* never leaves a linkage, *linkable* may be compared in one."""

    name: str
    type: str
    identifying: bool = False
    linkable: bool = False


@dataclass(frozen=True)
class TableFile:
    """One table of a version, stored in one file beside the manifest."""

    name: str
    path: str
    sha256: str
    bytes: int
    rows: int
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names in the file's order."""
        return tuple(column.name for column in self.columns)

    @property
    def identifying(self) -> frozenset[str]:
        """Columns that the owner declared as pointing at a person or a named professional."""
        return frozenset(column.name for column in self.columns if column.identifying)

    @property
    def linkable(self) -> frozenset[str]:
        """Columns that the owner allows a linkage to compare; none means: not an input of a linkage."""
        return frozenset(column.name for column in self.columns if column.linkable)


@dataclass(frozen=True)
class Manifest:
    """A version of a data set, described."""

    dataset: str
    version: str
    title: Text
    owner: str
    classification: str
    min_persons: int
    person_column: str | None
    licence: str
    source: str
    citation: str
    tables: tuple[TableFile, ...]
    #: What the owner asks of results beyond the threshold; the export desk reads it. Absent from manifests without any.
    export_policy: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of all tables together."""
        return sum(table.rows for table in self.tables)

    def table(self, name: str) -> TableFile:
        """Return the table called *name*.

        Raises
        ------
        Invalid
            there is none; the sentence lists those there are.
        """
        for table in self.tables:
            if table.name == name:
                return table
        known = ", ".join(table.name for table in self.tables)
        raise Invalid(
            Text(
                f"Le jeu {self.dataset} n'a pas de table « {name} » (tables : {known}).",
                f"Data set {self.dataset} has no table {name!r} (tables: {known}).",
            )
        )

    def to_bytes(self) -> bytes:
        """Serialise; the same manifest always gives the same bytes."""
        document = asdict(self) | {"title": self.title._asdict()}
        if not self.export_policy:
            del document["export_policy"]
        return json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Read what :meth:`to_bytes` wrote.

        Raises
        ------
        Invalid
            it is not a manifest.
        """
        try:
            document: dict[str, Any] = json.loads(raw)
            tables = tuple(
                TableFile(**table | {"columns": tuple(Column(**column) for column in table["columns"])})
                for table in document["tables"]
            )
            return cls(**document | {"title": Text(**document["title"]), "tables": tables})
        except (ValueError, TypeError, KeyError) as error:
            raise Invalid(Text(f"Manifeste illisible : {error}.", f"The manifest can't be read: {error}.")) from None

    @property
    def sha256(self) -> str:
        """Hash of the manifest itself: what the catalogue registers."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def write(self, folder: Path) -> None:
        """Write the manifest into *folder*."""
        (folder / FILE_NAME).write_bytes(self.to_bytes())


def sha256_of(file: Path) -> str:
    """Hash a file without loading it whole."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def make_readable(folder: Path) -> None:
    """Let everyone read a finished version and nobody change it: workspaces read it under another user."""
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o755)


def read_verified(folder: Path, registered_sha256: str, tables: Iterable[str] = ()) -> Manifest:
    """Read the manifest in *folder* and prove it, and the files of *tables*, against what was registered.

    Raises
    ------
    Invalid
        the manifest or one of the files is absent or is not the registered one.
    """
    try:
        raw = (folder / FILE_NAME).read_bytes()
    except OSError:
        raise Invalid(Text(f"Manifeste absent de {folder.name}.", f"No manifest in {folder.name}.")) from None
    manifest = Manifest.from_bytes(raw)
    changed = list(_changed(folder, manifest, raw, registered_sha256, tables))
    if changed:
        names = ", ".join(changed)
        raise Invalid(
            Text(
                f"Le jeu {manifest.dataset} n'est plus celui qui a été enregistré : {names}.",
                f"Data set {manifest.dataset} is no longer the one that was registered: {names}.",
            )
        )
    return manifest


def _changed(
    folder: Path, manifest: Manifest, raw: bytes, registered_sha256: str, tables: Iterable[str]
) -> Iterator[str]:
    if hashlib.sha256(raw).hexdigest() != registered_sha256:
        yield FILE_NAME
    for name in tables:
        table = manifest.table(name)
        file = folder / table.path
        if file.is_symlink() or not file.is_file() or sha256_of(file) != table.sha256:
            yield table.path
