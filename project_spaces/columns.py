"""The base of all tables, and column types that keep a value what it is: a moment stays aware, a choice an enum."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from sqlalchemy import DateTime, Dialect, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from project_spaces.windows import Window

Choice = TypeVar("Choice", bound=StrEnum)

#: Bytes of a slug or a username (the Hub's rule for server names).
SLUG_LENGTH = 30


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC; a naive one is refused before it reaches the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive times and store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "times are aware and in UTC"
            raise ValueError(msg)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Answer an aware time, also where the database keeps none (SQLite)."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Chosen(TypeDecorator[Choice]):
    """A value of a ``StrEnum``, stored as its text."""

    impl = String(30)
    cache_ok = True

    def __init__(self, choices: type[Choice]) -> None:
        super().__init__()
        self.choices = choices

    def process_bind_param(self, value: Choice | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Refuse what is not among the choices."""
        return None if value is None else self.choices(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> Choice | None:  # noqa: ARG002
        """Answer the choice."""
        return None if value is None else self.choices(value)


class Base(DeclarativeBase):
    """Every table of the domain, and of what is built on it, hangs here: one database, one chain of migrations."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[Mapping[Any, Any]] = {datetime: UtcDateTime}


class Lasting:
    """Columns of a row that holds from one moment to another, or until it is withdrawn; it is never deleted."""

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    @property
    def window(self) -> Window:
        """When it holds."""
        return Window(self.starts_at, self.ends_at, self.revoked_at)

    def revoke(self, now: datetime) -> bool:
        """Withdraw it, and tell whether it had not ended before; doing it again changes nothing."""
        had_not_ended = self.revoked_at is None and now < self.ends_at
        self.revoked_at = self.revoked_at or now
        return had_not_ended
