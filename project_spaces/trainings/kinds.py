"""Which trainings there are: what each is called, who gives it, where, and how long it is valid (référentiel 3.5).

Which of them are asked for is the installation's rule (setting ``access_trainings``).
"""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.catalogue.cards import LONGEST_ADDRESS, WEB_ADDRESS
from project_spaces.columns import SLUG_LENGTH, Base
from project_spaces.errors import Invalid, NotFound
from project_spaces.people import require_administrator
from project_spaces.slugs import is_slug, require_slug
from project_spaces.store import Store
from project_spaces.text import Text

#: Months for which a training is valid, unless it says otherwise.
MONTHS = 12
MOST_MONTHS = 60
TITLE_LENGTH = 200


class TrainingKind(Base):
    """One training that people take."""

    __tablename__ = "training_kind"

    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    title_fr: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    title_en: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    months: Mapped[int] = mapped_column(Integer)
    organiser: Mapped[str | None] = mapped_column(String(TITLE_LENGTH))
    address: Mapped[str | None] = mapped_column(String(LONGEST_ADDRESS))
    defined_at: Mapped[datetime]
    defined_by: Mapped[str] = mapped_column(String(64))

    @property
    def title(self) -> Text:
        """Title in both languages."""
        return Text(self.title_fr, self.title_en)


def training_kinds(session: Session) -> Sequence[TrainingKind]:
    """Return every kind of training, by slug."""
    return session.scalars(select(TrainingKind).order_by(TrainingKind.slug)).all()


def get_training_kind(session: Session, slug: str) -> TrainingKind:
    """Return the kind, or raise ``NotFound``."""
    found = session.get(TrainingKind, slug) if is_slug(slug) else None
    if found is None:
        raise NotFound(Text(f"Il n'y a pas de formation « {slug[:40]} ».", f"There is no training “{slug[:40]}”."))
    return found


def define_training(
    store: Store,
    slug: str,
    *,
    title: Text,
    months: int,
    organiser: str = "",
    address: str = "",
    actor: str,
    now: datetime,
) -> None:
    """Define a training, or change what it is called, who gives it where, and how long it will be valid.

    What was recorded stays.

    Parameters
    ----------
    organiser
        who gives it, in a few words.
    address
        where on the web one enrols or takes it.

    Raises
    ------
    Invalid, Refused
        the slug, titles, months, organiser or address can't be right; *actor* is not an administrator of the platform.
    """
    require_slug(slug, Text("Identifiant de la formation", "Training identifier"))
    if not 1 <= months <= MOST_MONTHS or not all(1 <= len(each.strip()) <= TITLE_LENGTH for each in title):
        raise Invalid(
            Text(
                f"Une formation a un titre en deux langues et vaut de 1 à {MOST_MONTHS} mois.",
                f"A training has a title in both languages and is valid for 1 to {MOST_MONTHS} months.",
            )
        )
    _check_place(organiser, address)
    subject: dict[str, str | int] = {"training_kind": slug, "months": months, "change": "defined"}
    with store.write(Event(Kind.TRAINING, actor, None, now, subject)) as session:
        require_administrator(session, actor, now)
        row = session.get(TrainingKind, slug) or TrainingKind(slug=slug)
        row.title_fr, row.title_en, row.months = title.fr.strip(), title.en.strip(), months
        row.organiser, row.address = organiser.strip() or None, address or None
        row.defined_at, row.defined_by = now, actor
        session.add(row)


def _check_place(organiser: str, address: str) -> None:
    named = len(organiser.strip()) <= TITLE_LENGTH and (not organiser or organiser.isprintable())
    if not named or (address and (len(address) > LONGEST_ADDRESS or not re.fullmatch(WEB_ADDRESS, address))):
        raise Invalid(
            Text(
                "L'organisateur tient en une ligne et l'adresse commence par http:// ou https://.",
                "The organiser is one line, and the address begins with http:// or https://.",
            )
        )
