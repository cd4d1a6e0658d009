"""Who may do what: the truth table of person × relation × act (TRAPS A5), all of it."""

from itertools import product

import pytest

from hub_extensions.exports import permissions
from hub_extensions.exports.permissions import Parties, Standing
from hub_extensions.exports.states import OWNERS, Act, Owner
from project_spaces.errors import Refused
from project_spaces.text import Text

NO = Text("Non.", "No.")
AUTHOR, RECIPIENT, OTHER = "alice", "rita", "otto"
PARTIES = Parties(author=AUTHOR, recipients=frozenset({RECIPIENT}))

REVIEWING = sorted(act for act in Act if OWNERS[act] == {Owner.REVIEWER})
AUTHORING = sorted(act for act in Act if OWNERS[act] == {Owner.AUTHOR})


def someone(
    username: str, *, ever: bool = False, member: bool = False, reviewer: bool = False, may: bool = True
) -> Standing:
    """A person; *may* False: the decision function refuses everything."""
    no = () if may else (NO,)
    return Standing(username, ever or member, member, reviewer, no, no, no)


def allowed(who: Standing, act: Act) -> bool:
    """Whether the rule lets *who* do *act*."""
    try:
        permissions.check_owner(who, PARTIES, act)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("act", REVIEWING)
@pytest.mark.parametrize(
    ("username", "ever", "member", "reviewer", "may"),
    list(product([AUTHOR, RECIPIENT, OTHER], [False, True], [False, True], [False, True], [False, True])),
)
def test_reviewing_is_for_outside_reviewers_only(
    act: Act, username: str, *, ever: bool, member: bool, reviewer: bool, may: bool
) -> None:
    who = someone(username, ever=ever, member=member, reviewer=reviewer, may=may)
    expected = reviewer and may and username != AUTHOR and not ever and not member
    assert allowed(who, act) is expected
    assert permissions.is_reviewer(who, PARTIES) is expected


@pytest.mark.parametrize("act", AUTHORING)
@pytest.mark.parametrize(
    ("username", "reviewer", "may"), list(product([AUTHOR, RECIPIENT, OTHER], [False, True], [False, True]))
)
def test_authors_acts_are_the_authors(act: Act, username: str, *, reviewer: bool, may: bool) -> None:
    """A colleague, a reviewer, an administrator: none of them acts in the author's name."""
    who = someone(username, member=True, reviewer=reviewer, may=may)
    needs_right = act in permissions.NEEDS_RIGHT_TO_SUBMIT
    assert allowed(who, act) is (username == AUTHOR and (may or not needs_right))


@pytest.mark.parametrize("username", [AUTHOR, RECIPIENT, OTHER])
@pytest.mark.parametrize("may", [True, False])
def test_downloading_is_the_named_recipients(username: str, *, may: bool) -> None:
    assert allowed(someone(username, member=True, reviewer=True, may=may), Act.DOWNLOAD) is (
        username == RECIPIENT and may
    )


@pytest.mark.parametrize("act", [act for act in Act if OWNERS[act] == {Owner.SYSTEM}])
@pytest.mark.parametrize("username", [AUTHOR, RECIPIENT, OTHER])
def test_nobody_does_what_happens_by_itself(act: Act, username: str) -> None:
    assert not allowed(someone(username, reviewer=True), act)


def test_revoking_is_for_the_author_and_for_outside_reviewers() -> None:
    assert allowed(someone(AUTHOR, member=True, may=False), Act.REVOKE)
    assert allowed(someone(OTHER, reviewer=True), Act.REVOKE)
    assert not allowed(someone(OTHER, member=True, reviewer=True), Act.REVOKE)
    assert not allowed(someone(RECIPIENT), Act.REVOKE)


def test_a_stranger_may_not_even_know_of_the_request() -> None:
    with pytest.raises(Refused):
        permissions.check_viewer(someone(OTHER), PARTIES)
    for who in (someone(AUTHOR), someone(RECIPIENT), someone(OTHER, member=True), someone(OTHER, reviewer=True)):
        permissions.check_viewer(who, PARTIES)


def test_every_reason_is_given_not_the_first_only() -> None:
    with pytest.raises(Refused) as refusal:
        permissions.check_reviewer(someone(AUTHOR, member=True), PARTIES)
    assert set(refusal.value.reasons) == {
        permissions.OWN_REQUEST,
        permissions.IN_PROJECT,
        permissions.NOT_REVIEWER,
    }
