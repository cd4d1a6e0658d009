"""Recovery codes stand in for the second factor: each once, the newest set alone, and never for the password."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from audit.events import Kind
from project_spaces import recovery_codes
from project_spaces.accounts import Accounts, SignInRefused
from project_spaces.errors import Locked, Unavailable
from tests.project_spaces.conftest import NOW, SYSTEM, World
from tests.project_spaces.test_accounts import PASSWORD, code, enrolled, open_accounts

MINUTE = timedelta(minutes=1)


@pytest.fixture
def accounts(quick_world: World) -> Accounts:
    opened = open_accounts(quick_world)
    enrolled(opened)
    return opened


def refused(accounts: Accounts, password: str, code: str) -> bool:
    try:
        accounts.verify("ana", password, code, now=NOW)
    except SignInRefused:
        return True
    return False


def test_each_works_once_however_it_is_typed(accounts: Accounts) -> None:
    first, second, *_ = recovery_codes.renew(accounts.store, "ana", now=NOW)
    assert accounts.verify("ana", PASSWORD, f" {first.lower().replace('-', ' ')} ", now=NOW).username == "ana"
    assert refused(accounts, PASSWORD, first)
    assert accounts.verify("ana", PASSWORD, second, now=NOW).username == "ana"
    with accounts.store.read() as session:
        assert recovery_codes.left(session, "ana") == recovery_codes.HOW_MANY - 2


def test_a_code_without_the_password_opens_nothing_and_is_not_spent(accounts: Accounts) -> None:
    code, *_ = recovery_codes.renew(accounts.store, "ana", now=NOW)
    assert refused(accounts, "another password", code)
    assert accounts.verify("ana", PASSWORD, code, now=NOW).username == "ana"


def test_new_ones_replace_the_old(accounts: Accounts) -> None:
    old, *_ = recovery_codes.renew(accounts.store, "ana", now=NOW)
    recovery_codes.renew(accounts.store, "ana", now=NOW)
    assert refused(accounts, PASSWORD, old)


def test_a_replaced_account_has_none(accounts: Accounts) -> None:
    recovery_codes.renew(accounts.store, "ana", now=NOW)
    accounts.create("ana", actor=SYSTEM, now=NOW)
    with accounts.store.read() as session:
        assert recovery_codes.left(session, "ana") == 0


def test_making_and_using_them_is_recorded_and_no_code_is_kept(quick_world: World) -> None:
    accounts = open_accounts(quick_world)
    enrolled(accounts)
    code, *_ = recovery_codes.renew(accounts.store, "ana", now=NOW)
    accounts.verify("ana", PASSWORD, code, now=NOW)
    told = [dict(event.subject) for event in quick_world.ledger.of(Kind.ACCOUNT_CHANGED)]
    assert {"change": "recovery codes made", "count": recovery_codes.HOW_MANY} in told
    assert {"change": "recovery code used", "left": recovery_codes.HOW_MANY - 1} in told
    assert code not in str(quick_world.ledger.events)


class TestRenewal:
    """Who sits at an open session alone gets none; who proves both factors once more gets ten."""

    @pytest.fixture
    def accounts(self, quick_world: World) -> Accounts:
        return open_accounts(quick_world)

    @pytest.fixture
    def secret(self, accounts: Accounts) -> str:
        return enrolled(accounts).secret

    def refused(self, accounts: Accounts, password: str, totp: str, at: datetime = NOW + MINUTE) -> bool:
        try:
            accounts.renew_recovery_codes("ana", password, totp, now=at)
        except SignInRefused as error:
            return error.recorded
        return False

    def test_both_factors_make_new_ones_and_the_old_stop(self, accounts: Accounts, secret: str) -> None:
        old, *_ = recovery_codes.renew(accounts.store, "ana", now=NOW)
        at = NOW + MINUTE
        new, *rest = accounts.renew_recovery_codes("ana", PASSWORD, code(secret, at), now=at)
        assert len({new, *rest}) == recovery_codes.HOW_MANY
        assert refused(accounts, PASSWORD, old)
        assert accounts.verify("ana", PASSWORD, new, now=at).username == "ana"

    def test_one_factor_makes_none_and_leaves_the_old(self, accounts: Accounts, secret: str) -> None:
        old, *_ = recovery_codes.renew(accounts.store, "ana", now=NOW)
        assert self.refused(accounts, "not the password", code(secret, NOW + MINUTE))
        assert self.refused(accounts, PASSWORD, "000000")
        assert self.refused(accounts, PASSWORD, old), "a recovery code makes no recovery codes"
        assert accounts.verify("ana", PASSWORD, old, now=NOW).username == "ana"

    def test_a_code_that_was_seen_once_makes_none(self, accounts: Accounts, secret: str) -> None:
        """Somebody looked over the shoulder at the sign-in, or sends the form twice."""
        at = NOW + MINUTE
        seen = code(secret, at)
        accounts.verify("ana", PASSWORD, seen, now=at)
        assert self.refused(accounts, PASSWORD, seen)
        later = code(secret, at + MINUTE)
        accounts.renew_recovery_codes("ana", PASSWORD, later, now=at + MINUTE)
        assert self.refused(accounts, PASSWORD, later, at + MINUTE)
        with pytest.raises(SignInRefused):
            accounts.verify("ana", PASSWORD, later, now=at + MINUTE)

    def test_two_at_one_moment_with_one_code_make_one_set(self, accounts: Accounts, secret: str) -> None:
        at = NOW + MINUTE
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: self.refused(accounts, PASSWORD, code(secret, at), at), range(8)))
        assert made.count(False) == 1

    def test_guessing_here_locks_this_door_and_no_other(self, accounts: Accounts, secret: str) -> None:
        """Whoever sits at an open session guesses no password, and locks nobody out either."""
        for _ in range(accounts.policy.failures - 1):
            assert self.refused(accounts, PASSWORD, "000000")
        with pytest.raises(Locked):
            accounts.renew_recovery_codes("ana", PASSWORD, "000000", now=NOW + MINUTE)
        at = NOW + 2 * MINUTE
        with pytest.raises(Locked):
            accounts.renew_recovery_codes("ana", PASSWORD, code(secret, at), now=at)
        assert accounts.verify("ana", PASSWORD, code(secret, at), now=at).username == "ana"

    def test_somebody_without_an_account_has_none(self, accounts: Accounts) -> None:
        with pytest.raises(SignInRefused):
            accounts.renew_recovery_codes("ben", PASSWORD, "000000", now=NOW)

    def test_without_a_ledger_the_old_ones_stay(self, accounts: Accounts, quick_world: World, secret: str) -> None:
        old, *_ = recovery_codes.renew(accounts.store, "ana", now=NOW)
        at = NOW + MINUTE
        quick_world.ledger.stop()
        with pytest.raises(Unavailable):
            accounts.renew_recovery_codes("ana", PASSWORD, code(secret, at), now=at)
        quick_world.ledger.start()
        assert accounts.verify("ana", PASSWORD, old, now=at).username == "ana"
