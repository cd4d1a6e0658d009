"""Recovery codes stand in for the second factor: each once, the newest set alone, and never for the password."""

import pytest

from audit.events import Kind
from project_spaces import recovery_codes
from project_spaces.accounts import Accounts, SignInRefused
from tests.project_spaces.conftest import NOW, SYSTEM, World
from tests.project_spaces.test_accounts import PASSWORD, enrolled, open_accounts


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
