"""How much may be shown to one person in a project, per hour and per day: budgets, what was used, lifted pauses.

What is shown can be copied off the screen, so the amount is metered (CNIL guide 2019, ex. 7.3: volume out too large).
Above a share of the budget the person is warned, at the budget output pauses until the next hour or day. An auditor or
an administrator may lift a pause: that grants one more budget for the hour and day at hand, never for oneself.

Use is counted in a table that all gateways share. A count is a measure and no act: it is written without an event of
its own (the ledger's ``output.count`` entries tell the same), unlike budgets and lifts.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Final

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, UnicodeText, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.access import require
from project_spaces.columns import SLUG_LENGTH, Base
from project_spaces.decisions import Action
from project_spaces.engines import open_engine
from project_spaces.errors import BureauError, Invalid, Unavailable
from project_spaces.people import Person, get_person, require_administrator
from project_spaces.projects import Project, get_project
from project_spaces.reasons import written_reason
from project_spaces.store import Store
from project_spaces.text import Text

MIB: Final = 2**20
MOST_MIB: Final = 10**6
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR: Final = timedelta(hours=1)
HOURS_A_DAY: Final = 24


PAUSED: Final = Text(
    "Affichage en pause : votre budget dans ce projet est atteint. Reprise à l'heure ou au jour qui suit, plus tôt si "
    "un auditeur ou un administrateur lève la pause.",
    "Output paused: your budget in this project is used up. It resumes with the next hour or day, or earlier if an "
    "auditor or administrator lifts the pause.",
)


class OverBudget(BureauError):
    """Output is paused."""

    status = 429


class Flow(IntEnum):
    """Whether output flows; ordered, so that a connection notices what is new to it."""

    FREE = 0
    WARNED = 1
    PAUSED = 2


@dataclass(frozen=True, slots=True)
class Budget:
    """Bytes one person may be shown in one project, and the share at which the person is warned."""

    hour: int
    day: int
    warn_percent: int = 80

    def lifted(self, use: "Use") -> "Budget":
        """Return the budget with one more for each pause that was lifted."""
        return Budget(self.hour * (1 + use.hour_lifts), self.day * (1 + use.day_lifts), self.warn_percent)


@dataclass(frozen=True, slots=True)
class Use:
    """Bytes shown to one person in one project, in the hour and the day at hand, and the pauses lifted in them."""

    hour: int = 0
    day: int = 0
    hour_lifts: int = 0
    day_lifts: int = 0

    def flow(self, budget: Budget) -> Flow:
        """Say whether output flows."""
        whole = budget.lifted(self)
        return max(
            _flow(self.hour, whole.hour, whole.warn_percent),
            _flow(self.day, whole.day, whole.warn_percent),
        )

    def more(self, size: int) -> "Use":
        """Return what it is after *size* further bytes."""
        return replace(self, hour=self.hour + size, day=self.day + size)


def _flow(used: int, budget: int, warn_percent: int) -> Flow:
    if used >= budget:
        return Flow.PAUSED
    return Flow.WARNED if used * 100 >= budget * warn_percent else Flow.FREE


class EgressBudgetRow(Base):
    """A budget of one project; none means the settings'."""

    __tablename__ = "egress_budget"

    project: Mapped[str] = mapped_column(ForeignKey(Project.slug), primary_key=True)
    hour_mb: Mapped[int] = mapped_column(Integer)
    day_mb: Mapped[int] = mapped_column(Integer)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(64))


class EgressUseRow(Base):
    """Bytes shown to one person in one project within one hour (hours since 1970, UTC)."""

    __tablename__ = "egress_use"

    person: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    project: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    hour: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    shown: Mapped[int] = mapped_column(BigInteger)


