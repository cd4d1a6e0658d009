"""What is kept of people and of what they do for the platform; the acts are in ``people``."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from project_spaces.columns import SLUG_LENGTH, Base, Chosen
from project_spaces.facts import PlatformRole
from project_spaces.text import Text

NAME_LENGTH = 200

ROLE_LABELS: Mapping[PlatformRole, Text] = {
    PlatformRole.ADMINISTRATOR: Text("Administrateur", "Administrator"),
    PlatformRole.REVIEWER: Text("Vérificateur", "Reviewer"),
    PlatformRole.AUDITOR: Text("Auditeur", "Auditor"),
    PlatformRole.STEWARD: Text("Gestionnaire de données", "Data steward"),
    PlatformRole.COMMITTEE: Text("Membre du comité", "Committee member"),
    PlatformRole.TRAINING_MANAGER: Text("Responsable des formations", "Training manager"),
}


class Person(Base):
    """One person. Never deleted here: ``disabled_at`` ends every right at once."""

    __tablename__ = "person"

    username: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    enrolled_at: Mapped[datetime | None]


class PlatformRoleRow(Base):
    """One role of one person."""

    __tablename__ = "platform_role"

    person: Mapped[str] = mapped_column(ForeignKey(Person.username), primary_key=True)
    role: Mapped[PlatformRole] = mapped_column(Chosen(PlatformRole), primary_key=True)
    granted_at: Mapped[datetime]
    granted_by: Mapped[str] = mapped_column(String(64))
