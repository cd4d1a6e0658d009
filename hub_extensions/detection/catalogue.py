"""The detection rules: each one a small pure object that says what it looks for, why, and from which threshold on.

A rule looks at one record, at what is remembered of its person, and at the thresholds, and says whether it is hit.
Changing what a rule means raises its version: a hit in the ledger names the version that decided it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from audit.events import Kind, Scalar
from hub_extensions.detection.reading import NOTHING, Found
from hub_extensions.detection.traces import Traces
from project_spaces.text import Text

HOUR, DAY, MINUTE, TEN_MINUTES = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1), timedelta(minutes=10)
MIB = 2**20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SLOT = timedelta(minutes=5)


@dataclass(frozen=True, eq=False)  # told apart by identity: a cache asks for its hash on every message
class Terms:
    """Thresholds; the settings of the same names, after ``detection_``."""

    output_mb_per_hour: int = 100
    refusals_in_a_row: int = 5
    reads_per_minute: int = 60
    kernels_per_hour: int = 20
    signin_failures: int = 5
    exports_per_day: int = 5
    work_begins: time = time(7)
    work_ends: time = time(20)
    work_days: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Paris"))


@dataclass(slots=True)
class Sighting:
    """One record as the rules see it, before it is sealed."""

    kind: Kind
    at: datetime
    subject: Mapping[str, Scalar]
    found: Found = NOTHING


Hits = Callable[[Sighting, Traces, Terms], bool]


@dataclass(frozen=True)
class Rule:
    """One rule; ``name@version`` is what the leaf of a hit holds for ever."""

    name: str
    version: int
    title: Text
    why: Text
    #: Threshold settings, without the prefix ``detection_``.
    terms: tuple[str, ...]
    kinds: frozenset[Kind]
    hits: Hits

    @property
    def id(self) -> str:
        """Name and version."""
        return f"{self.name}@{self.version}"


def _volume(sighting: Sighting, traces: Traces, terms: Terms) -> bool:
    hour = (sighting.at - _EPOCH) // HOUR
    if hour > traces.shown_hour:  # a clock that steps back opens no new hour
        traces.shown_hour, traces.shown = hour, 0
    size, line = sighting.subject.get("bytes"), terms.output_mb_per_hour * MIB
    before, traces.shown = traces.shown, traces.shown + (size if isinstance(size, int) else 0)
    return traces.shown // line > before // line


def _outside(sighting: Sighting, _traces: Traces, _terms: Terms) -> bool:
    return sighting.found.outside


def _listing(sighting: Sighting, traces: Traces, terms: Terms) -> bool:
    if sighting.kind is Kind.CONTENTS_READ and traces.reads.add(sighting.at, MINUTE) > terms.reads_per_minute:
        traces.reads.clear()
        return True
    return sighting.found.listing


def _encoded(sighting: Sighting, _traces: Traces, _terms: Terms) -> bool:
    return sighting.found.encoding


def _hours(sighting: Sighting, traces: Traces, terms: Terms) -> bool:
    """Once per hour: an evening's work is a handful of hits, not a thousand."""
    if sighting.kind is Kind.KERNEL_MESSAGE and sighting.subject.get("type") != "execute_request":
        return False  # a page left open asks for things by itself
    slot = (sighting.at - _EPOCH) // _SLOT
    if not _unusual(slot, terms):
        return False
    hour = slot // 12
    told, traces.hour_told = traces.hour_told, hour
    return told != hour


@lru_cache(maxsize=64)
def _unusual(slot: int, terms: Terms) -> bool:
    local = (_EPOCH + slot * _SLOT).astimezone(terms.zone)
    return local.isoweekday() not in terms.work_days or not terms.work_begins <= local.time() < terms.work_ends


def _refusals(sighting: Sighting, traces: Traces, terms: Terms) -> bool:
    """In a row, whatever was accepted in between: a page asks for things by itself all the time."""
    if traces.refusals.add(sighting.at, TEN_MINUTES) < terms.refusals_in_a_row:
        return False
    traces.refusals.clear()
    return True


def _signin(sighting: Sighting, traces: Traces, terms: Terms) -> bool:
    if sighting.kind is Kind.SIGNIN_LOCKED:
        return True
    if traces.failures.add(sighting.at, HOUR) < terms.signin_failures:
        return False
    traces.failures.clear()
    return True


def _kernels(sighting: Sighting, traces: Traces, terms: Terms) -> bool:
    if sighting.subject.get("method") != "POST" or traces.kernels.add(sighting.at, HOUR) <= terms.kernels_per_hour:
        return False
    traces.kernels.clear()
    return True


def _exports(sighting: Sighting, traces: Traces, terms: Terms) -> bool:
    if traces.exports.add(sighting.at, DAY) <= terms.exports_per_day:
        return False
    traces.exports.clear()
    return True


