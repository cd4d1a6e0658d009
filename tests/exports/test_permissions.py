"""Who may do what: the truth table of person × relation × act (TRAPS A5), all of it."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from hub_extensions.exports import permissions
from hub_extensions.exports.permissions import Parties, Standing
from hub_extensions.exports.states import OWNERS, Act, Owner
from project_spaces.errors import Refused
from project_spaces.facts import MemberRole, MembershipFacts, PlatformRole, ProjectFacts, ProjectStatus, Subject
from project_spaces.windows import Window

AUTHOR, RECIPIENT, OTHER = "alice", "rita", "otto"
PARTIES = Parties(author=AUTHOR, recipients=frozenset({RECIPIENT}))
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)

REVIEWING = sorted(act for act in Act if OWNERS[act] == {Owner.REVIEWER})
AUTHORING = sorted(act for act in Act if OWNERS[act] == {Owner.AUTHOR})
EVERYBODY_ELSE = frozenset(PlatformRole) - {PlatformRole.REVIEWER}
MEMBERSHIPS = {
    "never": (),
    "now": (Window(NOW - DAY, NOW + DAY),),
    "once": (Window(NOW - 9 * DAY, NOW - 8 * DAY),),
    "soon": (Window(NOW + DAY, NOW + 2 * DAY),),
}


def someone(username: str, *, membership: str = "never", reviewer: bool = False, active: bool = True) -> Standing:
    """A person who holds every other role of the platform: none of them helps."""
    roles = EVERYBODY_ELSE | ({PlatformRole.REVIEWER} if reviewer else set())
    return Standing(
        Subject(username, active=active, roles=roles, second_factor=True),
        ProjectFacts("p", ProjectStatus.OPEN, Window(NOW - 30 * DAY, NOW + 30 * DAY)),
        tuple(MembershipFacts(MemberRole.LEAD, window) for window in MEMBERSHIPS[membership]),
        NOW,
    )


def allowed(who: Standing, act: Act) -> bool:
    """Whether the rule lets *who* do *act*."""
    try:
        permissions.check_owner(who, PARTIES, act)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("act", REVIEWING)
def test_reviewing_is_for_active_reviewers_who_never_were_inside(act: Act) -> None:
    people = product([AUTHOR, RECIPIENT, OTHER], MEMBERSHIPS, [False, True], [False, True])
    for username, membership, reviewer, active in people:
        who = someone(username, membership=membership, reviewer=reviewer, active=active)
        expected = reviewer and active and username == OTHER and membership == "never"
        assert allowed(who, act) is expected, who
        assert permissions.is_reviewer(who, PARTIES) is expected, who


@pytest.mark.parametrize("act", AUTHORING)
def test_authors_acts_are_the_authors(act: Act) -> None:
    """A colleague, a reviewer, an administrator: none of them acts in the author's name."""
    for username, membership, reviewer in product([AUTHOR, RECIPIENT, OTHER], MEMBERSHIPS, [False, True]):
        who = someone(username, membership=membership, reviewer=reviewer)
        may_submit = membership == "now" or act not in permissions.NEEDS_RIGHT_TO_SUBMIT
        assert allowed(who, act) is (username == AUTHOR and may_submit), who


def test_downloading_is_the_named_recipients() -> None:
    for username, active in product([AUTHOR, RECIPIENT, OTHER], [False, True]):
        who = someone(username, membership="now", reviewer=True, active=active)
        assert allowed(who, Act.DOWNLOAD) is (username == RECIPIENT and active), who


@pytest.mark.parametrize("act", [act for act in Act if OWNERS[act] == {Owner.SYSTEM}])
def test_nobody_does_what_happens_by_itself(act: Act) -> None:
    for username in (AUTHOR, RECIPIENT, OTHER):
        assert not allowed(someone(username, reviewer=True), act)


def test_revoking_is_for_the_author_and_for_outside_reviewers() -> None:
    assert allowed(someone(AUTHOR), Act.REVOKE)
    assert allowed(someone(OTHER, reviewer=True), Act.REVOKE)
    assert not allowed(someone(OTHER, membership="once", reviewer=True), Act.REVOKE)
    assert not allowed(someone(RECIPIENT), Act.REVOKE)


def test_a_stranger_may_not_even_know_of_the_request() -> None:
    for who in (someone(OTHER), someone(OTHER, membership="once")):
        with pytest.raises(Refused):
            permissions.check_viewer(who, PARTIES)
    insiders = someone(AUTHOR), someone(RECIPIENT), someone(OTHER, membership="now"), someone(OTHER, reviewer=True)
    for who in insiders:
        permissions.check_viewer(who, PARTIES)


def test_every_reason_is_given_not_the_first_only() -> None:
    with pytest.raises(Refused) as refusal:
        permissions.check_reviewer(someone(AUTHOR, membership="now"), PARTIES)
    assert len(refusal.value.reasons) == 3
    for text in refusal.value.reasons:
        assert text.fr
        assert text.en
        assert text.fr != text.en
