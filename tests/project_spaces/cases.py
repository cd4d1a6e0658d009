"""A person for whom everything is in order, where everything is asked, and what changes one fact of it.

``truth_table.md`` names the situations and says what follows; ``SITUATIONS`` says what they are.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from project_spaces.decisions import Action, Decision, decide
from project_spaces.facts import (
    ApprovalFacts,
    CharterFacts,
    CharterVersionFacts,
    Classification,
    DatasetFacts,
    MemberRole,
    MembershipFacts,
    PerimeterFacts,
    Place,
    PlaceKind,
    PlatformRole,
    ProjectFacts,
    ProjectStatus,
    Resource,
    SignInFacts,
    StopFacts,
    StopScope,
    Subject,
    TrainingFacts,
    WorkspaceKind,
)
from project_spaces.requirements import NOTHING, Requirement
from project_spaces.text import Text
from project_spaces.windows import Window

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
YESTERDAY, TOMORROW = NOW - DAY, NOW + DAY

# ── The windows that a right can have ───────────────────────────────────────────────────────────────────────────────

HOLDS = Window(NOW - 10 * DAY, NOW + 10 * DAY)
BEGINS_TOMORROW = Window(TOMORROW, NOW + 9 * DAY)
ENDED_NOW = Window(YESTERDAY, NOW)
ENDED_YESTERDAY = Window(NOW - 9 * DAY, YESTERDAY)
ENDED_LONG_AGO = Window(NOW - 2000 * DAY, NOW - 1000 * DAY)
WITHDRAWN_NOW = Window(YESTERDAY, TOMORROW, revoked_at=NOW)
WITHDRAWN = Window(YESTERDAY, TOMORROW, revoked_at=NOW - HOUR)

# ── Everything asked, everything in order ───────────────────────────────────────────────────────────────────────────

OFFICE, LABORATORY = ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("10.1.0.0/16")
ELSEWHERE = ipaddress.ip_network("10.9.0.0/16")
EVERYBODY = Requirement(timedelta(hours=12), (OFFICE,), frozenset({"secret"}), frozenset({"cesrees"}), identity=True)
DUTIES = Requirement(trainings=frozenset({"relecture"}), identity=True)
TIER = Requirement(timedelta(hours=8), (LABORATORY,), frozenset({"snds"}), frozenset({"cnil"}), agreement=True)


def charter(
    *versions: tuple[datetime, datetime | None], slug: str = "cgu", known: datetime = NOW - HOUR
) -> CharterFacts:
    """A charter, from (deadline, signed) of each version; published two days apart, the last one two hours ago."""
    first = NOW - 2 * HOUR - 2 * DAY * (len(versions) - 1)
    published = [first + 2 * DAY * place for place in range(len(versions))]
    return CharterFacts(
        slug,
        Text("Conditions d'utilisation", "Terms of use"),
        known,
        tuple(
            CharterVersionFacts(number, at, max(at, deadline), signed)
            for number, (at, (deadline, signed)) in enumerate(zip(published, versions, strict=True), start=1)
        ),
    )


PERSON = Subject(
    "ana",
    active=True,
    roles=frozenset(PlatformRole),
    owners=frozenset({"CHU"}),
    second_factor=True,
    asks=EVERYBODY,
    duties=DUTIES,
    sign_in=SignInFacts(NOW - HOUR, strong=True, address="10.1.2.3"),
    connected_from="10.1.2.4",
    charters=(charter((YESTERDAY, NOW - HOUR)),),
    trainings=tuple(TrainingFacts(kind, HOLDS) for kind in ("secret", "snds", "relecture")),
    identity_reviewed=True,
)
PROJECT = ProjectFacts(
    "etude", ProjectStatus.OPEN, HOLDS, (ApprovalFacts("cesrees", HOLDS), ApprovalFacts("cnil", HOLDS))
)
MEMBER = MembershipFacts(MemberRole.ANALYST, HOLDS)
STAYS = DatasetFacts("sejours", Classification.PSEUDONYMISED, False, (HOLDS,), TIER, (HOLDS,))
DRUGS = replace(STAYS, slug="medicaments")

HOSPITAL = Place(PlaceKind.ORGANISATION, "chu-nord")
#: Where what is administered lies: the project, and the organisation that answers for it.
WITHIN = (Place(PlaceKind.PROJECT, "etude"), HOSPITAL)

#: What opens the project's files, in which data were used before.
_IN_PROJECT = Resource(PROJECT, (MEMBER,), in_files=(STAYS,))
_AT_WORK = Resource(PROJECT, (MEMBER,), (STAYS,), workspace=WorkspaceKind.SEALED)
#: What each act is about when everything is in order.
ABOUT: dict[Action, Resource] = {
    Action.SIGN_IN: Resource(),
    Action.OPEN_WORKSPACE: _IN_PROJECT,
    Action.SUBMIT_EXPORT: _IN_PROJECT,
    Action.MOUNT_DATASET: _AT_WORK,
    Action.SEND_MESSAGE: _AT_WORK,
    Action.WRITE_FILE: _AT_WORK,
    Action.REVIEW_EXPORT: Resource(PROJECT, author="ben"),
    Action.DOWNLOAD_EXPORT: Resource(PROJECT, recipient="ana"),
    Action.SUBMIT_IMPORT: _IN_PROJECT,
    Action.REVIEW_IMPORT: Resource(PROJECT, author="ben"),
    Action.DELIVER_DATASET: Resource(owners=("CHU",)),
    Action.ACCEPT_DELIVERY: Resource(owners=("CHU",), author="ben"),
    Action.READ_AUDIT: Resource(),
    Action.CONTROL_TRACES: Resource(PROJECT),
    Action.LIFT_PAUSE: Resource(beneficiary="ben"),
    Action.ADMINISTER: Resource(within=WITHIN),
    Action.GRANT_RIGHT: Resource(beneficiary="ben", within=WITHIN),
    Action.CONFIRM_TRAINING: Resource(beneficiary="ben", within=WITHIN),
    Action.SEE_RIGHTS: Resource(within=WITHIN),
    Action.REGISTER_DATASET: Resource(),
    Action.INSTRUCT_REQUEST: Resource(concerned=("ben", "eva")),
    Action.GIVE_OPINION: Resource(concerned=("ben", "eva")),
    Action.ANSWER_FOR_OWNER: Resource(concerned=("ben", "eva"), owners=("CHU",)),
    Action.ASK_EMBARGO: Resource(PROJECT, (replace(MEMBER, role=MemberRole.LEAD),)),
    Action.END_PROJECT: Resource(PROJECT, (replace(MEMBER, role=MemberRole.LEAD),)),
    Action.SETTLE_END: Resource(PROJECT, owners=("CHU",), author="ben"),
    Action.CONFIRM_END: Resource(PROJECT, owners=("CHU",), author="ben"),
    Action.SEE_END: Resource(PROJECT, owners=("CHU",)),
    Action.SEE_OPENINGS: Resource(owners=("CHU",)),
}


@dataclass(frozen=True)
class Case:
    """Who does something with what."""

    subject: Subject
    resource: Resource

    def decide(self, action: Action, now: datetime = NOW) -> Decision:
        return decide(self.subject, action, self.resource, now)


Change = Callable[[Case], Case]


def case(action: Action, change: Change | None = None) -> Case:
    """The case of *action* in which everything is in order, changed."""
    ordered = Case(PERSON, ABOUT[action])
    return change(ordered) if change is not None else ordered


def person(**facts: Any) -> Change:
    """Other facts about the person."""
    return lambda it: replace(it, subject=replace(it.subject, **facts))


def resource(**facts: Any) -> Change:
    """Other facts about what is acted on, where the act is about such a thing at all."""

    def change(it: Case) -> Case:
        concerned = {name: value for name, value in facts.items() if getattr(it.resource, name) not in ((), None)}
        return replace(it, resource=replace(it.resource, **concerned))

    return change


def project(**facts: Any) -> Change:
    """Other facts about the project."""
    return resource(project=replace(PROJECT, **facts))


def data(**facts: Any) -> Change:
    """Other facts about the data set: where it is mounted, or of which the project's files may hold extracts."""
    changed = (replace(STAYS, **facts),)
    return resource(datasets=changed, in_files=changed)


