"""What is kept of charters: their versions, and who signed which."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Integer, String, UnicodeText, and_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from project_spaces.columns import SLUG_LENGTH, Base
from project_spaces.facts import CharterFacts, CharterVersionFacts
from project_spaces.text import Text


class CharterVersion(Base):
    """One version of a charter; its text is never changed, ``sha256`` is over both languages."""

    __tablename__ = "charter_version"

    charter: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    title_fr: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    text_fr: Mapped[str] = mapped_column(UnicodeText)
    text_en: Mapped[str] = mapped_column(UnicodeText)
    sha256: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(64))
    sign_by: Mapped[datetime]

    @property
    def title(self) -> Text:
        """Title in both languages."""
        return Text(self.title_fr, self.title_en)

    @property
    def text(self) -> Text:
        """The words that are signed, in both languages."""
        return Text(self.text_fr, self.text_en)


class CharterSignature(Base):
    """A person signed this version; ``sha256`` is of the text that the person was shown."""

    __tablename__ = "charter_signature"
    __table_args__ = (
        ForeignKeyConstraint(["charter", "number"], ["charter_version.charter", "charter_version.number"]),
    )

    person: Mapped[str] = mapped_column(ForeignKey("person.username"), primary_key=True)
    charter: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime]


def charter_facts(session: Session, username: str, known_since: datetime) -> Iterator[CharterFacts]:
    """A signature counts for exactly the text that is published."""
    version, signature = CharterVersion, CharterSignature
    same = and_(
        signature.charter == version.charter,
        signature.number == version.number,
        signature.sha256 == version.sha256,
        signature.person == username,
    )
    wanted = (
        version.charter,
        version.number,
        version.title_fr,
        version.title_en,
        version.published_at,
        version.sign_by,
    )
    query = select(*wanted, signature.signed_at).outerjoin(signature, same).order_by(version.charter, version.number)
    for slug, group in groupby(session.execute(query), key=lambda row: row.charter):
        rows = list(group)
        yield CharterFacts(
            slug,
            Text(rows[-1].title_fr, rows[-1].title_en),
            known_since,
            tuple(CharterVersionFacts(row.number, row.published_at, row.sign_by, row.signed_at) for row in rows),
        )
