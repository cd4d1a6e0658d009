"""Conditions on the data sets concerned: each must be there, fit, habilitated for, agreed on and out of embargo."""

from collections.abc import Sequence
from datetime import datetime

from project_spaces.conditions.states import Named, States, Who, capital, held, no, yes
from project_spaces.facts import Classification, DatasetFacts, Resource, Subject, WorkspaceKind
from project_spaces.text import Text
from project_spaces.windows import Window, covered_until, moment, next_start

#: What a workspace that is not sealed may see.
HARMLESS = frozenset({Classification.OPEN, Classification.SYNTHETIC})


def datasets_named(_subject: Subject, resource: Resource, _now: datetime) -> States:
    """A mount names what it mounts: nothing asked for is nothing allowed."""
    if resource.datasets:
        return ()
    return no("dataset_unknown", "Il n'y a pas de tel jeu de données.", "There is no such data set.", Who.NOBODY)


def datasets_available(_subject: Subject, resource: Resource, _now: datetime) -> States:
    """No data set concerned has been withdrawn by its owner."""
    return tuple(state for dataset in resource.datasets for state in _available(dataset))


def not_identifying(_subject: Subject, resource: Resource, _now: datetime) -> States:
    """Data that name persons are inputs of a linkage, never of a workspace, whoever is habilitated (S-186)."""
    return tuple(state for dataset in resource.datasets for state in _not_identifying(dataset))


def fits_workspace(_subject: Subject, resource: Resource, _now: datetime) -> States:
    """A workspace that is not sealed sees open and synthetic data only, whoever is habilitated."""
    sealed = resource.workspace is WorkspaceKind.SEALED
    return tuple(state for dataset in resource.datasets for state in _fits(dataset, sealed=sealed))


def habilitated(_subject: Subject, resource: Resource, now: datetime) -> States:
    """The person holds a habilitation for each data set concerned, in this project, now (S-82, S-163)."""
    return tuple(
        state
        for dataset in resource.datasets
        for state in held(
            dataset.habilitations,
            now,
            Named(
                "habilitation",
                Text(
                    f"votre habilitation pour le jeu de données {dataset.slug}",
                    f"your habilitation for data set {dataset.slug}",
                ),
                Text(
                    f"Vous n'êtes pas habilité pour le jeu de données {dataset.slug} dans cet espace projet.",
                    f"You hold no habilitation for data set {dataset.slug} in this project space.",
                ),
                Who.ADMINISTRATOR,
                dataset.slug,
            ),
        )
    )


def agreed(_subject: Subject, resource: Resource, now: datetime) -> States:
    """The owner has a signed agreement with the project for each data set that asks for one (référentiel 4.1)."""
    return tuple(
        state
        for dataset in resource.datasets
        for state in agreement(dataset, called(dataset.slug), dataset.agreements, now)
    )


def agreement(dataset: DatasetFacts, name: Text, windows: Sequence[Window], now: datetime) -> States:
    """The project's agreement for *dataset*, called *name*, lasts, where one is asked for."""
    if not dataset.asks.agreement:
        return ()
    return held(
        windows,
        now,
        Named(
            "agreement",
            Text(f"la convention du projet pour {name.fr}", f"the project's agreement for {name.en}"),
            Text(
                f"Aucune convention n'est signée pour le jeu de données {dataset.slug}.",
                f"No agreement is signed for data set {dataset.slug}.",
            ),
            Who.STEWARD,
            dataset.slug,
        ),
    )


def no_embargo(_subject: Subject, resource: Resource, now: datetime) -> States:
    """No data set concerned is under an embargo of its owner."""
    return tuple(state for dataset in resource.datasets for state in free(dataset, called(dataset.slug), now))


def called(slug: str) -> Text:
    """Return how sentences call a data set."""
    return Text(f"le jeu de données {slug}", f"data set {slug}")


def _available(dataset: DatasetFacts) -> States:
    slug = dataset.slug
    if not dataset.withdrawn:
        fr, en = f"Le jeu de données {slug} est disponible.", f"Data set {slug} is available."
        return yes("dataset", fr, en, Who.STEWARD, about=slug)
    return no(
        "dataset_withdrawn",
        f"Le jeu de données {slug} a été retiré par son producteur.",
        f"Data set {slug} was withdrawn by its owner.",
        Who.STEWARD,
        about=slug,
    )


def _not_identifying(dataset: DatasetFacts) -> States:
    slug = dataset.slug
    if dataset.classification is not Classification.IDENTIFYING:
        fr, en = f"Le jeu de données {slug} n'est pas identifiant.", f"Data set {slug} is not identifying."
        return yes("not_identifying", fr, en, Who.NOBODY, about=slug)
    return no(
        "dataset_identifying",
        f"Le jeu de données {slug} est identifiant : il ne sert qu'en espace d'appariement.",
        f"Data set {slug} is identifying: it serves in the linkage space only.",
        Who.NOBODY,
        about=slug,
    )


def _fits(dataset: DatasetFacts, *, sealed: bool) -> States:
    slug = dataset.slug
    if sealed or dataset.classification in HARMLESS:
        fr, en = f"Ce bureau convient au jeu de données {slug}.", f"This workspace is fit for data set {slug}."
        return yes("workspace", fr, en, Who.ADMINISTRATOR, about=slug)
    return no(
        "workspace_not_sealed",
        f"Ce bureau n'est pas étanche : {slug} n'est ni ouvert ni synthétique, il n'y est pas monté.",
        f"This workspace is not sealed: {slug} is neither open nor synthetic and is not mounted.",
        Who.ADMINISTRATOR,
        about=slug,
    )


def free(dataset: DatasetFacts, name: Text, now: datetime) -> States:
    """No embargo holds on *dataset*, called *name*."""
    slug, fr, en = dataset.slug, capital(name.fr), capital(name.en)
    if not any(window.holds(now) for window in dataset.embargoes):
        start = next_start(dataset.embargoes, now)
        fr, en = f"{fr} n'est pas sous embargo.", f"{en} is not under an embargo."
        return yes("embargo", fr, en, Who.STEWARD, until=start, about=slug)
    ends = covered_until(dataset.embargoes, now)
    at = moment(ends) if ends is not None else None
    return no(
        "dataset_embargo",
        f"{fr} est sous embargo" + (f" jusqu'au {at.fr}." if at else "."),
        f"{en} is under an embargo" + (f" until {at.en}." if at else "."),
        Who.STEWARD,
        about=slug,
    )
