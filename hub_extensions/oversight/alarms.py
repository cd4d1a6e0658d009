"""Alarms that auditors and administrators must see, also while the ledger or the database is down.

They are kept in one small file that the worker alone writes and that every service of the machine can read; the file
says when it was written, so that a worker that has died is an alarm as well. What an alarm was about is recorded in the
ledger once that answers again (``ledger.silent``).
"""

import json
import shlex
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

import structlog

from audit.places import write_durably
from hub_extensions.settings import Settings
from project_spaces.text import Text
from project_spaces.windows import moment

#: After this long without a look the one who looks is missing.
WATCHER_SILENT: Final = timedelta(seconds=60)
TELL_TIMEOUT_S: Final = 30

log = structlog.get_logger()


class AlarmKind(StrEnum):
    """What is wrong."""

    SILENT = "ledger_silent"
    UNREACHABLE = "ledger_unreachable"
    STALLED = "publication_stalled"
    ROLLED_BACK = "checkpoint_rolled_back"
    CLOCK = "clock_step"
    CONTROL = "control_overdue"
    RETENTION = "retention_late"
    WATCHER = "watcher_silent"
    CONTRADICTED = "witness_contradicts"
    ANCHOR = "anchor_failing"
    STOP = "kill_switch"
    HISTORIES = "histories_differ"
    DISK = "disk_filling"
    CLOCK_WRONG = "clock_wrong"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is wrong; ``key`` tells one from another of its kind."""

    key: str
    kind: AlarmKind
    since: datetime
    text: Text

    def document(self, state: str) -> dict[str, Any]:
        """Return it as JSON has it; it names no person."""
        text = {"fr": self.text.fr, "en": self.text.en}
        return {"state": state, "key": self.key, "kind": self.kind, "since": self.since.isoformat(), "text": text}


@dataclass(slots=True)
class Memory:
    """What the watcher must not forget when it is killed."""

    alarms: list[Alarm] = field(default_factory=list)
    #: Alarms that are over and not in the ledger yet, each with its end.
    unrecorded: list[tuple[Alarm, datetime]] = field(default_factory=list)
    #: Index and time of the last sign of life that was compared with the one before.
    beat: tuple[int, datetime] | None = None
    #: Most entries that were ever seen published.
    published: int = 0
    seen_at: datetime | None = None


class AlarmBook:
    """The file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Memory:
        """Return what stands there; nothing when there is no file yet.

        Raises
        ------
        ValueError
            the file is not one of ours.
        """
        try:
            raw = json.loads(self.path.read_text())
            return Memory(
                [_alarm(each) for each in raw["alarms"]],
                [(_alarm(each), datetime.fromisoformat(each["end"])) for each in raw["unrecorded"]],
                None if raw["beat"] is None else (int(raw["beat"][0]), datetime.fromisoformat(raw["beat"][1])),
                int(raw["published"]),
                datetime.fromisoformat(raw["seen_at"]),
            )
        except FileNotFoundError:
            return Memory()
        except (KeyError, TypeError, IndexError, UnicodeDecodeError) as error:
            raise ValueError(str(error)) from None

    def write(self, memory: Memory) -> None:
        """Replace what stands there."""
        raw = {
            "alarms": [each.document("opened") for each in memory.alarms],
            "unrecorded": [{**each.document("closed"), "end": end.isoformat()} for each, end in memory.unrecorded],
            "beat": None if memory.beat is None else [memory.beat[0], memory.beat[1].isoformat()],
            "published": memory.published,
            "seen_at": None if memory.seen_at is None else memory.seen_at.isoformat(),
        }
        write_durably(self.path, json.dumps(raw, ensure_ascii=False).encode())


def alarm_book(settings: Settings) -> AlarmBook:
    """Return the book of this installation."""
    return AlarmBook(settings.state_dir / "alarms.json")


def open_alarms(settings: Settings, now: datetime) -> tuple[Alarm, ...]:
    """Return what is wrong now, for a banner, ``bureau status`` or a log; never raises."""
    try:
        memory = alarm_book(settings).read()
    except (ValueError, OSError) as error:
        return (_watcher(now, Text(f"Les alarmes sont illisibles : {error}.", f"Alarms can't be read: {error}.")),)
    if memory.seen_at is None or now - memory.seen_at <= WATCHER_SILENT:
        return tuple(memory.alarms)
    text = Text(
        f"Plus personne ne surveille le journal depuis {moment(memory.seen_at).fr} : le worker ne répond pas.",
        f"Nobody has watched the ledger since {moment(memory.seen_at).en}: the worker does not answer.",
    )
    return (*memory.alarms, _watcher(memory.seen_at, text))


class AlarmTeller:
    """Tells the program and the address of the settings; aside, since nothing may wait for them."""

    def __init__(self, command: str, webhook: str) -> None:
        self._command, self._webhook = shlex.split(command), webhook
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="alarm")

    def tell(self, alarms: Sequence[Alarm], state: str) -> None:
        """Log each alarm (``opened`` or ``closed``) and pass it on."""
        for alarm in alarms:
            document = alarm.document(state)
            log.error("alarm", **document) if state == "opened" else log.warning("alarm", **document)
            if self._command or self._webhook:
                self._aside.submit(self._pass_on, json.dumps(document, ensure_ascii=False).encode())

    def close(self) -> None:
        """Return when everything was told."""
        self._aside.shutdown()

    def _pass_on(self, document: bytes) -> None:
        if self._command:
            try:
                subprocess.run(self._command, input=document, timeout=TELL_TIMEOUT_S, check=True, capture_output=True)
            except (OSError, subprocess.SubprocessError) as error:
                log.error("alarm_command_failed", error=repr(error))
        if self._webhook:
            headers = {"Content-Type": "application/json"}
            try:
                urlopen(Request(self._webhook, document, headers), timeout=TELL_TIMEOUT_S).close()  # noqa: S310 - http(s), checked in settings
            except (OSError, HTTPException) as error:
                log.error("alarm_webhook_failed", error=repr(error))


def changes(before: Iterable[Alarm], found: Iterable[Alarm]) -> tuple[list[Alarm], list[Alarm], list[Alarm]]:
    """Return what stands now (an alarm keeps its beginning), what is new in it, and what is over."""
    old, new = {each.key: each for each in before}, {each.key: each for each in found}
    standing = [old.get(key, each) for key, each in new.items()]
    return standing, [new[key] for key in new if key not in old], [old[key] for key in old if key not in new]


def _alarm(raw: dict[str, Any]) -> Alarm:
    text = Text(raw["text"]["fr"], raw["text"]["en"])
    return Alarm(raw["key"], AlarmKind(raw["kind"]), datetime.fromisoformat(raw["since"]), text)


def _watcher(since: datetime, text: Text) -> Alarm:
    return Alarm("watcher", AlarmKind.WATCHER, since, text)