def files(**facts: Any) -> Change:
    """A second data set was used in the project, besides the first; with these facts."""

    def change(it: Case) -> Case:
        if not (it.resource.datasets or it.resource.in_files):
            return it
        return replace(it, resource=replace(it.resource, in_files=(*it.resource.in_files, replace(DRUGS, **facts))))

    return change


def memberships(*windows: Window) -> Change:
    """Other memberships, also where none are expected."""
    held = tuple(MembershipFacts(MemberRole.LEAD, window) for window in windows)
    return lambda it: replace(it, resource=replace(it.resource, memberships=held))


def was(role: MemberRole, *windows: Window, besides: tuple[MembershipFacts, ...] = ()) -> Change:
    """Memberships in this role and *besides*, and nothing else: no role on the platform, no owner to speak for."""
    held = (*besides, *(MembershipFacts(role, window) for window in windows))
    nothing = person(roles=frozenset(), owners=frozenset())
    return lambda it: replace(nothing(it), resource=replace(it.resource, memberships=held))


def frozen(
    at: Window, *, member: Window, approved: Window, status: ProjectStatus = ProjectStatus.OPEN, **rights: Window
) -> Change:
    """The project has ended; its last exports leave *at* that time. *rights*: the windows of its data set's."""
    given = tuple(ApprovalFacts(kind, approved) for kind in ("cesrees", "cnil"))
    over = Window(NOW - 9 * DAY, at.starts_at)
    ended = both(memberships(member), project(window=over, status=status, approvals=given, frozen=at))
    return both(ended, data(**{name: (window,) for name, window in rights.items()}))


