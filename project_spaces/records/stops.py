"""What is kept of kill switches: what was stopped, by whom and why, and who lifted it."""

from datetime import datetime

from sqlalchemy import Index, String, UnicodeText, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from project_spaces.columns import SLUG_LENGTH, Base, Chosen
from project_spaces.facts import StopFacts, StopScope
from project_spaces.windows import Window


class KillSwitch(Base):
    """Something that was stopped at once, by whom and why, until another administrator lifted it."""

    __tablename__ = "kill_switch"
    __table_args__ = (
        Index(
            "uq_kill_switch_in_force",
            "scope",
            "name",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    scope: Mapped[StopScope] = mapped_column(Chosen(StopScope))
    name: Mapped[str] = mapped_column(String(SLUG_LENGTH))
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(UnicodeText)
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(64))
    lifted_reason: Mapped[str | None] = mapped_column(UnicodeText)

    @property
    def facts(self) -> StopFacts:
        """The switch as a decision sees it."""
        return StopFacts(self.scope, self.name, Window(self.set_at, None, self.lifted_at))


def stop_facts(session: Session, username: str) -> tuple[StopFacts, ...]:
    """Return the switches in force, except those of other persons."""
    concerns = or_(KillSwitch.scope != StopScope.PERSON, KillSwitch.name == username)
    rows = session.scalars(select(KillSwitch).where(KillSwitch.lifted_at.is_(None), concerns))
    return tuple(row.facts for row in rows)
