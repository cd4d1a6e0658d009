"""Data sets and their versions: registered once, never changed, mounted read-only."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.columns import SLUG_LENGTH, Base, Chosen
from project_spaces.decisions import Action
from project_spaces.errors import Conflict, Invalid, NotFound
from project_spaces.facts import Classification
from project_spaces.manifests import Manifest
from project_spaces.people import require_administrator
from project_spaces.slugs import VERSION_LENGTH, is_slug, require_slug, require_version
from project_spaces.store import Store
from project_spaces.text import Text

#: Least threshold of persons that a data set may ask for (INSEE and CNAM practice start at 3).
LEAST_PERSONS = 3


class Dataset(Base):
    """A registered data set: whose it is, how sensitive, and the threshold that its results must respect."""

    __tablename__ = "dataset"

    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    title_fr: Mapped[str] = mapped_column(String(300))
    title_en: Mapped[str] = mapped_column(String(300))
    owner: Mapped[str] = mapped_column(String(200))
    classification: Mapped[Classification] = mapped_column(Chosen(Classification))
    min_persons: Mapped[int] = mapped_column(Integer)
    person_column: Mapped[str | None] = mapped_column(String(128))
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    agreement_required: Mapped[bool] = mapped_column(Boolean, default=False)

    @property
    def title(self) -> Text:
        """Title in both languages."""
        return Text(self.title_fr, self.title_en)


class DatasetVersion(Base):
    """One version: files on disk, proved by the SHA-256 of their manifest."""

    __tablename__ = "dataset_version"

    dataset: Mapped[str] = mapped_column(ForeignKey(Dataset.slug), primary_key=True)
    version: Mapped[str] = mapped_column(String(VERSION_LENGTH), primary_key=True)
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int] = mapped_column(BigInteger)
    registered_at: Mapped[datetime]


def get_dataset(session: Session, slug: str) -> Dataset:
    """Return the data set, or raise ``NotFound``."""
    dataset = session.get(Dataset, slug) if is_slug(slug) else None
    if dataset is None:
        raise NotFound(Text(f"Il n'y a pas de jeu de données « {slug[:40]} ».", f"There is no data set “{slug[:40]}”."))
    return dataset


def list_datasets(session: Session) -> Sequence[Dataset]:
    """Return every data set, by slug."""
    return session.scalars(select(Dataset).order_by(Dataset.slug)).all()


def versions(session: Session, slug: str) -> Sequence[DatasetVersion]:
    """Return the versions of a data set, the latest first."""
    query = select(DatasetVersion).where(DatasetVersion.dataset == slug)
    return session.scalars(query.order_by(DatasetVersion.registered_at.desc(), DatasetVersion.version.desc())).all()


def latest_version(session: Session, slug: str) -> DatasetVersion | None:
    """Return the version that new workspaces mount, None when nothing was delivered yet."""
    return next(iter(versions(session, slug)), None)


def require_new_version(store: Store, slug: str, version: str) -> None:
    """Raise ``Conflict`` when this version is registered already: it can't be changed; ``Invalid`` for a bad name."""
    require_slug(slug, Text("Identifiant du jeu de données", "Data set identifier"))
    with store.read() as session:
        if session.get(DatasetVersion, (slug, require_version(version))) is not None:
            raise _version_exists(slug, version)


def _version_exists(slug: str, version: str) -> Conflict:
    return Conflict(
        Text(f"La version {version} de {slug} existe déjà.", f"Version {version} of {slug} exists already.")
    )


