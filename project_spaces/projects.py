"""Project spaces: the unit of isolation, with a purpose, a beginning, an end and a quota."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Float, Integer, String, UnicodeText, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.columns import SLUG_LENGTH, Base, Chosen
from project_spaces.errors import Conflict, Invalid, NotFound
from project_spaces.facts import ProjectFacts, ProjectStatus
from project_spaces.people import require_administrator
from project_spaces.quotas import Quota
from project_spaces.records.ends import EndStage, ProjectEnd, withdraw_pending
from project_spaces.slugs import is_slug, require_slug
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.windows import Window, require_order

TITLE_LENGTH = 200
PURPOSE_LENGTH = 10_000


class Project(Base):
    """One project space; the slug is also the JupyterHub server name of its workspaces."""

    __tablename__ = "project"

    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    purpose: Mapped[str] = mapped_column(UnicodeText)
    status: Mapped[ProjectStatus] = mapped_column(Chosen(ProjectStatus))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    exports_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    cpu: Mapped[float] = mapped_column(Float)
    memory_mb: Mapped[int] = mapped_column(Integer)
    pids: Mapped[int] = mapped_column(Integer)
    storage_gb: Mapped[int] = mapped_column(Integer)
    gpu_count: Mapped[int] = mapped_column(Integer)

    @property
    def quota(self) -> Quota:
        """Limits of the project."""
        return Quota(self.cpu, self.memory_mb, self.pids, self.storage_gb, self.gpu_count)

    @property
    def facts(self) -> ProjectFacts:
        """The project as a decision sees it."""
        return ProjectFacts(self.slug, self.status, Window(self.starts_at, self.ends_at))

    def frozen(self, export_window: timedelta) -> Window:
        """When nobody works here any more and results may still leave: from the end on, for a while."""
        return Window(self.ends_at, max(self.ends_at, self.exports_until or self.ends_at + export_window))

    def take(self, quota: Quota) -> None:
        """Set every limit."""
        self.cpu, self.memory_mb, self.pids = quota.cpu, quota.memory_mb, quota.pids
        self.storage_gb, self.gpu_count = quota.storage_gb, quota.gpu_count


def get_project(session: Session, slug: str) -> Project:
    """Return the project, or raise ``NotFound``."""
    project = session.get(Project, slug) if is_slug(slug) else None
    if project is None:
        raise NotFound(
            Text(f"Il n'y a pas d'espace projet « {slug[:40]} ».", f"There is no project space “{slug[:40]}”.")
        )
    return project


def list_projects(session: Session) -> Sequence[Project]:
    """Return every project, by slug."""
    return session.scalars(select(Project).order_by(Project.slug)).all()


def create_project(
    store: Store,
    *,
    slug: str,
    title: str,
    purpose: str,
    starts_at: datetime,
    ends_at: datetime,
    quota: Quota,
    actor: str,
    now: datetime,
) -> None:
    """Open a project space; it has no members and no data yet.

    Raises
    ------
    Invalid
        the slug, title, purpose or dates can't be right.
    Conflict
        the slug is taken.
    Refused
        *actor* is not an administrator.
    """
    require_slug(slug, Text("Identifiant du projet", "Project identifier"))
    _check_texts(title, purpose)
    require_order(starts_at, ends_at)
    event = Event(Kind.PROJECT_CREATED, actor, slug, now, {"ends_at": ends_at.isoformat(), **quota.as_subject()})
    with store.write(event) as session:
        require_administrator(session, actor, now)
        if session.get(Project, slug) is not None:
            raise Conflict(Text(f"L'identifiant « {slug} » est pris.", f"The identifier “{slug}” is taken."))
        project = Project(
            slug=slug,
            title=title.strip(),
            purpose=purpose.strip(),
            status=ProjectStatus.OPEN,
            starts_at=starts_at,
            ends_at=ends_at,
            created_at=now,
        )
        project.take(quota)
        session.add(project)


def change_project(
    store: Store,
    slug: str,
    *,
    actor: str,
    now: datetime,
    title: str | None = None,
    purpose: str | None = None,
    ends_at: datetime | None = None,
    status: ProjectStatus | None = None,
) -> None:
    """Change what is given; an earlier end or another status takes effect at once.

    Raises
    ------
    Invalid, NotFound, Refused
        as ``create_project``; no such project.
    Conflict
        it was archived or deleted.
    """
    subject: dict[str, str] = {} if ends_at is None else {"ends_at": ends_at.isoformat()}
    subject |= {} if status is None else {"status": status.value}
    subject |= {name: "changed" for name, value in {"title": title, "purpose": purpose}.items() if value is not None}
    with store.write(Event(Kind.PROJECT_CHANGED, actor, slug, now, subject)) as session:
        require_administrator(session, actor, now)
        project = get_project(session, slug)
        project.title = project.title if title is None else title.strip()
        project.purpose = project.purpose if purpose is None else purpose.strip()
        project.ends_at = ends_at or project.ends_at
        project.status = status or project.status
        _revive(session, project, actor, now)
        _check_texts(project.title, project.purpose)
        require_order(project.starts_at, project.ends_at)


def set_quota(store: Store, slug: str, quota: Quota, *, actor: str, now: datetime) -> None:
    """Set a project's limits; workspaces that run get them when they start again.

    Raises
    ------
    NotFound, Refused
        no such project; *actor* is not an administrator.
    """
    with store.write(Event(Kind.QUOTA_CHANGED, actor, slug, now, quota.as_subject())) as session:
        require_administrator(session, actor, now)
        get_project(session, slug).take(quota)


def _revive(session: Session, project: Project, actor: str, now: datetime) -> None:
    """A project that is given a new end before anything was carried out has not ended; later, two people reopen it."""
    end = session.get(ProjectEnd, project.slug)
    if end is None or project.ends_at <= now or project.status is ProjectStatus.CLOSED:
        return
    if end.stage is not EndStage.FROZEN:
        raise Conflict(
            Text(
                "Cet espace projet est archivé ou supprimé : deux personnes le rouvrent depuis la page de sa fin.",
                "This project space is archived or deleted: two people reopen it from the page of its end.",
            )
        )
    withdraw_pending(session, project.slug, actor, now)
    session.delete(end)
    project.exports_until = None


def _check_texts(title: str, purpose: str) -> None:
    if not 1 <= len(title.strip()) <= TITLE_LENGTH:
        raise Invalid(
            Text(
                f"Le titre doit avoir de 1 à {TITLE_LENGTH} caractères.",
                f"The title must have 1 to {TITLE_LENGTH} characters.",
            )
        )
    if not 1 <= len(purpose.strip()) <= PURPOSE_LENGTH:
        raise Invalid(
            Text(
                f"La finalité doit avoir de 1 à {PURPOSE_LENGTH} caractères.",
                f"The purpose must have 1 to {PURPOSE_LENGTH} characters.",
            )
        )