def signed_in(at: datetime, *, strong: bool = True, address: str = "10.1.2.3") -> Change:
    return person(sign_in=SignInFacts(at, strong, address))


def trainings(
    secret: tuple[Window, ...] = (HOLDS,),
    snds: tuple[Window, ...] = (HOLDS,),
    relecture: tuple[Window, ...] = (HOLDS,),
) -> Change:
    taken = {"secret": secret, "snds": snds, "relecture": relecture}
    return person(trainings=tuple(TrainingFacts(kind, each) for kind, windows in taken.items() for each in windows))


def approvals(cesrees: tuple[Window, ...] = (HOLDS,), cnil: tuple[Window, ...] = (HOLDS,)) -> Change:
    given = {"cesrees": cesrees, "cnil": cnil}
    return project(approvals=tuple(ApprovalFacts(kind, each) for kind, windows in given.items() for each in windows))


def stopped(scope: StopScope, name: str, *, lifted: datetime | None = None) -> StopFacts:
    return StopFacts(scope, name, Window(NOW - 2 * HOUR, None, lifted))


def roles(*held: PlatformRole) -> Change:
    return person(roles=frozenset(held))


def hub(*windows: Window, place: Place = HOSPITAL) -> Change:
    """No role on the platform, and these windows of a place to administer."""
    return person(roles=frozenset(), perimeter=tuple(PerimeterFacts(place, each) for each in windows))


def both(first: Change, second: Change) -> Change:
    return lambda it: second(first(it))


BARE = both(
    person(
        asks=NOTHING,
        duties=NOTHING,
        sign_in=None,
        connected_from=None,
        charters=(),
        trainings=(),
        identity_reviewed=False,
    ),
    both(project(approvals=()), data(asks=NOTHING, agreements=())),
)
_OLD, _AGO = NOW - 3 * DAY, NOW - HOUR
LASTED = Window(_OLD, YESTERDAY)
UNSEALED = resource(workspace=WorkspaceKind.LOCAL_TRIAL)

