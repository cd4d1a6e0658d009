"""What a handler needs of the installation, and what a verb is told about the call it serves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hub_extensions.exports.desk import Desk
from hub_extensions.imports.desk import ImportDesk
from hub_extensions.oversight.alarms import Alarm
from hub_extensions.portal.catalogue_live import LiveCatalogue
from hub_extensions.portal.ready_answers import ReadyAnswers
from project_spaces.control_periods import ControlTerms
from project_spaces.egress import Budget, EgressCounts
from project_spaces.facts import Classification
from project_spaces.layout import Layout
from project_spaces.lockout import LockPolicy
from project_spaces.own_trace import OwnTrace
from project_spaces.quotas import Quota
from project_spaces.secret_box import SecretBox
from project_spaces.sessions.activity import SessionActivity
from project_spaces.store import Store
from project_spaces.text import Text

if TYPE_CHECKING:
    from hub_extensions.portal.ledger_view import PublishedLedger
    from hub_extensions.portal.workspaces import Workspaces

#: Plain data that a template shows and the API answers: times as ISO text, sentences as ``{"fr", "en"}``.
Page = dict[str, Any]


@dataclass(frozen=True)
class Portal:
    """The parts of one installation that pages and API work with.

    Parameters
    ----------
    public_url
        origin of hub and portal, ``http(s)://host[:port]``.
    workspace_origin
        origin that serves a person's workspaces; never the portal's own (TRAPS C12).
    trial
        what is not protected, where workspaces are not sealed; None where they are.
    classifications
        what may be mounted where they are not; None where everything may.
    default_quota
        limits that a new project starts with.
    """

    store: Store
    desk: Desk
    imports: ImportDesk
    layout: Layout
    box: SecretBox
    workspaces: "Workspaces"
    ledger: "PublishedLedger"
    public_url: str
    workspace_origin: Callable[[str], str]
    clock: Callable[[], datetime]
    #: Counts what pages show of a project's files, together with what gateways show.
    counts: EgressCounts
    trial: Text | None = None
    #: Months for which traces are kept where a project chose nothing else.
    retention_months: int = 12
    control_terms: ControlTerms = field(default_factory=lambda: ControlTerms(ZoneInfo("Europe/Paris"), 10))
    #: What one person may be shown where a project has no budget of its own.
    egress_budget: Budget = field(default_factory=lambda: Budget(1 << 30, 4 << 30))
    #: How long the ledger may go without a sign of life.
    longest_silence: timedelta = timedelta(minutes=3)
    #: What is wrong with the installation now.
    alarms: Callable[[datetime], tuple[Alarm, ...]] = lambda _now: ()
    #: What people themselves did, for them to open; None where nothing is sealed.
    own: OwnTrace | None = None
    #: Why this server could open sealed messages; None once it can't.
    seal: Callable[[], Text | None] = lambda: None
    #: Who runs this installation, as the public pages say it.
    operator: str = "Bureau virtuel"
    #: Where people ask about their rights.
    rights_contact: str = ""
    #: Where it is written down that people are here; None where no session ends for want of that.
    activity: SessionActivity | None = None
    #: When wrong passwords and codes lock an account.
    lock_policy: LockPolicy = field(default_factory=LockPolicy)
    default_quota: Quota = field(default_factory=Quota)
    classifications: frozenset[Classification] | None = None

    @property
    def zone(self) -> ZoneInfo:
        """Where people work: what their clocks say is what pages show and what a typed day means."""
        return self.control_terms.zone

    @cached_property
    def catalogue(self) -> LiveCatalogue:
        """The public catalogue."""
        return LiveCatalogue(self.store)

    @cached_property
    def ready(self) -> ReadyAnswers:
        """What everybody may ask for again and again: the register, the delays."""
        return ReadyAnswers(self.store)

    def local_now(self) -> datetime:
        """The time on people's clocks."""
        return self.clock().astimezone(self.zone)

    def project_dir(self, slug: str) -> Path:
        """The project's shared folder."""
        return self.layout.project_dir(slug)


@dataclass(frozen=True)
class Call:
    """One call of a verb: who calls (as the Hub says), when, and what the address named."""

    portal: Portal
    actor: str
    now: datetime
    path: Mapping[str, str]

    @property
    def local_now(self) -> datetime:
        """The same moment on people's clocks."""
        return self.now.astimezone(self.portal.zone)

    def __getitem__(self, name: str) -> str:
        return self.path[name]
