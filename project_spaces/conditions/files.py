"""Conditions on what a project's files may hold: extracts of every data set that was ever mounted in it.

A mount that is gone leaves the files that were made from it, in the project and in each member's own folder. So whoever
opens the project, works in it or takes something out of it stands under the conditions of those data sets too. A member
who never was habilitated for one of them reads what the others made of it: that is what membership is. Who was, and no
longer is, does not: the right was taken away, or ended, and its extracts go with it.
"""

from collections.abc import Sequence
from datetime import datetime

from project_spaces.conditions.data import agreement, free
from project_spaces.conditions.project import freeze
from project_spaces.conditions.states import Named, States, Who, held, yes
from project_spaces.facts import DatasetFacts, Resource, Subject
from project_spaces.text import Text
from project_spaces.windows import Window, covered_until, lasting, moment, next_start


def files_kept(_subject: Subject, resource: Resource, now: datetime) -> States:
    """No habilitation that the person ever had for what the files may hold is lost."""
    return _kept(resource, None, now)


def files_kept_until_frozen(_subject: Subject, resource: Resource, now: datetime) -> States:
    """The same, or it lasted until the project was frozen."""
    return _kept(resource, freeze(resource), now)


def files_agreed(_subject: Subject, resource: Resource, now: datetime) -> States:
    """The project's agreement lasts for each data set in its files that asks for one."""
    return _agreed(resource, None, now)


def files_agreed_until_frozen(_subject: Subject, resource: Resource, now: datetime) -> States:
    """The same, or it lasted until the project was frozen."""
    return _agreed(resource, freeze(resource), now)


def files_free(_subject: Subject, resource: Resource, now: datetime) -> States:
    """No data set in the project's files is under an embargo of its owner."""
    return tuple(state for dataset in resource.in_files for state in free(dataset, _called(dataset), now))


def _agreed(resource: Resource, frozen: Window | None, now: datetime) -> States:
    return tuple(
        state
        for dataset in resource.in_files
        for state in agreement(dataset, _called(dataset), lasting(dataset.agreements, frozen, now), now)
    )


def _kept(resource: Resource, frozen: Window | None, now: datetime) -> States:
    return tuple(
        state
        for dataset in resource.in_files
        for state in _not_lost(dataset, lasting(dataset.habilitations, frozen, now), now)
    )


def _not_lost(dataset: DatasetFacts, windows: Sequence[Window], now: datetime) -> States:
    """A right that never began can't be lost yet; nor can the one of somebody who never had it."""
    name = _called(dataset)
    if any(each.began(now) for each in windows):
        what = Text(f"votre habilitation pour {name.fr}", f"your habilitation for {name.en}")
        return held(windows, now, Named("habilitation", what, what, Who.ADMINISTRATOR, dataset.slug))
    coming = next_start(windows, now)
    if coming is None:
        return ()
    at, until = moment(coming), covered_until(windows, coming)
    fr, en = (
        f"Votre habilitation pour {name.fr} commence le {at.fr}.",
        f"Your habilitation for {name.en} begins on {at.en}.",
    )
    return yes("habilitation", fr, en, Who.ADMINISTRATOR, until=until, about=dataset.slug)


def _called(dataset: DatasetFacts) -> Text:
    return Text(
        f"le jeu de données {dataset.slug}, dont des fichiers du projet peuvent provenir,",
        f"data set {dataset.slug}, from which files of the project may come,",
    )
