"""Who answers for data that are closed, or asked to be: the stewards of their owner, or administrators without any."""

from collections.abc import Collection
from datetime import datetime

from project_spaces.datasets import get_dataset
from project_spaces.facts import PlatformRole
from project_spaces.notifications import Topic, notify
from project_spaces.owner_perimeters import stewards_of
from project_spaces.people import holders
from project_spaces.store import WriteSession
from project_spaces.text import Text


def tell_keepers(
    session: WriteSession, dataset: str, text: Text, *, now: datetime, but: Collection[str] = frozenset()
) -> None:
    """Tell those who answer for *dataset* what is theirs to do; of its stewards none that is named in *but*."""
    stewards = stewards_of(session, [get_dataset(session, dataset).owner])
    told = [each for each in stewards if each.username not in but]
    for person in told or holders(session, PlatformRole.ADMINISTRATOR):
        notify(session, to=person.username, kind=Topic.TASK, text=text, link="instruction/embargoes", now=now)