SITUATIONS: dict[str, Change] = {
    "everything in order": person(),
    "nothing is asked, and nothing of it was recorded": BARE,
    "account disabled": person(active=False),
    "second factor not set up": person(second_factor=False),
    "no sign-in known": person(sign_in=None),
    "signed in with one factor": signed_in(_AGO, strong=False),
    "signed in 12 hours ago, 12 are asked": both(
        signed_in(NOW - 12 * HOUR), data(asks=replace(TIER, sign_in_max_age=None))
    ),
    "signed in 9 hours ago, 8 are asked for the data set": signed_in(NOW - 9 * HOUR),
    "signed in this instant": signed_in(NOW),
    "signed in 5 minutes ahead (by another machine's clock)": signed_in(NOW + timedelta(minutes=5)),
    "signed in tomorrow (a clock is wrong)": signed_in(TOMORROW),
    "signed in from elsewhere": signed_in(_AGO, address="192.0.2.7"),
    "signed in from a network that is not the data set's": signed_in(_AGO, address="10.2.0.1"),
    "connected from elsewhere since": person(connected_from="192.0.2.7"),
    "connected since from a network that is not the data set's": person(connected_from="10.2.0.1"),
    "connected since from an address that is none": person(connected_from=""),
    "no request is behind the question": person(connected_from=None),
    "charter never signed": person(charters=(charter((YESTERDAY, None)),)),
    "charter signed this instant": person(charters=(charter((YESTERDAY, NOW)),)),
    "charter signed tomorrow (a clock is wrong)": person(charters=(charter((YESTERDAY, TOMORROW)),)),
    "charter signed in the version before, deadline tomorrow": person(
        charters=(charter((_OLD, _AGO), (TOMORROW, None), known=_OLD),)
    ),
    "charter signed in the version before, deadline this instant": person(
        charters=(charter((_OLD, _AGO), (NOW, None), known=_OLD),)
    ),
    "charter signed in both versions, deadline passed": person(
        charters=(charter((_OLD, _AGO), (_AGO, _AGO), known=_OLD),)
    ),
    "registered before the first charter, deadline tomorrow": person(charters=(charter((TOMORROW, None), known=_OLD),)),
    "registered at the moment of the first charter, deadline tomorrow": person(
        charters=(charter((TOMORROW, None), known=NOW - 2 * HOUR),)
    ),
    "registered before the first charter, deadline this instant": person(charters=(charter((NOW, None), known=_OLD),)),
    "second charter not signed": person(charters=(*PERSON.charters, charter((YESTERDAY, None), slug="secret"))),
    "training of everybody missing": trainings(secret=()),
    "training of the data set missing": trainings(snds=()),
    "training ended this instant": trainings(secret=(ENDED_NOW,)),
    "training withdrawn an hour ago": trainings(secret=(WITHDRAWN,)),
    "training begins tomorrow": trainings(secret=(BEGINS_TOMORROW,)),
    "training of roles missing": trainings(relecture=()),
    "training of roles ended this instant": trainings(relecture=(ENDED_NOW,)),
    "training ended, taken again": trainings(secret=(ENDED_YESTERDAY, HOLDS)),
    "identity not reviewed": person(identity_reviewed=False),
    "identity not reviewed, asked of roles alone": person(
        identity_reviewed=False, asks=replace(EVERYBODY, identity=False)
    ),
    "identity not reviewed, not asked of roles": person(
        identity_reviewed=False, duties=replace(DUTIES, identity=False)
    ),
    "this person is stopped": person(stops=(stopped(StopScope.PERSON, "ana"),)),
    "everything is stopped": person(stops=(stopped(StopScope.ALL, ""),)),
    "the project is stopped": person(stops=(stopped(StopScope.PROJECT, "etude"),)),
    "the data set is stopped": person(stops=(stopped(StopScope.DATASET, "sejours"),)),
    "another project and another data set are stopped": person(
        stops=(
            stopped(StopScope.PROJECT, "autre"),
            stopped(StopScope.DATASET, "etude"),
            stopped(StopScope.PERSON, "ben"),
        )
    ),
    "the switch of everything was lifted": person(stops=(stopped(StopScope.ALL, "", lifted=NOW),)),
    "no such project": lambda it: (
        replace(it, resource=replace(it.resource, project=None)) if it.resource.memberships else it
    ),
    "project suspended": project(status=ProjectStatus.SUSPENDED),
    "project closed": project(status=ProjectStatus.CLOSED),
    "project begins tomorrow": project(window=BEGINS_TOMORROW),
    "project ended this instant": project(window=ENDED_NOW),
    "project begins and ends this instant": project(window=Window(NOW, NOW)),
    "frozen this instant, with memberships and approvals": frozen(
        Window(NOW, TOMORROW), member=ENDED_NOW, approved=ENDED_NOW
    ),
    "frozen, exports closed this instant": frozen(
        Window(YESTERDAY, NOW), member=Window(_OLD, TOMORROW), approved=Window(_OLD, TOMORROW)
    ),
    "frozen tomorrow": project(frozen=Window(TOMORROW, TOMORROW + DAY)),
    "frozen and suspended": frozen(
        Window(YESTERDAY, TOMORROW),
        member=Window(_OLD, YESTERDAY),
        approved=Window(_OLD, YESTERDAY),
        status=ProjectStatus.SUSPENDED,
    ),
    "frozen, membership had ended before": frozen(
        Window(YESTERDAY, TOMORROW), member=Window(_OLD, YESTERDAY - HOUR), approved=Window(_OLD, YESTERDAY)
    ),
    "frozen, membership ended with it": frozen(
        Window(YESTERDAY, TOMORROW), member=Window(_OLD, YESTERDAY), approved=Window(_OLD, YESTERDAY)
    ),
    "frozen, membership withdrawn since": frozen(
        Window(YESTERDAY, TOMORROW), member=Window(_OLD, YESTERDAY, _AGO), approved=Window(_OLD, YESTERDAY)
    ),
    "frozen, approval had ended before": frozen(
        Window(YESTERDAY, TOMORROW), member=Window(_OLD, YESTERDAY), approved=Window(_OLD, YESTERDAY - HOUR)
    ),
    "frozen, habilitation ended with it": frozen(
        Window(YESTERDAY, TOMORROW), member=LASTED, approved=LASTED, habilitations=LASTED
    ),
    "frozen, habilitation had ended before": frozen(
        Window(YESTERDAY, TOMORROW), member=LASTED, approved=LASTED, habilitations=Window(_OLD, YESTERDAY - HOUR)
    ),
    "frozen, habilitation withdrawn since": frozen(
        Window(YESTERDAY, TOMORROW), member=LASTED, approved=LASTED, habilitations=Window(_OLD, YESTERDAY, _AGO)
    ),
    "frozen, agreement ended with it": frozen(
        Window(YESTERDAY, TOMORROW), member=LASTED, approved=LASTED, agreements=LASTED
    ),
    "frozen, agreement had ended before": frozen(
        Window(YESTERDAY, TOMORROW), member=LASTED, approved=LASTED, agreements=Window(_OLD, YESTERDAY - HOUR)
    ),
    "was the lead, nothing else": was(MemberRole.LEAD, ENDED_YESTERDAY),
    "is the lead, nothing else": was(MemberRole.LEAD, HOLDS),
    "is the lead and an analyst, nothing else": was(
        MemberRole.LEAD, HOLDS, besides=(MembershipFacts(MemberRole.ANALYST, HOLDS),)
    ),
    "is an analyst, nothing else": was(MemberRole.ANALYST, HOLDS),
    "administrator, speaks for no owner": person(roles=frozenset({PlatformRole.ADMINISTRATOR}), owners=frozenset()),
    "auditor, speaks for no owner": person(roles=frozenset({PlatformRole.AUDITOR}), owners=frozenset()),
    "speaks for the owner, not administrator": person(roles=frozenset({PlatformRole.STEWARD})),
    "reviewer, speaks for no owner": person(roles=frozenset({PlatformRole.REVIEWER}), owners=frozenset()),
    "approval of everybody missing": approvals(cesrees=()),
    "approval of the data set missing": approvals(cnil=()),
    "approval ended this instant": approvals(cesrees=(ENDED_NOW,)),
    "approval withdrawn an hour ago": approvals(cesrees=(WITHDRAWN,)),
    "not a member": memberships(),
    "membership begins tomorrow": memberships(BEGINS_TOMORROW),
    "membership ended yesterday": memberships(ENDED_YESTERDAY),
    "membership withdrawn this instant": memberships(WITHDRAWN_NOW),
    "member now": memberships(HOLDS),
    "no data set": resource(datasets=(), in_files=()),
    "data set withdrawn by its owner": data(withdrawn=True),
    "data set names persons": data(classification=Classification.IDENTIFYING),
    "workspace not sealed": UNSEALED,
    "workspace not sealed, data set open": both(UNSEALED, data(classification=Classification.OPEN)),
    "workspace not sealed, data set synthetic": both(UNSEALED, data(classification=Classification.SYNTHETIC)),
    "kind of workspace unknown": resource(workspace=None),
    "no habilitation": data(habilitations=()),
    "habilitation begins tomorrow": data(habilitations=(BEGINS_TOMORROW,)),
    "habilitation ended years ago": data(habilitations=(ENDED_LONG_AGO,)),
    "habilitation ended this instant": data(habilitations=(ENDED_NOW,)),
    "habilitation withdrawn an hour ago": data(habilitations=(WITHDRAWN,)),
    "habilitation ended, renewed from the same instant": data(habilitations=(ENDED_NOW, Window(NOW, TOMORROW))),
    "one of two data sets not habilitated": resource(datasets=(STAYS, replace(DRUGS, habilitations=()))),
    "no agreement": data(agreements=()),
    "agreement ended this instant": data(agreements=(ENDED_NOW,)),
    "agreement withdrawn an hour ago": data(agreements=(WITHDRAWN,)),
    "embargo until tomorrow": data(embargoes=(Window(YESTERDAY, TOMORROW),)),
    "embargo from tomorrow": data(embargoes=(BEGINS_TOMORROW,)),
    "embargo lifted an hour ago": data(embargoes=(WITHDRAWN,)),
    "another data set was used here": files(),
    "another was used here, and is stopped": both(files(), person(stops=(stopped(StopScope.DATASET, "medicaments"),))),
    "another was used here, and is under an embargo": files(embargoes=(Window(YESTERDAY, TOMORROW),)),
    "another was used here, its embargo begins tomorrow": files(embargoes=(BEGINS_TOMORROW,)),
    "another was used here, without an agreement now": files(agreements=(ENDED_NOW,)),
    "another was used here, which asks for no agreement": files(agreements=(), asks=replace(TIER, agreement=False)),
    "another was used here, habilitation ended this instant": files(habilitations=(ENDED_NOW,)),
    "another was used here, habilitation withdrawn an hour ago": files(habilitations=(WITHDRAWN,)),
    "another was used here, habilitation ended, renewed": files(habilitations=(ENDED_NOW, Window(NOW, TOMORROW))),
    "another was used here, habilitation ended, renewed from tomorrow": files(
        habilitations=(ENDED_NOW, BEGINS_TOMORROW)
    ),
    "another was used here, by others: never habilitated": files(habilitations=()),
    "another was used here, by others: habilitation begins tomorrow": files(habilitations=(BEGINS_TOMORROW,)),
    "another was used here, by others: habilitation withdrawn before it began": files(
        habilitations=(Window(YESTERDAY, TOMORROW, revoked_at=_OLD),)
    ),
    "another was used here, by others, and asks for a training": files(
        habilitations=(), asks=replace(TIER, trainings=frozenset({"atih"}))
    ),
    "another was used here, by others, and asks for an hour's sign-in": files(
        habilitations=(), asks=replace(TIER, sign_in_max_age=HOUR)
    ),
    "another was used here, by others, and asks for another network": files(
        habilitations=(), asks=replace(TIER, networks=(ELSEWHERE,))
    ),
    "another was used here, and was withdrawn by its owner": files(withdrawn=True),
    "no role on the platform": roles(),
    "reviewer only": roles(PlatformRole.REVIEWER),
    "auditor only": roles(PlatformRole.AUDITOR),
    "administrator only": roles(PlatformRole.ADMINISTRATOR),
    "steward only": roles(PlatformRole.STEWARD),
    "committee member only": roles(PlatformRole.COMMITTEE),
    "training manager only": roles(PlatformRole.TRAINING_MANAGER),
    "hub administrator of the organisation": hub(HOLDS),
    "hub administrator of the project alone": hub(HOLDS, place=WITHIN[0]),
    "hub administrator of another organisation": hub(HOLDS, place=Place(PlaceKind.ORGANISATION, "chu-sud")),
    "hub administrator of an organisation that is called as the project": hub(
        HOLDS, place=Place(PlaceKind.ORGANISATION, "etude")
    ),
    "perimeter begins tomorrow": hub(BEGINS_TOMORROW),
    "perimeter ended this instant": hub(ENDED_NOW),
    "perimeter withdrawn an hour ago": hub(WITHDRAWN),
    "hub administrator, the act is the platform's": both(hub(HOLDS), resource(within=())),
    "hub administrator, a right for oneself": both(hub(HOLDS), resource(beneficiary="ana")),
    "own request": resource(author="ana"),
    "author unknown": resource(author=None),
    "link in another name": resource(recipient="ben"),
    "link in nobody's name": resource(recipient=None),
    "right for oneself": resource(beneficiary="ana"),
    "right for nobody": resource(beneficiary=None),
    "applicant, or named in the request": resource(concerned=("ben", "ana")),
    "nobody named in the request": resource(concerned=()),
    "data of another owner": resource(owners=("CNAM",)),
    "owner unknown": resource(owners=()),
}
