"""Laws of ``decide`` over random facts: losing a fact never grants, ``until`` is exact, a stop never opens anything.

The facts are drawn around one moment, in hours: windows that ended, hold, begin later, touch, were withdrawn.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from project_spaces.decisions import Action
from project_spaces.facts import (
    ApprovalFacts,
    CharterFacts,
    Classification,
    DatasetFacts,
    MemberRole,
    MembershipFacts,
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
from project_spaces.windows import Window
from tests.project_spaces.cases import ABOUT, DRUGS, HOUR, NOW, PERSON, STAYS, Case, charter

MICROSECOND = timedelta(microseconds=1)


def hours(least: int, most: int) -> st.SearchStrategy[datetime]:
    return st.integers(least, most).map(lambda number: NOW + number * HOUR)


@st.composite
def windows(draw: st.DrawFn, *, likely: bool = True) -> tuple[Window, ...]:
    """Up to three windows; *likely* puts one that holds first, because most random facts refuse."""
    drawn = draw(
        st.lists(
            st.builds(
                lambda start, length, revoked: Window(start, start + length * HOUR, revoked),
                hours(-6, 6),
                st.integers(1, 9),
                st.none() | hours(-6, 9),
            ),
            max_size=2,
        )
    )
    sure = [Window(NOW - HOUR, draw(st.none() | hours(1, 9)))] if likely and draw(st.integers(0, 19)) else []
    return (*sure, *drawn)


@st.composite
def charters(draw: st.DrawFn) -> tuple[CharterFacts, ...]:
    """A charter of one or two versions, the last often signed."""
    signed = st.sampled_from([NOW - HOUR, NOW - HOUR, NOW - HOUR, None])
    versions = draw(st.lists(st.tuples(hours(-60, 9), signed), min_size=1, max_size=2))
    return draw(st.sampled_from([(), (charter(*versions, known=draw(st.sampled_from([NOW - 90 * HOUR, NOW]))),)]))


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    held = {kind: draw(windows()) for kind in ("secret", "snds")}
    sign_in = SignInFacts(
        draw(hours(-7, 0)), draw(st.integers(0, 9)) > 0, draw(st.sampled_from(["10.1.0.1"] * 9 + ["8.8.8.8"]))
    )
    return replace(
        PERSON,
        sign_in=sign_in,
        charters=draw(charters()),
        trainings=tuple(TrainingFacts(kind, each) for kind, found in held.items() for each in found),
    )


def datasets(base: DatasetFacts) -> st.SearchStrategy[DatasetFacts]:
    """*base* with other windows; its embargoes are over or to come."""
    later = windows(likely=False).filter(lambda found: not any(each.holds(NOW) for each in found))
    return st.builds(
        lambda held, agreed, closed: replace(base, habilitations=held, agreements=agreed, embargoes=closed),
        windows(),
        windows(),
        later,
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Action, Case]:
    """Some act of some person, with everything in order more often than not."""
    action = draw(st.sampled_from([*Action, Action.SEND_MESSAGE, Action.SEND_MESSAGE, Action.MOUNT_DATASET]))
    about = ABOUT[action]
    given_ = {kind: draw(windows()) for kind in ("cesrees", "cnil")}
    approved = tuple(ApprovalFacts(kind, each) for kind, found in given_.items() for each in found)
    if about.project is not None:
        window = Window(NOW - HOUR, draw(hours(1, 9)))
        about = replace(about, project=ProjectFacts("etude", ProjectStatus.OPEN, window, approved))
    if about.memberships:
        about = replace(about, memberships=tuple(MembershipFacts(MemberRole.LEAD, each) for each in draw(windows())))
    if about.datasets:
        about = replace(
            about, datasets=tuple(draw(datasets(each)) for each in draw(st.sampled_from([(STAYS,), (STAYS, DRUGS)])))
        )
    if about.datasets or about.in_files:  # a second data set that others, or the person, used here before
        about = replace(about, in_files=(*about.in_files, draw(datasets(replace(STAYS, slug="actes")))))
    return action, Case(draw(subjects()), about)


def poorer(action: Action, it: Case) -> Iterator[Case]:
    """Every case that lacks one of the facts that speak for the person."""
    subject, about = it.subject, it.resource
    yield Case(replace(subject, active=False), about)
    yield Case(replace(subject, second_factor=False), about)
    yield Case(replace(subject, sign_in=None), about)
    yield Case(replace(subject, sign_in=replace(subject.sign_in, strong=False)), about)
    yield Case(replace(subject, sign_in=replace(subject.sign_in, address=None)), about)
    for role in subject.roles:
        yield Case(replace(subject, roles=subject.roles - {role}), about)
    for place in range(len(subject.trainings)):
        yield Case(replace(subject, trainings=_without(subject.trainings, place)), about)
    for place, signed in enumerate(charter_.versions for charter_ in subject.charters):
        for number in range(len(signed)):
            kept = tuple(replace(each, signed_at=None) if each is signed[number] else each for each in signed)
            one = replace(subject.charters[place], versions=kept)
            yield Case(replace(subject, charters=(*_without(subject.charters, place), one)), about)
    yield from (Case(subject, lesser) for lesser in poorer_resources(about))


def poorer_resources(about: Resource) -> Iterator[Resource]:
    yield replace(about, workspace=None)
    yield replace(about, workspace=WorkspaceKind.LOCAL_TRIAL)
    yield from (replace(about, **{name: None}) for name in ("author", "recipient", "beneficiary"))
    if about.project is not None and about.memberships:
        yield replace(about, project=None)
        yield from (
            replace(about, memberships=_without(about.memberships, place)) for place in range(len(about.memberships))
        )
    if about.project is not None:
        given_ = about.project.approvals
        yield from (
            replace(about, project=replace(about.project, approvals=_without(given_, place)))
            for place in range(len(given_))
        )
    for place, dataset in enumerate(about.datasets):
        for lesser in poorer_data(dataset):
            yield replace(about, datasets=(*_without(about.datasets, place), lesser))
    for place, dataset in enumerate(about.in_files):  # a right that was lost speaks against: it is no fact to lose
        for number in range(len(dataset.agreements)):
            lesser = replace(dataset, agreements=_without(dataset.agreements, number))
            yield replace(about, in_files=(*_without(about.in_files, place), lesser))


def poorer_data(dataset: DatasetFacts) -> Iterator[DatasetFacts]:
    yield replace(dataset, withdrawn=True)
    yield replace(dataset, classification=Classification.IDENTIFYING)
    for name in ("habilitations", "agreements"):
        held = getattr(dataset, name)
        yield from (replace(dataset, **{name: _without(held, place)}) for place in range(len(held)))


def _without(items: tuple, place: int) -> tuple:
    return items[:place] + items[place + 1 :]


@settings(max_examples=60, deadline=None)
@given(drawn=cases())
def test_losing_a_fact_never_grants(drawn: tuple[Action, Case]) -> None:
    action, it = drawn
    before = it.decide(action)
    for lesser in poorer(action, it):
        after = lesser.decide(action)
        assert before.allowed or not after.allowed
        if after.allowed and before.until is not None:
            assert after.until is not None
            assert after.until <= before.until


@settings(max_examples=120, deadline=None)
@given(drawn=cases(), part=st.floats(0, 1, exclude_max=True))
def test_until_is_exact(drawn: tuple[Action, Case], part: float) -> None:
    """Allowed from now to just before ``until``, refused at ``until``: to the microsecond."""
    action, it = drawn
    decision = it.decide(action)
    if not decision.allowed:
        assert decision.until is None
        return
    if decision.until is None:
        assert it.decide(action, NOW + timedelta(days=36500)).allowed
        return
    assert it.decide(action, NOW + part * (decision.until - NOW - MICROSECOND)).allowed
    assert it.decide(action, decision.until - MICROSECOND).allowed
    assert not it.decide(action, decision.until).allowed


STOPS = [
    StopFacts(scope, name, Window(NOW - HOUR))
    for scope, name in zip(StopScope, ["ana", "etude", "sejours", ""], strict=True)
]
EMBARGO = Window(NOW - HOUR, NOW + HOUR)


@settings(max_examples=60, deadline=None)
@given(drawn=cases(), first=st.sets(st.sampled_from(STOPS)), more=st.sets(st.sampled_from(STOPS)))
def test_more_stops_and_embargoes_never_allow_more(
    drawn: tuple[Action, Case], first: set[StopFacts], more: set[StopFacts]
) -> None:
    action, it = drawn
    few = replace(it, subject=replace(it.subject, stops=tuple(first)))
    many = replace(it, subject=replace(it.subject, stops=tuple(first | more)))
    assert few.decide(action).allowed or not many.decide(action).allowed
    for name in ("datasets", "in_files"):
        concerned = getattr(it.resource, name)
        closed = tuple(replace(each, embargoes=(*each.embargoes, EMBARGO)) for each in concerned)
        assert not closed or not replace(it, resource=replace(it.resource, **{name: closed})).decide(action).allowed


@settings(max_examples=50, deadline=None)
@given(drawn=cases())
def test_each_stop_reaches_what_it_names(drawn: tuple[Action, Case]) -> None:
    """Work is stopped by every one of the four; nobody's administration by that of everything."""
    action, it = drawn
    allowed = [replace(it, subject=replace(it.subject, stops=(stop,))).decide(action).allowed for stop in STOPS]
    if action in {Action.SEND_MESSAGE, Action.WRITE_FILE, Action.MOUNT_DATASET}:
        assert not any(allowed)
    if action in {Action.ADMINISTER, Action.READ_AUDIT, Action.SIGN_IN}:
        assert allowed[1:] == [it.decide(action).allowed] * 3
