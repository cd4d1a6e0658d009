"""Who is told what about the end of a project, each notice once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from project_spaces.datasets import Dataset
from project_spaces.facts import MemberRole, PlatformRole
from project_spaces.habilitations import habilitations
from project_spaces.memberships import memberships
from project_spaces.notifications import Topic, notify
from project_spaces.owner_stewards import OwnerSteward
from project_spaces.people import holders
from project_spaces.records.ends import ProjectEnd
from project_spaces.store import WriteSession
from project_spaces.text import Text
from project_spaces.windows import moment

#: How long before a step it is announced again.
AHEAD = (timedelta(days=7), timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence, under a name by which it is given once."""

    name: str
    topic: Topic
    text: Text


def owners_of_data(session: Session, project: str) -> frozenset[str]:
    """Return the owners of every data set that anybody was ever habilitated for in *project*."""
    slugs = {each.dataset for each in habilitations(session, project=project)}
    return frozenset(session.scalars(select(Dataset.owner).where(Dataset.slug.in_(slugs))))


def members_of(session: Session, project: str) -> set[str]:
    """Return everybody who is or was a member."""
    return {each.person for each in memberships(session, project=project)}


def leads_of(session: Session, project: str) -> set[str]:
    """Return everybody who leads or led it."""
    return {each.person for each in memberships(session, project=project) if each.role is MemberRole.LEAD}


def settlers_of(session: Session, project: str) -> set[str]:
    """Return who may settle what becomes of it: administrators and who speaks for its data, none of its members."""
    owners = owners_of_data(session, project)
    stewards = session.scalars(select(OwnerSteward.person).where(OwnerSteward.owner.in_(owners)))
    administrators = {each.username for each in holders(session, PlatformRole.ADMINISTRATOR)}
    return (administrators | set(stewards)) - members_of(session, project)


def tell(session: WriteSession, end: ProjectEnd, people: Iterable[str], notice: Notice, now: datetime) -> None:
    """Tell *people*, unless this notice was given before."""
    if notice.name in end.told:
        return
    end.told = [*end.told, notice.name]
    for person in sorted(set(people)):
        link = f"projects/{end.project}/end"
        notify(session, to=person, kind=notice.topic, text=notice.text, link=link, now=now)


def frozen_notice(project: str, until: datetime) -> Notice:
    """The project is over."""
    at = moment(until)
    return Notice(
        "frozen",
        Topic.RIGHTS,
        Text(
            f"L'espace projet {project} a pris fin : il est gelé. Demandez les dernières sorties avant le {at.fr}.",
            f"Project space {project} has ended: it is frozen. Ask for the last exports before {at.en}.",
        ),
    )


def undecided_notice(project: str, number: int) -> Notice:
    """Somebody must decide; *number* counts the reminders."""
    return Notice(
        f"undecided-{number}",
        Topic.TASK,
        Text(
            f"L'espace projet {project} est gelé : décidez de l'archiver ou de le supprimer.",
            f"Project space {project} is frozen: decide whether it is archived or deleted.",
        ),
    )


def closing_notice(project: str, until: datetime, ahead: timedelta) -> Notice:
    """The time for last exports is nearly over."""
    at = moment(until)
    return Notice(
        f"exports-{ahead.days}d",
        Topic.RIGHTS,
        Text(
            f"Espace projet {project} : les dernières sorties peuvent être demandées jusqu'au {at.fr}.",
            f"Project space {project}: last exports may be asked for until {at.en}.",
        ),
    )


def proposed_notice(project: str, settlement: str) -> Notice:
    """A second person is wanted."""
    return Notice(
        f"proposed-{settlement}",
        Topic.TASK,
        Text(
            f"Espace projet {project} : une décision sur son sort attend votre confirmation.",
            f"Project space {project}: a decision on what becomes of it waits for your confirmation.",
        ),
    )


def due_notice(project: str, due: datetime, name: str, *, deletes: bool) -> Notice:
    """It will be carried out."""
    at = moment(due)
    fr, en = ("supprimés", "deleted") if deletes else ("archivés", "archived")
    return Notice(
        name,
        Topic.RIGHTS,
        Text(
            f"Les fichiers de l'espace projet {project} seront {fr} le {at.fr}.",
            f"The files of project space {project} will be {en} on {at.en}.",
        ),
    )


def done_notice(project: str, what: str, words: Text) -> Notice:
    """It was carried out."""
    return Notice(
        f"done-{what}",
        Topic.RIGHTS,
        Text(f"Espace projet {project} : {words.fr}.", f"Project space {project}: {words.en}."),
    )
