"""What is kept of an export request: the request, its files, votes, remarks, steps, and what was released and fetched.

Rows are never deleted once a reviewer could have seen them: a file that is taken out, a vote that no longer counts and
a link that was revoked keep their row with the moment it ended (TRAPS A9).
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UnicodeText, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub_extensions.exports.states import State
from hub_extensions.exports.voting import Ballot
from hub_extensions.outside.access import Outsider
from project_spaces.columns import Base, Chosen
from project_spaces.people import Person
from project_spaces.projects import Project
from project_spaces.text import Text


class OutputKind(StrEnum):
    """What the author says a file is (SATRE 3.3.01); checks look at the bytes, not at this."""

    TABLE = "table"
    FIGURE = "figure"
    REPORT = "report"
    MODEL_COEFFICIENTS = "model_coefficients"
    CODE = "code"
    SUPPORTING = "supporting"  # evidence for the reviewers: frozen, judged and shown, and it never leaves
    OTHER = "other"


OUTPUT_KIND_LABELS: dict[OutputKind, Text] = {
    OutputKind.TABLE: Text("Tableau", "Table"),
    OutputKind.FIGURE: Text("Figure", "Figure"),
    OutputKind.REPORT: Text("Rapport", "Report"),
    OutputKind.MODEL_COEFFICIENTS: Text("Coefficients de modèle", "Model coefficients"),
    OutputKind.CODE: Text("Programme", "Code"),
    OutputKind.SUPPORTING: Text("Pièce de contrôle (ne sort pas)", "Supporting file (never leaves)"),
    OutputKind.OTHER: Text("Autre", "Other"),
}

_ID = String(32)
_SHA256 = String(64)
_ACTOR = String(64)


class ExportRequest(Base):
    """One request. *edition* grows with each change: a submission that took minutes sees that it is out of date."""

    __tablename__ = "export_request"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    project: Mapped[str] = mapped_column(ForeignKey(Project.slug), index=True)
    author: Mapped[str] = mapped_column(ForeignKey(Person.username), index=True)
    title: Mapped[str] = mapped_column(UnicodeText)
    purpose: Mapped[str] = mapped_column(UnicodeText)
    recipients: Mapped[list[str]] = mapped_column(JSON)
    outside: Mapped[list[dict[str, str]] | None] = mapped_column(JSON(none_as_null=True))
    #: Declared fit for a public repository; None in requests that are older than the question.
    public: Mapped[bool | None]
    state: Mapped[State] = mapped_column(Chosen(State), index=True)
    round: Mapped[int] = mapped_column(default=0)
    closed_round: Mapped[int] = mapped_column(default=0)
    edition: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    hold: Mapped[list[str] | None] = mapped_column(JSON)
    criteria: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    all_files: Mapped[list["ExportFile"]] = relationship(order_by="ExportFile.position", back_populates="request")
    votes: Mapped[list["ExportVote"]] = relationship(order_by="ExportVote.cast_at, ExportVote.id")
    comments: Mapped[list["ExportComment"]] = relationship(order_by="ExportComment.position")
    steps: Mapped[list["ExportStep"]] = relationship(order_by="ExportStep.position")
    release: Mapped["ExportRelease | None"] = relationship()
    links: Mapped[list["ExportLink"]] = relationship(order_by="ExportLink.issued_at, ExportLink.id")

    @property
    def outsiders(self) -> tuple[Outsider, ...]:
        """Recipients without an account, as the author named them."""
        return tuple(Outsider(**each) for each in self.outside or ())

    @property
    def files(self) -> list["ExportFile"]:
        """The files that are in the request now."""
        return [file for file in self.all_files if file.removed_at is None]

    @property
    def leaving(self) -> list["ExportFile"]:
        """Those of them that leave when the request is released."""
        return [file for file in self.files if file.kind is not OutputKind.SUPPORTING]


class ExportFile(Base):
    """One file: before submission a path in the project folder, afterwards the hash of a frozen copy.

    *released_sha256* is what reviewers see and what is handed out: the normalised bytes, or the original ones where
    nothing needs normalising. *fingerprint* is what a vote is bound to; *population* what the table's sidecar declared.
    """

    __tablename__ = "export_file"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("export_request.id"), index=True)
    position: Mapped[int]
    path: Mapped[str] = mapped_column(UnicodeText)
    kind: Mapped[OutputKind] = mapped_column(Chosen(OutputKind))
    context: Mapped[str] = mapped_column(UnicodeText)
    controls: Mapped[str] = mapped_column(UnicodeText)
    code: Mapped[str] = mapped_column(UnicodeText)
    sha256: Mapped[str | None] = mapped_column(_SHA256)
    size: Mapped[int | None] = mapped_column(BigInteger)
    released_sha256: Mapped[str | None] = mapped_column(_SHA256)
    released_size: Mapped[int | None] = mapped_column(BigInteger)
    released_name: Mapped[str | None] = mapped_column(UnicodeText)
    type: Mapped[str | None] = mapped_column(String(100))
    verdict: Mapped[str | None] = mapped_column(String(16))
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    fingerprint: Mapped[str | None] = mapped_column(_SHA256)
    population: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    removed_at: Mapped[datetime | None]

    request: Mapped[ExportRequest] = relationship(back_populates="all_files")


class ExportVote(Base):
    """One reviewer's voice on one file; *void_because* says why it no longer counts."""

    __tablename__ = "export_vote"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("export_request.id"), index=True)
    file_id: Mapped[str] = mapped_column(ForeignKey("export_file.id"))
    reviewer: Mapped[str] = mapped_column(ForeignKey(Person.username), index=True)
    ballot: Mapped[Ballot] = mapped_column(Chosen(Ballot))
    fingerprint: Mapped[str] = mapped_column(_SHA256)
    round: Mapped[int]
    cast_at: Mapped[datetime]
    void_at: Mapped[datetime | None]
    void_because: Mapped[str | None] = mapped_column(String(32))

    __table_args__ = (
        # Two clicks at once, in two processes: the database itself lets only one through.
        Index(
            "export_vote_once",
            "file_id",
            "reviewer",
            unique=True,
            sqlite_where=text("void_at IS NULL"),
            postgresql_where=text("void_at IS NULL"),
        ),
    )


