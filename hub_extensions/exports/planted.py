"""Requests that were planted to see whether reviewers find what is wrong with them; they never leave."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UnicodeText
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub_extensions.exports.requests import ExportRequest
from project_spaces.columns import Base
from project_spaces.text import Text

PLANTED = Text(
    "Cette demande servait à étalonner la vérification : elle ne sort jamais.",
    "This request was there to calibrate the review: it never leaves.",
)


class PlantedRequest(Base):
    """One planted request, and what is wrong with it."""

    __tablename__ = "planted_request"

    request_id: Mapped[str] = mapped_column(ForeignKey(ExportRequest.id), primary_key=True)
    why: Mapped[str] = mapped_column(UnicodeText)
    planted_by: Mapped[str] = mapped_column(String(64))
    planted_at: Mapped[datetime]


def is_planted(session: Session, request_id: str) -> bool:
    """Tell whether the request is a plant."""
    return session.get(PlantedRequest, request_id) is not None
