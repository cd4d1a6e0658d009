"""Conditions on kill switches: of the person, of the project, of a data set, of everything.

The switch of everything stops the work, the desk and the downloads. It stops neither signing in nor auditing nor
administering: whoever must find out what happened and lift it needs those.

A stop is in force until it is lifted, also before the hour at which it was set: that is a clock which was set back.
"""

from datetime import datetime

from project_spaces.conditions.states import States, Who, no, yes
from project_spaces.facts import Resource, StopScope, Subject
from project_spaces.text import Text
from project_spaces.windows import moment

_WORDS = {
    StopScope.PERSON: Text("Votre accès", "Your access"),
    StopScope.PROJECT: Text("L'espace projet {}", "Project space {}"),
    StopScope.DATASET: Text("L'usage du jeu de données {}", "The use of data set {}"),
    StopScope.ALL: Text("Le travail sur toute la plateforme", "Work on the whole platform"),
}


def person_not_stopped(subject: Subject, _resource: Resource, now: datetime) -> States:
    """Nobody has stopped this person."""
    return _not_stopped(subject, StopScope.PERSON, subject.username, now)


def platform_not_stopped(subject: Subject, _resource: Resource, now: datetime) -> States:
    """Nobody has stopped everything."""
    return _not_stopped(subject, StopScope.ALL, "", now)


def project_not_stopped(subject: Subject, resource: Resource, now: datetime) -> States:
    """Nobody has stopped this project."""
    if resource.project is None:
        return ()
    return _not_stopped(subject, StopScope.PROJECT, resource.project.slug, now)


def datasets_not_stopped(subject: Subject, resource: Resource, now: datetime) -> States:
    """Nobody has stopped the use of a data set concerned."""
    return tuple(
        state for dataset in resource.datasets for state in _not_stopped(subject, StopScope.DATASET, dataset.slug, now)
    )


def files_not_stopped(subject: Subject, resource: Resource, now: datetime) -> States:
    """Nobody has stopped the use of a data set of which the project's files may hold extracts."""
    return tuple(
        state for dataset in resource.in_files for state in _not_stopped(subject, StopScope.DATASET, dataset.slug, now)
    )


def _not_stopped(subject: Subject, scope: StopScope, name: str, now: datetime) -> States:
    windows = [each.window for each in subject.stops if (each.scope, each.name) == (scope, name)]
    since = min((window.starts_at for window in windows if not window.over(now)), default=None)
    fr, en = (word.format(name) for word in _WORDS[scope])
    about = name if scope in {StopScope.PROJECT, StopScope.DATASET} else None
    if since is None:
        return yes("stop", f"{fr} n'est pas arrêté.", f"{en} is not stopped.", Who.ADMINISTRATOR, about=about)
    at = moment(since)
    return no(
        f"stopped_{scope.value}",
        f"{fr} est arrêté depuis le {at.fr}.",
        f"{en} has been stopped since {at.en}.",
        Who.ADMINISTRATOR,
        about=about,
    )