def register_dataset(
    store: Store,
    *,
    slug: str,
    title: Text,
    owner: str,
    classification: Classification,
    min_persons: int,
    person_column: str | None,
    actor: str,
    now: datetime,
) -> None:
    """Register a data set without any version yet.

    Raises
    ------
    Invalid
        slug, titles, owner or threshold can't be right.
    Conflict
        the slug is taken.
    Refused
        *actor* is neither a data steward nor an administrator.
    """
    require_slug(slug, Text("Identifiant du jeu de données", "Data set identifier"))
    _check(title, owner, min_persons)
    event = Event(
        Kind.DATASET_REGISTERED,
        actor,
        None,
        now,
        {"dataset": slug, "classification": classification.value, "min_persons": min_persons},
    )
    with store.write(event) as session:
        require_administrator(session, actor, now, action=Action.REGISTER_DATASET)
        if session.get(Dataset, slug) is not None:
            raise Conflict(Text(f"Le jeu « {slug} » existe déjà.", f"Data set “{slug}” exists already."))
        session.add(
            Dataset(
                slug=slug,
                title_fr=title.fr,
                title_en=title.en,
                owner=owner,
                classification=classification,
                min_persons=min_persons,
                person_column=person_column,
                created_at=now,
            )
        )


def register_version(
    store: Store, slug: str, version: str, *, manifest_sha256: str, rows: int, actor: str, now: datetime
) -> None:
    """Register a version whose files lie in ``Layout.dataset_dir(slug, version)``; it can't be changed afterwards.

    Raises
    ------
    Invalid, NotFound, Conflict, Refused
        the version or hash can't be one; no such data set; that version exists; as ``register_dataset``.
    """
    require_version(version)
    if len(manifest_sha256) != 64 or not set(manifest_sha256) <= set("0123456789abcdef"):
        raise Invalid(Text("L'empreinte du manifeste n'est pas un SHA-256.", "The manifest's hash is not a SHA-256."))
    event = Event(
        Kind.DATASET_VERSION,
        actor,
        None,
        now,
        {"dataset": slug, "version": version, "manifest_sha256": manifest_sha256, "rows": rows},
    )
    with store.write(event) as session:
        require_administrator(session, actor, now, action=Action.REGISTER_DATASET)
        get_dataset(session, slug)
        if session.get(DatasetVersion, (slug, version)) is not None:
            raise _version_exists(slug, version)
        session.add(
            DatasetVersion(dataset=slug, version=version, manifest_sha256=manifest_sha256, rows=rows, registered_at=now)
        )


def register_manifest(store: Store, manifest: Manifest, *, actor: str, now: datetime) -> None:
    """Register what *manifest* describes: its data set when that is new, then its version.

    Errors are those of ``register_dataset`` and ``register_version``.
    """
    with store.read() as session:
        known = session.get(Dataset, manifest.dataset) is not None
    if not known:
        register_dataset(
            store,
            slug=manifest.dataset,
            title=manifest.title,
            owner=manifest.owner,
            classification=Classification(manifest.classification),
            min_persons=manifest.min_persons,
            person_column=manifest.person_column,
            actor=actor,
            now=now,
        )
    register_version(
        store,
        manifest.dataset,
        manifest.version,
        manifest_sha256=manifest.sha256,
        rows=manifest.rows,
        actor=actor,
        now=now,
    )


def withdraw_dataset(store: Store, slug: str, *, actor: str, now: datetime, reason: str) -> None:
    """Stop every use of a data set at once: no mount, and workspaces that have it mounted are cut.

    Raises
    ------
    NotFound, Refused
        no such data set; as ``register_dataset``.
    """
    subject = {"dataset": slug, "change": "withdrawn"}
    with store.write(Event(Kind.DATASET_CHANGED, actor, None, now, subject, private={"reason": reason})) as session:
        require_administrator(session, actor, now, action=Action.REGISTER_DATASET)
        dataset = get_dataset(session, slug)
        dataset.withdrawn_at = dataset.withdrawn_at or now


def _check(title: Text, owner: str, min_persons: int) -> None:
    if not (1 <= len(title.fr) <= 300 and 1 <= len(title.en) <= 300 and 1 <= len(owner) <= 200):
        raise Invalid(
            Text(
                "Un jeu de données a un titre en français et en anglais et un producteur.",
                "A data set has a title in French and English, and an owner.",
            )
        )
    if min_persons < LEAST_PERSONS:
        raise Invalid(
            Text(
                f"Seuil d'effectif {min_persons} refusé : au moins {LEAST_PERSONS}.",
                f"Threshold of persons {min_persons} refused: at least {LEAST_PERSONS}.",
            )
        )