class EgressLiftRow(Base):
    """A pause that was lifted."""

    __tablename__ = "egress_lift"
    __table_args__ = (Index("ix_egress_lift_person_project", "person", "project"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey(Person.username))
    project: Mapped[str] = mapped_column(ForeignKey(Project.slug))
    hour: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(UnicodeText)
    lifted_at: Mapped[datetime]
    lifted_by: Mapped[str] = mapped_column(String(64))


def hour_of(now: datetime) -> int:
    """Return the number of the hour (since 1970, UTC)."""
    return (now - _EPOCH) // _HOUR


def start_of(hour: int) -> datetime:
    """Return when an hour begins."""
    return _EPOCH + hour * _HOUR


def next_day(hour: int) -> datetime:
    """Return when the day (UTC) after this hour's begins."""
    return start_of((hour // HOURS_A_DAY + 1) * HOURS_A_DAY)


def budget_of(session: Session, project: str, default: Budget) -> Budget:
    """Return the budget that holds in *project*."""
    row = session.get(EgressBudgetRow, project)
    return default if row is None else Budget(row.hour_mb * MIB, row.day_mb * MIB, default.warn_percent)


def use_of(session: Session, person: str, project: str, hour: int) -> Use:
    """Return what *person* was shown in *project* in this hour and its day."""
    first = hour - hour % HOURS_A_DAY
    mine = (EgressUseRow.person == person, EgressUseRow.project == project, EgressUseRow.hour.between(first, hour))
    shown = {row.hour: row.shown for row in session.scalars(select(EgressUseRow).where(*mine))}
    lifts = session.scalars(
        select(EgressLiftRow.hour).where(
            EgressLiftRow.person == person, EgressLiftRow.project == project, EgressLiftRow.hour.between(first, hour)
        )
    ).all()
    return Use(shown.get(hour, 0), sum(shown.values()), lifts.count(hour), len(lifts))


def uses(session: Session, now: datetime, *, project: str | None = None) -> Mapping[tuple[str, str], Use]:
    """Return who was shown how much today, by person and project."""
    hour = hour_of(now)
    query = select(EgressUseRow.person, EgressUseRow.project).where(
        EgressUseRow.hour.between(hour - hour % HOURS_A_DAY, hour)
    )
    query = query if project is None else query.where(EgressUseRow.project == project)
    pairs: Sequence[tuple[str, str]] = [(row[0], row[1]) for row in session.execute(query.distinct())]
    return {(person, slug): use_of(session, person, slug, hour) for person, slug in sorted(pairs)}


def set_budget(store: Store, project: str, *, hour_mb: int, day_mb: int, actor: str, now: datetime) -> None:
    """Set the budget of *project*, in MiB per person.

    Raises
    ------
    Invalid
        not from 1 to 1,000,000, or the day's is below the hour's.
    NotFound, Refused
        no such project; *actor* is not an administrator.
    """
    if not 1 <= hour_mb <= day_mb <= MOST_MIB:
        raise Invalid(
            Text(
                f"Budget refusé : 1 ≤ heure ≤ jour ≤ {MOST_MIB} Mio.",
                f"Budget refused: 1 ≤ hour ≤ day ≤ {MOST_MIB} MiB.",
            )
        )
    event = Event(Kind.EGRESS_CHANGED, actor, project, now, {"hour_mb": hour_mb, "day_mb": day_mb})
    with store.write(event) as session:
        require_administrator(session, actor, now)
        get_project(session, project)
        session.merge(
            EgressBudgetRow(project=project, hour_mb=hour_mb, day_mb=day_mb, changed_at=now, changed_by=actor)
        )


def lift_pause(store: Store, person: str, project: str, *, reason: str, actor: str, now: datetime) -> None:
    """Grant *person* one more budget for the hour and the day at hand.

    Raises
    ------
    Invalid
        no reason, or one that is too long.
    NotFound, Refused
        no such person or project; *actor* is neither auditor nor administrator, or is *person*.
    """
    written = written_reason(reason)
    event = Event(Kind.EGRESS_LIFTED, actor, project, now, private={"reason": written}, persons={"beneficiary": person})
    with store.write(event) as session:
        require(session, actor, Action.LIFT_PAUSE, now=now, beneficiary=person)
        get_person(session, person)
        get_project(session, project)
        session.add(
            EgressLiftRow(
                id=event.id,
                person=person,
                project=project,
                hour=hour_of(now),
                reason=written,
                lifted_at=now,
                lifted_by=actor,
            )
        )


class EgressCounts:
    """The shared table of counts, for every door that shows; apart from the store, since counting is no act."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url, read_only=False)

    def add(self, shown: Mapping[tuple[str, str], int], hour: int) -> None:
        """Add bytes shown, by person and project, to what stands there for this hour."""
        rows = [
            {"person": person, "project": project, "hour": hour, "shown": size}
            for (person, project), size in sorted(shown.items())
            if size
        ]
        if not rows:
            return
        made = (postgresql if self._engine.dialect.name == "postgresql" else sqlite).insert(EgressUseRow).values(rows)
        summed = made.on_conflict_do_update(
            index_elements=["person", "project", "hour"], set_={"shown": EgressUseRow.shown + made.excluded.shown}
        )
        with self._engine.begin() as connection:
            connection.execute(summed)

    def show(self, person: str, project: str, size: int, *, now: datetime, default: Budget) -> None:
        """Count bytes that another door than a gateway is about to show.

        Raises
        ------
        OverBudget
            output is paused.
        Unavailable
            the table can't be read or written: nothing is shown on trust.
        """
        try:
            hour = max(hour_of(now), self.latest_hour())
            budget, use = self.read(person, project, hour, default)
            if use.flow(budget) is Flow.PAUSED:
                raise OverBudget(PAUSED)
            self.add({(person, project): size}, hour)
        except SQLAlchemyError:
            raise Unavailable(
                Text("Le budget d'affichage ne peut pas être lu.", "The budget of output can't be read.")
            ) from None

    def latest_hour(self) -> int:
        """Return the latest hour in which anything was shown; a clock that was set back begins no earlier."""
        with Session(self._engine) as session:
            return session.scalar(select(func.max(EgressUseRow.hour))) or 0

    def read(self, person: str, project: str, hour: int, default: Budget) -> tuple[Budget, Use]:
        """Return the budget that holds, and what all gateways together have shown."""
        with Session(self._engine) as session:
            return budget_of(session, project, default), use_of(session, person, project, hour)

    def read_all(
        self, who: Collection[tuple[str, str]], hour: int, default: Budget
    ) -> dict[tuple[str, str], tuple[Budget, Use]]:
        """Return the same of all of *who* (person, project): three queries however many they are."""
        if not who:
            return {}
        today = hour - hour % HOURS_A_DAY
        people, projects = {person for person, _ in who}, {project for _, project in who}
        shown = {key: [0, 0, 0, 0] for key in who}
        with Session(self._engine) as session:
            set_apart = session.scalars(select(EgressBudgetRow).where(EgressBudgetRow.project.in_(projects)))
            budgets = {
                row.project: Budget(row.hour_mb * MIB, row.day_mb * MIB, default.warn_percent) for row in set_apart
            }
            for table, bytes_, first in ((EgressUseRow, EgressUseRow.shown, 0), (EgressLiftRow, literal(1), 2)):
                query = select(table.person, table.project, table.hour, bytes_).where(
                    table.hour.between(today, hour), table.person.in_(people), table.project.in_(projects)
                )
                for person, project, when, much in session.execute(query):
                    counted = shown.get((person, project), [0, 0, 0, 0])
                    counted[first] += much if when == hour else 0
                    counted[first + 1] += much
        return {key: (budgets.get(key[1], default), Use(*counted)) for key, counted in shown.items()}

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()
