"""The monthly control of traces (MR-007 SEC-JOU-2): an auditor goes through what was found, marks each hit, signs.

The signature (``project_spaces.signing``) is an entry of the ledger (``audit.reviewed``) that commits to a verified
log, to the list that was gone through in it and to every decision. What is signed can't be changed; a hit that is
recorded later for a signed period shows as late and is signed in a further edition. Nobody controls own traces: members
of a project are refused its control, and a hit of an auditor's own, in any scope, is marked by another.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, Integer, String, UnicodeText, UniqueConstraint, select
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit import canonical
from audit.events import Event, Kind
from audit.index import Index
from audit.rows import Row
from project_spaces.access import require
from project_spaces.columns import SLUG_LENGTH, Base, Chosen
from project_spaces.control_periods import END, ControlState, ControlTerms, Period, month, month_of, months, whole
from project_spaces.decisions import Action
from project_spaces.errors import Conflict, Invalid, Refused
from project_spaces.facts import ProjectStatus
from project_spaces.findings import Finding, FindingClass, findings
from project_spaces.projects import Project, get_project
from project_spaces.store import Store
from project_spaces.text import Text

LONGEST_COMMENT: Final = 2000
MOST_MARKS_AT_ONCE: Final = 1000


class Verdict(StrEnum):
    """What an auditor says of a hit."""

    EXPLAINED = "explained"
    INCIDENT = "incident"


class ControlRow(Base):
    """One signature. ``document`` is what it commits to, canonical JSON; ``scope`` is empty for the platform."""

    __tablename__ = "control"
    __table_args__ = (UniqueConstraint("scope", "period", "edition"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    scope: Mapped[str] = mapped_column(String(SLUG_LENGTH))
    period: Mapped[str] = mapped_column(String(7))
    edition: Mapped[int] = mapped_column(Integer)
    log_size: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(LongText)
    signed_at: Mapped[datetime]
    signed_by: Mapped[str] = mapped_column(String(64))


class MarkRow(Base):
    """What an auditor said of one hit."""

    __tablename__ = "finding_mark"

    entry: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    scope: Mapped[str] = mapped_column(String(SLUG_LENGTH))
    verdict: Mapped[Verdict] = mapped_column(Chosen(Verdict))
    comment: Mapped[str] = mapped_column(UnicodeText)
    marked_at: Mapped[datetime]
    marked_by: Mapped[str] = mapped_column(String(64))


@dataclass(frozen=True, slots=True)
class ControlSummary:
    """Where the control of one scope and period stands, without what was found."""

    scope: str | None
    period: Period
    state: ControlState
    #: Signatures, the first edition first.
    signed: tuple[ControlRow, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """One scope and period with everything to go through."""

    summary: ControlSummary
    findings: tuple[Finding, ...]
    marks: Mapping[int, MarkRow]
    #: Entries below were in the log when this was read, or when it was verified.
    log_size: int

    @property
    def open(self) -> tuple[Finding, ...]:
        """What no signature covers yet."""
        covered = max((each.log_size for each in self.summary.signed), default=0)
        return tuple(each for each in self.findings if each.index >= covered)

    @property
    def late(self) -> tuple[Finding, ...]:
        """Hits that were recorded after the period had been signed."""
        return tuple(each for each in self.open if each.what is FindingClass.HIT) if self.summary.signed else ()

    @property
    def altered(self) -> tuple[Finding, ...]:
        """What is not as the log signed it, or not what the index gives it for: nothing is signed over it."""
        return tuple(each for each in self.open if each.row.problem is not None)

    @property
    def unmarked(self) -> tuple[Finding, ...]:
        """Hits that keep the control from being signed."""
        return tuple(each for each in self.open if each.what is FindingClass.HIT and each.index not in self.marks)

    def counts(self) -> dict[str, int]:
        """How many of each class are open, and how the hits were judged."""
        counted = {what.value: 0 for what in FindingClass} | {verdict.value: 0 for verdict in Verdict}
        for each in self.open:
            counted[each.what.value] += 1
            if each.what is FindingClass.HIT and each.index in self.marks:
                counted[self.marks[each.index].verdict.value] += 1
        return counted


def controls(session: Session, scope: str | None, terms: ControlTerms, now: datetime) -> list[ControlSummary]:
    """Return every period of a scope that has begun, newest first; raises ``NotFound`` for an unknown project."""
    if scope is None:
        begun = session.scalars(select(Project.created_at).order_by(Project.created_at).limit(1)).one_or_none()
        periods = [] if begun is None else list(months(begun, now, terms))
    else:
        project = get_project(session, scope)
        end = min(now, project.ends_at)
        periods = list(months(project.starts_at, end, terms))
        if now >= project.ends_at or project.status is ProjectStatus.CLOSED:
            periods.append(whole(project.starts_at, end))
    return [summary_of(session, scope, period, now) for period in reversed(periods)]


def overdue(session: Session, terms: ControlTerms, now: datetime) -> list[ControlSummary]:
    """Return the controls of all scopes that should have been signed by *now*."""
    scopes: list[str | None] = [None, *session.scalars(select(Project.slug).order_by(Project.slug))]
    every = (each for scope in scopes for each in controls(session, scope, terms, now))
    return [each for each in every if each.state is ControlState.OVERDUE]


def control_of(
    session: Session, index: Index, scope: str | None, period: str, *, terms: ControlTerms, now: datetime
) -> Control:
    """Return one period with everything found in it; raises ``NotFound`` or ``Invalid`` for an unknown one."""
    summary = summary_of(session, scope, _period(session, scope, period, terms, now), now)
    size = index.size
    projects = set(session.scalars(select(Project.slug)))
    found = findings(index, scope, projects, since=summary.period.since, until=summary.period.until)
    seen = tuple(each for each in found if each.index < size)
    return Control(summary, seen, marks_of(session, [each.index for each in seen]), size)


def mark(
    store: Store,
    index: Index,
    scope: str | None,
    entries: Sequence[int],
    *,
    verdict: Verdict,
    comment: str,
    terms: ControlTerms,
    actor: str,
    now: datetime,
) -> None:
    """Say of each of these hits that it is explained, or an incident; until it is signed it may be said anew.

    Raises
    ------
    Invalid
        no comment, no entries or too many, or one that is no hit of this scope.
    Conflict
        a signature covers one of them, or the log did not sign it.
    Refused
        *actor* is not an auditor from outside the project, or one of the hits is *actor*'s own.
    """
    written = comment.strip()
    if not 1 <= len(written) <= LONGEST_COMMENT or not 1 <= len(entries) <= MOST_MARKS_AT_ONCE:
        raise Invalid(
            Text(
                f"Donnez un commentaire ({LONGEST_COMMENT} caractères au plus) et de 1 à {MOST_MARKS_AT_ONCE} entrées.",
                f"Give a comment (at most {LONGEST_COMMENT} characters) and 1 to {MOST_MARKS_AT_ONCE} entries.",
            )
        )
    subject = {"entries": len(entries), "verdict": verdict.value, "digest": _digest(sorted(set(entries)))}
    event = Event(Kind.AUDIT_MARKED, actor, scope, now, subject, private={"comment": written[:1024]})
    with store.write(event) as session:
        require(session, actor, Action.CONTROL_TRACES, now=now, project_slug=scope)
        projects = set(session.scalars(select(Project.slug)))
        for finding in _hits(index, entries, scope, projects):
            _require_another(finding, actor)
            _require_unsigned(session, finding, scope, terms)
            session.merge(
                MarkRow(
                    entry=finding.index,
                    scope=scope or "",
                    verdict=verdict,
                    comment=written,
                    marked_at=now,
                    marked_by=actor,
                )
            )


def _period(session: Session, scope: str | None, name: str, terms: ControlTerms, now: datetime) -> Period:
    if name != END:
        return month(name, terms)
    if scope is None:
        raise Invalid(Text("La plateforme n'a pas de fin.", "The platform has no end."))
    project = get_project(session, scope)
    return whole(project.starts_at, min(now, project.ends_at))


def summary_of(session: Session, scope: str | None, period: Period, now: datetime) -> ControlSummary:
    """Return where the control of one period stands."""
    query = select(ControlRow).where(ControlRow.scope == (scope or ""), ControlRow.period == period.name)
    signed = tuple(session.scalars(query.order_by(ControlRow.edition)))
    if signed:
        state = ControlState.SIGNED
    elif now < period.until:
        state = ControlState.RUNNING
    else:
        state = ControlState.OVERDUE if now >= period.due else ControlState.DUE
    return ControlSummary(scope, period, state, signed)


def marks_of(session: Session, entries: Sequence[int]) -> dict[int, MarkRow]:
    """Return what was said of these hits, as far as anything was."""
    found: dict[int, MarkRow] = {}
    for at in range(0, len(entries), 500):
        query = select(MarkRow).where(MarkRow.entry.in_(entries[at : at + 500]))
        found |= {row.entry: row for row in session.scalars(query)}
    return found


def _hits(index: Index, entries: Sequence[int], scope: str | None, projects: set[str]) -> Iterable[Finding]:
    size = index.size
    if any(not 0 <= entry < size for entry in entries):
        raise Invalid(Text("Il n'y a pas de telle entrée.", "There is no such entry."))
    for row in index.rows(sorted(set(entries))):
        require_as_signed(row)
        mine = row.project == scope if scope is not None else row.project not in projects
        if not row.rules or not mine:
            raise Invalid(
                Text(
                    f"L'entrée {row.index} n'est pas un signalement de ce périmètre.",
                    f"Entry {row.index} is no rule hit of this scope.",
                )
            )
        yield Finding(FindingClass.HIT, row)


def require_as_signed(row: Row) -> None:
    """Let pass what is as the log signed it and what the index gives it for; raises ``Conflict`` with the file."""
    if (problem := row.problem) is not None:
        raise Conflict(
            Text(
                f"L'entrée {row.index} n'est pas telle qu'elle doit être ({problem.where} : {problem.fr}).",
                f"Entry {row.index} is not as it must be ({problem.where}: {problem.en}).",
            )
        )


def _require_another(finding: Finding, actor: str) -> None:
    if finding.concerns(actor):
        raise Refused(
            Text(
                f"L'entrée {finding.index} est une trace de vous : un autre auditeur doit la contrôler.",
                f"Entry {finding.index} is a trace of yours: another auditor must control it.",
            )
        )


def _require_unsigned(session: Session, finding: Finding, scope: str | None, terms: ControlTerms) -> None:
    periods = (month_of(finding.row.at, terms), END)
    query = select(ControlRow.log_size).where(ControlRow.scope == (scope or ""), ControlRow.period.in_(periods))
    if any(size > finding.index for size in session.scalars(query)):
        raise Conflict(
            Text(
                f"Un contrôle signé couvre l'entrée {finding.index} : il ne change plus.",
                f"A signed control covers entry {finding.index}: it does not change any more.",
            )
        )


def _digest(entries: Sequence[int]) -> str:
    return hashlib.sha256(canonical.dumps(list(entries))).hexdigest()