_CODE = frozenset({Kind.KERNEL_MESSAGE, Kind.TERMINAL_INPUT, Kind.FILE_WRITE, Kind.FILE_CHANGE})
_WORK = frozenset({Kind.KERNEL_MESSAGE, Kind.TERMINAL_INPUT, Kind.EXPORT_SUBMITTED, Kind.EXPORT_DOWNLOADED})

RULES: tuple[Rule, ...] = (
    Rule(
        "volume",
        1,
        Text("Volume affiché inhabituel", "Unusual volume of output"),
        Text(
            "Des données affichées en masse peuvent être recopiées hors du bureau sans passer par le sas d'export.",
            "Data shown in bulk can be copied off the screen without passing the export desk.",
        ),
        ("output_mb_per_hour",),
        frozenset({Kind.OUTPUT_COUNT}),
        _volume,
    ),
    Rule(
        "outside",
        1,
        Text("Lecture hors de ses propres montages", "Reads outside own mounts"),
        Text(
            "Le code cherche un chemin du système ou d'un jeu de données qui n'est pas monté dans ce bureau.",
            "The code reaches for a path of the system, or of a data set that is not mounted in this workspace.",
        ),
        (),
        _CODE,
        _outside,
    ),
    Rule(
        "listing",
        1,
        Text("Inventaire en masse", "Bulk listing"),
        Text(
            "Parcourir des arborescences entières est le premier pas d'une fouille ou d'une copie.",
            "Walking whole trees is the first step of a search or of a copy.",
        ),
        ("reads_per_minute",),
        _CODE | {Kind.CONTENTS_READ},
        _listing,
    ),
    Rule(
        "encoded",
        1,
        Text("Données encodées pour l'affichage", "Data encoded for display"),
        Text(
            "Un encodage (base64, hexadécimal) permet de faire sortir un fichier binaire par ce qui est affiché.",
            "An encoding (base64, hexadecimal) lets a binary file leave through what is shown.",
        ),
        (),
        _CODE,
        _encoded,
    ),
    Rule(
        "hours",
        1,
        Text("Travail à une heure inhabituelle", "Work at unusual hours"),
        Text(
            "Un compte utilisé la nuit ou le week-end est peut-être utilisé par quelqu'un d'autre.",
            "An account used at night or at the weekend may be used by somebody else.",
        ),
        ("work_begins", "work_ends", "work_days"),
        _WORK | {Kind.SIGNIN_SUCCESS},
        _hours,
    ),
    Rule(
        "refusals",
        1,
        Text("Refus répétés", "Refusals in a row"),
        Text(
            "Une suite de refus en dix minutes est une recherche de ce qui ne serait pas fermé.",
            "A row of refusals within ten minutes is a search for what may not be closed.",
        ),
        ("refusals_in_a_row",),
        frozenset({Kind.REFUSAL}),
        _refusals,
    ),
    Rule(
        "signin",
        1,
        Text("Connexions refusées répétées", "Repeated failed sign-ins"),
        Text(
            "Quelqu'un cherche peut-être un mot de passe, ou essaie des noms.",
            "Somebody may be searching for a password, or trying names.",
        ),
        ("signin_failures",),
        frozenset({Kind.SIGNIN_FAILURE, Kind.SIGNIN_LOCKED}),
        _signin,
    ),
    Rule(
        "kernels",
        1,
        Text("Nombreux noyaux démarrés", "Many kernels started"),
        Text(
            "Un programme extérieur utilise peut-être le bureau à la place de la personne.",
            "A program outside may be using the workspace in the person's place.",
        ),
        ("kernels_per_hour",),
        frozenset({Kind.KERNEL_LIFECYCLE}),
        _kernels,
    ),
    Rule(
        "exports",
        1,
        Text("Nombreuses demandes d'export", "Many export requests"),
        Text(
            "Beaucoup de petites demandes peuvent contourner ce qu'une seule laisserait voir aux vérificateurs.",
            "Many small requests can hide from reviewers what a single one would show.",
        ),
        ("exports_per_day",),
        frozenset({Kind.EXPORT_SUBMITTED}),
        _exports,
    ),
)

#: Rules to ask, by kind of record.
BY_KIND: Mapping[Kind, tuple[Rule, ...]] = MappingProxyType(
    {kind: tuple(rule for rule in RULES if kind in rule.kinds) for kind in Kind}
)
#: Kinds whose text is read.
READ = _CODE


def named(rule: str) -> Rule | None:
    """Return the rule that a leaf names (``name@version``, or the name alone); None for one that is gone."""
    return next((each for each in RULES if rule in {each.id, each.name}), None)
