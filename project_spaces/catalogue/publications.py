"""The catalogue: which data sets are described, which of these the public may see, and since when.

A data set is public only once a steward published its card; until then nobody outside learns that it exists, and an
unknown slug and an unpublished one are answered alike. An embargo leaves what, whose and until when; the dictionary,
the figures and the sample wait until it is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, ForeignKeyConstraint, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.agreements import Embargo
from project_spaces.catalogue.cards import VersionCard, require_public_sample
from project_spaces.columns import SLUG_LENGTH, Base
from project_spaces.datasets import Dataset, DatasetVersion, get_dataset
from project_spaces.errors import Conflict, NotFound
from project_spaces.owner_perimeters import require_keeper
from project_spaces.slugs import VERSION_LENGTH
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.windows import Window


class CatalogueCard(Base):
    """The description of one version; it may be written anew, the version itself never changes."""

    __tablename__ = "catalogue_card"
    __table_args__ = (
        ForeignKeyConstraint(["dataset", "version"], ["dataset_version.dataset", "dataset_version.version"]),
    )

    dataset: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    version: Mapped[str] = mapped_column(String(VERSION_LENGTH), primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(64))


class CataloguePublication(Base):
    """Whether the public may see a data set's card, and who said so last."""

    __tablename__ = "catalogue_publication"

    dataset: Mapped[str] = mapped_column(ForeignKey(Dataset.slug), primary_key=True)
    public: Mapped[bool] = mapped_column(Boolean)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(64))


@dataclass(frozen=True, slots=True)
class Standing:
    """What may change of a public data set from one moment to the next; its card is read by *sha256*."""

    slug: str
    title: Text
    owner: str
    classification: str
    min_persons: int
    agreement_required: bool
    withdrawn_at: datetime | None
    published_at: datetime
    version: str
    sha256: str
    versions: tuple[tuple[str, datetime, int], ...]
    embargoes: tuple[Window, ...]

    def embargo(self, now: datetime) -> Window | None:
        """Return the embargo that holds at *now*, the one that ends last."""
        found = [each for each in self.embargoes if each.holds(now)]
        return max(found, key=lambda each: (each.last is None, each.last), default=None)


def describe_version(
    store: Store, dataset: str, version: str, described: VersionCard, *, actor: str, now: datetime
) -> None:
    """Keep the description of a registered version; an earlier one is replaced, the ledger holds each one's hash.

    Raises
    ------
    NotFound, Refused, Invalid
        no such version; *actor* does not speak for its owner; its sample may not be shown to everybody.
    """
    subject = {"dataset": dataset, "version": version, "change": "described", "card_sha256": described.sha256}
    with store.write(Event(Kind.DATASET_CHANGED, actor, None, now, subject)) as session:
        require_keeper(session, actor, dataset, now)
        require_public_sample(described.card, get_dataset(session, dataset).classification.value)
        if session.get(DatasetVersion, (dataset, version)) is None:
            raise NotFound(Text(f"{dataset} n'a pas de version {version}.", f"{dataset} has no version {version}."))
        session.merge(
            CatalogueCard(
                dataset=dataset,
                version=version,
                document=described.to_json(),
                sha256=described.sha256,
                recorded_at=now,
                recorded_by=actor,
            )
        )


def set_public(store: Store, dataset: str, *, public: bool, actor: str, now: datetime) -> None:
    """Show a data set to everybody, or to nobody outside any more.

    Raises
    ------
    NotFound, Refused
        no such data set; *actor* does not speak for its owner.
    Conflict
        it has no card yet: there is nothing to show.
    """
    subject = {"dataset": dataset, "change": "published" if public else "unpublished"}
    with store.write(Event(Kind.DATASET_CHANGED, actor, None, now, subject)) as session:
        require_keeper(session, actor, dataset, now)
        get_dataset(session, dataset)
        if public and not _has_card(session, dataset):
            raise Conflict(
                Text(
                    f"Le jeu {dataset} n'a pas de fiche : décrivez-le d'abord (bureau dataset describe).",
                    f"Data set {dataset} has no card: describe it first (bureau dataset describe).",
                )
            )
        session.merge(CataloguePublication(dataset=dataset, public=public, changed_at=now, changed_by=actor))


def publications(session: Session) -> dict[str, bool]:
    """Return, for each data set that has a card, whether it is public."""
    described = session.scalars(select(CatalogueCard.dataset).distinct()).all()
    public = set(session.scalars(select(CataloguePublication.dataset).where(CataloguePublication.public)).all())
    return {slug: slug in public for slug in described}


def public_standings(session: Session) -> list[Standing]:
    """Return what is public now, by slug; five small queries whatever the size of the dictionaries."""
    query = select(CataloguePublication.dataset, CataloguePublication.changed_at).where(CataloguePublication.public)
    shown = {slug: at for slug, at in session.execute(query)}  # noqa: C416 - rows are not tuples to a type checker
    columns = (CatalogueCard.dataset, CatalogueCard.version, CatalogueCard.sha256)
    cards = {(slug, version): sha for slug, version, sha in session.execute(select(*columns)) if slug in shown}
    versions: dict[str, list[DatasetVersion]] = {}
    order = select(DatasetVersion).order_by(DatasetVersion.registered_at.desc(), DatasetVersion.version.desc())
    for row in session.scalars(order):
        versions.setdefault(row.dataset, []).append(row)
    embargoes: dict[str, list[Window]] = {}
    for each in session.scalars(select(Embargo)):
        embargoes.setdefault(each.dataset, []).append(each.window)
    rows = session.scalars(select(Dataset).where(Dataset.slug.in_(shown)).order_by(Dataset.slug)).all()
    return [
        standing
        for row in rows
        if (standing := _standing(row, shown[row.slug], cards, versions.get(row.slug, []), embargoes.get(row.slug, [])))
    ]


def public_owners(session: Session) -> frozenset[str]:
    """Return the owners of whom the public catalogue shows something."""
    shown = select(Dataset.owner).join(CataloguePublication, CataloguePublication.dataset == Dataset.slug)
    return frozenset(session.scalars(shown.where(CataloguePublication.public)))


def read_card(session: Session, dataset: str, version: str) -> VersionCard:
    """Return the description of one version, or raise ``NotFound``."""
    found = find_card(session, dataset, version)
    if found is None:
        raise NotFound(Text("Il n'y a pas de telle fiche.", "There is no such card."))
    return found


def find_card(session: Session, dataset: str, version: str) -> VersionCard | None:
    """Return the description of one version, where there is one."""
    row = session.get(CatalogueCard, (dataset, version))
    return None if row is None else VersionCard.model_validate(row.document)


def _standing(
    row: Dataset,
    published_at: datetime,
    cards: dict[tuple[str, str], str],
    versions: Sequence[DatasetVersion],
    embargoes: Sequence[Window],
) -> Standing | None:
    """The latest version that has a card speaks for the data set."""
    described = next((each.version for each in versions if (row.slug, each.version) in cards), None)
    if described is None:
        return None
    return Standing(
        slug=row.slug,
        title=row.title,
        owner=row.owner,
        classification=row.classification.value,
        min_persons=row.min_persons,
        agreement_required=row.agreement_required,
        withdrawn_at=row.withdrawn_at,
        published_at=published_at,
        version=described,
        sha256=cards[(row.slug, described)],
        versions=tuple((each.version, each.registered_at, each.rows) for each in versions),
        embargoes=tuple(embargoes),
    )


def _has_card(session: Session, dataset: str) -> bool:
    return session.scalars(select(CatalogueCard.version).where(CatalogueCard.dataset == dataset)).first() is not None
