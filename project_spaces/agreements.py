"""What the owner of a data set agreed with a project, and the times in which nobody may use a data set (embargo).

An agreement (convention) is asked for by the installation's rule for a class of data sets, or by the data set itself.
Both are the steward's acts, as the data set is (référentiel 4.1).
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ForeignKey, Index, String, UnicodeText, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.columns import Base, Lasting
from project_spaces.datasets import Dataset, get_dataset
from project_spaces.errors import NotFound
from project_spaces.habilitations import tell_habilitated
from project_spaces.owner_perimeters import require_keeper
from project_spaces.projects import Project, get_project
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.windows import Window, require_order

#: Before every clock.
EVER = datetime.min.replace(tzinfo=UTC)


class DatasetAgreement(Lasting, Base):
    """One signed agreement for one data set in one project. Withdrawn, never deleted."""

    __tablename__ = "dataset_agreement"
    __table_args__ = (Index("ix_dataset_agreement_project_dataset", "project", "dataset"),)

    project: Mapped[str] = mapped_column(ForeignKey(Project.slug))
    dataset: Mapped[str] = mapped_column(ForeignKey(Dataset.slug), index=True)
    reference: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(64))


class Embargo(Base):
    """A time in which nobody uses a data set, until it is lifted."""

    __tablename__ = "embargo"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    dataset: Mapped[str] = mapped_column(ForeignKey(Dataset.slug), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(UnicodeText)
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(64))
    lifted_at: Mapped[datetime | None]
    #: When somebody last said that it goes on, and when people were last reminded to.
    reviewed_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]

    @property
    def window(self) -> Window:
        """When it holds; one that closes at once does so also where the clock is set back behind that hour."""
        return Window(self.starts_at if self.set_at < self.starts_at else EVER, self.ends_at, self.lifted_at)


def agreements(session: Session, project: str, datasets: Sequence[str]) -> Sequence[DatasetAgreement]:
    """Return the agreements of *project* for these data sets, past ones too."""
    query = select(DatasetAgreement).where(DatasetAgreement.project == project, DatasetAgreement.dataset.in_(datasets))
    return session.scalars(query.order_by(DatasetAgreement.starts_at, DatasetAgreement.id)).all()


def agreements_of(session: Session, dataset: str) -> Sequence[DatasetAgreement]:
    """Return the agreements for *dataset* with any project, past ones too, the latest first."""
    query = select(DatasetAgreement).where(DatasetAgreement.dataset == dataset)
    return session.scalars(query.order_by(DatasetAgreement.starts_at.desc(), DatasetAgreement.id)).all()


def embargoes(session: Session, datasets: Sequence[str]) -> Sequence[Embargo]:
    """Return the embargoes on these data sets, past ones too."""
    return session.scalars(select(Embargo).where(Embargo.dataset.in_(datasets)).order_by(Embargo.starts_at)).all()


def closing(session: Session, dataset: str, now: datetime) -> list[Window]:
    """Return the embargoes that close *dataset* at *now*; none where it is open."""
    return [each.window for each in embargoes(session, [dataset]) if each.window.holds(now)]


def require_agreement(store: Store, dataset: str, *, required: bool, actor: str, now: datetime) -> None:
    """Say whether *dataset* is used only under a signed agreement, whatever its class asks.

    Raises
    ------
    NotFound, Refused
        no such data set; *actor* is neither a steward of its owner nor an administrator.
    """
    subject = {"dataset": dataset, "change": "agreement required" if required else "agreement not required"}
    with store.write(Event(Kind.DATASET_CHANGED, actor, None, now, subject)) as session:
        require_keeper(session, actor, dataset, now)
        get_dataset(session, dataset).agreement_required = required


def record_agreement(
    store: Store,
    *,
    project: str,
    dataset: str,
    reference: str,
    starts_at: datetime,
    ends_at: datetime,
    actor: str,
    now: datetime,
) -> str:
    """Record a signed agreement and return its id.

    Raises
    ------
    Invalid, NotFound, Refused
        the end is not after the start; no such project or data set; as ``require_agreement``.
    """
    require_order(starts_at, ends_at)
    number = uuid.uuid4().hex
    subject = {"agreement": number, "dataset": dataset, "ends_at": ends_at.isoformat(), "change": "recorded"}
    with store.write(Event(Kind.AGREEMENT, actor, project, now, subject)) as session:
        require_keeper(session, actor, dataset, now)
        get_project(session, project)
        session.add(
            DatasetAgreement(
                id=number,
                project=project,
                dataset=dataset,
                reference=reference[:200],
                starts_at=starts_at,
                ends_at=ends_at,
                recorded_at=now,
                recorded_by=actor,
            )
        )
    return number


def revoke_agreement(store: Store, agreement_id: str, *, actor: str, now: datetime, reason: str) -> None:
    """End an agreement now: workspaces that need it are cut, people are told. Doing it again changes nothing.

    Raises
    ------
    NotFound, Refused
        no such agreement; as ``require_agreement``.
    """
    with store.read() as session:
        found = _agreement(session, agreement_id)
    subject = {"agreement": agreement_id, "dataset": found.dataset, "change": "revoked"}
    event = Event(Kind.AGREEMENT, actor, found.project, now, subject, private={"reason": reason})
    with store.write(event) as session:
        row = _agreement(session, agreement_id)
        require_keeper(session, actor, row.dataset, now)
        if row.revoke(now):
            text = Text(
                f"La convention de l'espace projet {row.project} pour le jeu de données {row.dataset} a pris fin.",
                f"The agreement of project space {row.project} for data set {row.dataset} has ended.",
            )
            tell_habilitated(session, row.dataset, text, project=row.project, now=now)


def _agreement(session: Session, agreement_id: str) -> DatasetAgreement:
    row = session.get(DatasetAgreement, agreement_id)
    if row is None:
        raise NotFound(Text("Il n'y a pas de telle convention.", "There is no such agreement."))
    return row


def get_embargo(session: Session, embargo_id: str) -> Embargo:
    """Return the embargo, or raise ``NotFound``."""
    row = session.get(Embargo, embargo_id)
    if row is None:
        raise NotFound(Text("Il n'y a pas de tel embargo.", "There is no such embargo."))
    return row
