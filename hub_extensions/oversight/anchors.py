"""``python -m hub_extensions.oversight.anchors``: witnesses, time-stamps and a second place hold the log to its word.

A process of its own, because any of them may be slow or gone and no cut may wait for them. What fails, and what a
witness contradicts, becomes an alarm (see ``alarms``).
"""

import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Final

import structlog

from audit.anchors import COPY_EVERY, STAMP_EVERY, WITNESS_EVERY, Anchors
from audit.client import Ledger
from audit.errors import LedgerError, Malformed
from audit.places import Places
from audit.policy import Policy
from audit.standings import COPY, COSIGNED, STAMP, Standing, standings
from audit.timestamp import Authority
from hub_extensions.installation.opening import ledger_keys
from hub_extensions.installation.settings_entry import settle_settings
from hub_extensions.oversight.alarms import Alarm, AlarmKind
from hub_extensions.settings import Settings
from hub_extensions.settings import loading as bureau_settings
from project_spaces.errors import Invalid
from project_spaces.text import Text
from project_spaces.windows import moment

TICK_S: Final = 5.0
#: How long an anchor may fail before it is an alarm.
WITNESS_LATE: Final = timedelta(minutes=15)
STAMP_LATE: Final = timedelta(hours=3)
COPY_LATE: Final = timedelta(hours=36)
NAMES: Final = {
    STAMP: Text("L'horodatage du journal", "Time-stamping the ledger"),
    COPY: Text("La copie du journal", "Copying the ledger"),
}

STATES_TIME: Final = {STAMP: Text("l'autorité d'horodatage", "the time-stamp authority")}
#: Seconds by which our clock may differ from what others state.
CLOCK_OFF_S: Final = 10.0

NO_ATTEMPT: Final = Text("aucune tentative n'a abouti", "no attempt came to an end")

log = structlog.get_logger()


def open_anchors(settings: Settings) -> Anchors:
    """Return the anchors that the settings ask for.

    Raises
    ------
    Invalid
        a policy or certificate that can't be read; the sentence names the setting.
    """
    ledger = Ledger(settings.ledger_socket, ledger_keys(settings), timeout=10.0)
    return Anchors(
        Places(settings.ledger_dir),
        ledger.append,
        policy=witness_policy(settings),
        authority=_authority(settings),
        authority_url=settings.timestamp_url,
        copy_to=settings.copy_dir,
        keys=settings.secrets_dir / "ledger",
    )


def witness_policy(settings: Settings) -> Policy | None:
    """Return the witnesses of this installation, None without any; raises ``Invalid``."""
    if settings.witness_policy is None:
        return None
    try:
        return Policy.parse(settings.witness_policy.read_text())
    except (OSError, UnicodeDecodeError, Malformed) as error:
        raise _bad("witness_policy", error) from None


def _authority(settings: Settings) -> Authority | None:
    if settings.timestamp_certificates is None:
        return None
    try:
        return Authority(settings.timestamp_certificates.read_bytes())
    except (OSError, Malformed) as error:
        raise _bad("timestamp_certificates", error) from None


def _bad(name: str, error: Exception) -> Invalid:
    return Invalid(Text(f"Réglage {name} refusé : {error}.", f"Setting {name} refused: {error}."))


def anchor_alarms(settings: Settings, now: datetime) -> list[Alarm]:
    """Return what is wrong with the anchors of this installation."""
    if not settings.anchored:
        return []
    try:
        found = standings(Places(settings.ledger_dir))
    except (Malformed, OSError) as error:
        said = Text(f"L'état des ancrages est illisible : {error}.", f"The anchors' state can't be read: {error}.")
        return [Alarm("anchors", AlarmKind.ANCHOR, now, said)]
    return [
        alarm for name, standing in found.items() for alarm in (*_wrong(name, standing, now), *_clock(name, standing))
    ]


def _wrong(name: str, standing: Standing, now: datetime) -> Iterator[Alarm]:
    late = {STAMP: STAMP_LATE, COPY: COPY_LATE}.get(name, WITNESS_LATE)
    since, why = standing.failing_since, Text(standing.why, standing.why)
    if since is None:  # one that hangs, or whose process is gone, fails in no answer
        since, why = standing.done_at or now, NO_ATTEMPT
        late += {STAMP: STAMP_EVERY, COPY: COPY_EVERY}.get(name, WITNESS_EVERY)
    if standing.contradicted:
        said = Text(
            f"Un témoin a vu une autre histoire de ce journal ({standing.contradicted}) : {standing.why}.",
            f"A witness saw another history of this ledger ({standing.contradicted}): {standing.why}.",
        )
        yield Alarm(f"contradicted {name}", AlarmKind.CONTRADICTED, since, said)
    elif now - since > late and name != COSIGNED:
        what = NAMES.get(name, Text(f"La cosignature ({name})", f"Cosigning ({name})"))
        said = Text(
            f"{what.fr} échoue depuis {moment(since).fr} : {why.fr}.",
            f"{what.en} has been failing since {moment(since).en}: {why.en}.",
        )
        yield Alarm(f"anchor {name}", AlarmKind.ANCHOR, since, said)


def _clock(name: str, standing: Standing) -> Iterator[Alarm]:
    """The clock may have been wrong since the start: nobody on this machine could tell."""
    if abs(standing.ahead_s) > CLOCK_OFF_S and standing.done_at is not None:
        witness, by = name.removeprefix("witness "), abs(standing.ahead_s)
        who = STATES_TIME.get(name) or Text(f"le témoin {witness}", f"the witness {witness}")
        fr, en = ("avance", "ahead of") if standing.ahead_s > 0 else ("retarde", "behind")
        said = Text(
            f"L'horloge {fr} de {by:.0f} s sur l'heure que déclare {who.fr}.",
            f"The clock is {by:.0f} s {en} the time that {who.en} states.",
        )
        yield Alarm(f"clock {name}", AlarmKind.CLOCK_WRONG, standing.done_at, said)


def run(settings: Settings) -> None:
    """Set anchors until told to stop; without any in the settings there is nothing to do but wait."""
    settle_settings(settings, "anchors")
    told = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        told.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    anchors = open_anchors(settings)
    tasks = [threading.Thread(target=_again_and_again, args=(anchors, name, told), name=name) for name in anchors.tasks]
    for each in tasks:  # one each: a slow witness delays no time-stamp, and a long copy neither
        each.daemon = True  # a copy that takes hours keeps nobody from stopping: it goes on where it was
        each.start()
    told.wait()


def _again_and_again(anchors: Anchors, name: str, told: threading.Event) -> None:
    while not told.wait(TICK_S):
        try:
            anchors.run(name, datetime.now(UTC))
        except (LedgerError, Malformed, OSError) as error:  # tried again at the next tick
            log.warning("anchor_not_set", anchor=name, error=repr(error))


if __name__ == "__main__":
    run(bureau_settings.load())
