"""Kill switches in force as alarms: on every page of auditors and administrators, and told like any other alarm."""

from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub_extensions.oversight.alarms import Alarm, AlarmKind
from project_spaces.errors import BureauError
from project_spaces.facts import StopScope
from project_spaces.kill_switches import KillSwitch, kill_switches
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.windows import moment

log = structlog.get_logger()


class StopAlarms:
    """Asked at each look of the guard; while the database is down, what was last seen stands."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._found: list[Alarm] = []

    def __call__(self, _now: datetime) -> list[Alarm]:
        """Return one alarm for each switch in force."""
        try:
            with self._store.read() as session:
                self._found = [_alarm(each) for each in kill_switches(session)]
        except (BureauError, SQLAlchemyError) as error:
            log.warning("stops_unknown", error=repr(error))
        return self._found


def _alarm(each: KillSwitch) -> Alarm:
    """Alarms leave the platform: they name no person."""
    at = moment(each.set_at)
    match each.scope:
        case StopScope.PERSON:
            what = Text("une personne", "a person")
        case StopScope.PROJECT:
            what = Text(f"l'espace projet {each.name}", f"project space {each.name}")
        case StopScope.DATASET:
            what = Text(f"le jeu de données {each.name}", f"data set {each.name}")
        case StopScope.ALL:
            what = Text("toute la plateforme", "the whole platform")
    text = Text(f"Arrêt d'urgence depuis le {at.fr} : {what.fr}.", f"Kill switch since {at.en}: {what.en}.")
    return Alarm(f"stop {each.id}", AlarmKind.STOP, each.set_at, text)