class ExportComment(Base):
    """A remark, a question or an answer; *public* ones reach the author when the request comes back."""

    __tablename__ = "export_comment"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("export_request.id"), index=True)
    position: Mapped[int]
    file_id: Mapped[str | None] = mapped_column(ForeignKey("export_file.id"))
    author: Mapped[str] = mapped_column(ForeignKey(Person.username))
    by_reviewer: Mapped[bool]
    public: Mapped[bool]
    text: Mapped[str] = mapped_column(UnicodeText)
    round: Mapped[int]
    at: Mapped[datetime]


class ExportStep(Base):
    """One recorded step: the event's identity in the ledger, for the history and for the proofs in the package.

    *content* is what the act said; the ledger's leaf holds its commitment, SHA-256 of *salt* and *content*, so that
    neither a vote can be guessed from the log nor the row be changed afterwards.
    """

    __tablename__ = "export_step"

    event_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("export_request.id"), index=True)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(_ACTOR)
    round: Mapped[int]
    at: Mapped[datetime]
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    salt: Mapped[str | None] = mapped_column(_ID)


class ExportRelease(Base):
    """The package that was handed out: its hash and, later, the moment it was revoked."""

    __tablename__ = "export_release"

    request_id: Mapped[str] = mapped_column(ForeignKey("export_request.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(_SHA256)
    size: Mapped[int] = mapped_column(BigInteger)
    key_id: Mapped[str] = mapped_column(_SHA256)
    released_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(ForeignKey(Person.username))
    reason: Mapped[str | None] = mapped_column(UnicodeText)


class ExportLink(Base):
    """The right of one named recipient to fetch the package a few times, until a day."""

    __tablename__ = "export_link"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("export_request.id"), index=True)
    recipient: Mapped[str] = mapped_column(ForeignKey(Person.username), index=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    max_count: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)
    revoked_at: Mapped[datetime | None]


class ExportDownload(Base):
    """One download, recorded before its first byte."""

    __tablename__ = "export_download"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    link_id: Mapped[str] = mapped_column(ForeignKey("export_link.id"), index=True)
    recipient: Mapped[str] = mapped_column(ForeignKey(Person.username))
    started_at: Mapped[datetime]
