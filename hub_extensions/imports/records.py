"""What is kept of an import: the request, its files in quarantine, and every step with its place in the ledger.

Rows stay once a file was received: one that is taken out keeps its row with the moment it ended (TRAPS A9).
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, UnicodeText
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub_extensions.imports.states import State
from project_spaces.columns import SLUG_LENGTH, Base, Chosen
from project_spaces.datasets import Dataset
from project_spaces.people import Person
from project_spaces.projects import Project
from project_spaces.slugs import VERSION_LENGTH
from project_spaces.text import Text

_ID = String(32)
_SHA256 = String(64)


class Content(StrEnum):
    """What the files are, as their sender says (programs look at the bytes, not at this)."""

    DATA = "data"
    CODE = "code"
    PACKAGE = "package"
    DOCUMENT = "document"


CONTENT_LABELS: dict[Content, Text] = {
    Content.DATA: Text("Données", "Data"),
    Content.CODE: Text("Programmes ou carnets", "Code or notebooks"),
    Content.PACKAGE: Text("Paquets logiciels", "Software packages"),
    Content.DOCUMENT: Text("Documents", "Documents"),
}


class ImportRequest(Base):
    """One import, into *project*, or a candidate *version* of *dataset*. *edition* grows with each change."""

    __tablename__ = "import_request"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    project: Mapped[str | None] = mapped_column(ForeignKey(Project.slug), index=True)
    dataset: Mapped[str | None] = mapped_column(ForeignKey(Dataset.slug), index=True)
    version: Mapped[str | None] = mapped_column(String(VERSION_LENGTH))
    author: Mapped[str] = mapped_column(ForeignKey(Person.username), index=True)
    provider: Mapped[str | None] = mapped_column(_ID)
    title: Mapped[str] = mapped_column(UnicodeText)
    state: Mapped[State] = mapped_column(Chosen(State), index=True)
    edition: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    declaration: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    hold: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    decided_by: Mapped[str | None] = mapped_column(String(SLUG_LENGTH))
    released_at: Mapped[datetime | None]
    place: Mapped[str | None] = mapped_column(String(100))
    manifest_sha256: Mapped[str | None] = mapped_column(_SHA256)

    all_files: Mapped[list["ImportFile"]] = relationship(order_by="ImportFile.position", lazy="selectin")
    steps: Mapped[list["ImportStep"]] = relationship(order_by="ImportStep.position", lazy="selectin")

    @property
    def files(self) -> list["ImportFile"]:
        """The files that are in the import now."""
        return [file for file in self.all_files if file.removed_at is None]


class ImportFile(Base):
    """One file in quarantine, kept under its SHA-256; *scanner* says which engine found nothing in it."""

    __tablename__ = "import_file"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey(ImportRequest.id), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(UnicodeText)
    sha256: Mapped[str] = mapped_column(_SHA256)
    size: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime]
    type: Mapped[str | None] = mapped_column(String(100))
    verdict: Mapped[str | None] = mapped_column(String(16))
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    scanner: Mapped[str | None] = mapped_column(String(100))
    removed_at: Mapped[datetime | None]


class ImportStep(Base):
    """One recorded step: the event's identity in the ledger; *content* is what was said, *salt* its commitment's."""

    __tablename__ = "import_step"

    event_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey(ImportRequest.id), index=True)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    salt: Mapped[str | None] = mapped_column(_ID)
