"""Signing in: two factors or nothing, each code once, ten wrong and locked, and no answer that tells who exists."""

import hashlib
import uuid
from datetime import datetime, timedelta

import pyotp
import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from cryptography.fernet import Fernet
from sqlalchemy import select

from audit.events import Kind
from project_spaces import second_factor
from project_spaces.accounts import Account, Accounts, Enrolment, SignInRefused
from project_spaces.errors import BureauError, Conflict, Invalid, Locked, NotFound, Refused, Unavailable
from project_spaces.lockout import LockPolicy
from project_spaces.passwords import NOBODYS, Passwords
from project_spaces.people import disable_person
from project_spaces.secret_box import SecretBox
from project_spaces.sign_ins import NOWHERE, Terminal
from tests.project_spaces.conftest import DAY, NOW, SYSTEM, World

PASSWORD = "le sel de la mer d'Iroise"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
MINUTE = timedelta(minutes=1)


def browser(device: str) -> Terminal:
    """A browser that keeps *device*, with the new session that would begin in it."""
    return Terminal(session=uuid.uuid4().hex, device=device)


class Counting(PasswordHasher):
    """Counts comparisons: their number, not their clock time, is what must not depend on the name."""

    compared = 0

    def verify(self, *arguments):
        try:
            same = super().verify(*arguments)
        except VerifyMismatchError:
            self.compared += 1
            raise
        self.compared += 1
        return same


def open_accounts(world: World, hasher: PasswordHasher = CHEAP) -> Accounts:
    return Accounts(world.store, SecretBox(Fernet.generate_key()), LockPolicy(), Passwords(hasher))


def code(secret: str, at: datetime) -> str:
    return pyotp.TOTP(secret).at(at)


def enrolled(accounts: Accounts, username: str = "ana") -> Enrolment:
    """Enrol ten minutes before now, so that every code of the test is fresh."""
    before = NOW - 10 * MINUTE
    activation = accounts.create(username, actor=SYSTEM, now=before)
    enrolment = accounts.enrol(activation, PASSWORD, now=before)
    accounts.confirm_enrolment(activation, code(enrolment.secret, before), now=before)
    return enrolment


@pytest.fixture
def accounts(quick_world: World) -> Accounts:
    return open_accounts(quick_world)


class TestSignIn:
    def test_both_factors(self, world: World) -> None:
        accounts = open_accounts(world)
        secret = enrolled(accounts).secret
        signed_in = accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW, terminal=Terminal("10.0.0.7"))
        assert (signed_in.username, signed_in.display_name) == ("ana", "Ana")
        (event,) = world.ledger.of(Kind.SIGNIN_SUCCESS)
        assert (event.actor, event.private) == ("ana", {"address": "10.0.0.7"})

    @pytest.mark.parametrize(
        ("username", "password", "totp"),
        [
            ("ana", PASSWORD + " ", None),
            ("ana", "", None),
            ("ana", PASSWORD.upper(), None),
            ("ana", PASSWORD, "000000"),
            ("ana", PASSWORD, ""),
            ("ana", PASSWORD, "٠٠٠٠٠٠"),
            ("ANA", PASSWORD, None),
            ("ana ", PASSWORD, None),
            ("ben", PASSWORD, None),
            ("nobody", PASSWORD, None),
            ("", "", ""),
            ("a\0na", PASSWORD, None),
            ("\ud800", "\ud800", "\ud800"),
            ("x" * 10_000, "y" * 100_000, "1" * 10_000),
            ("ana' OR 1=1 --", PASSWORD, None),
        ],
    )
    def test_anything_wrong_is_the_same_sentence(
        self, quick_world: World, accounts: Accounts, username: str, password: str, totp: str | None
    ) -> None:
        secret = enrolled(accounts).secret
        with pytest.raises(SignInRefused) as caught:
            accounts.verify(username, password, code(secret, NOW) if totp is None else totp, now=NOW)
        assert caught.value.text.fr == "Identifiant, mot de passe ou code incorrect."
        assert caught.value.reasons == ()
        assert len(quick_world.ledger.of(Kind.SIGNIN_FAILURE)) == 1
        assert quick_world.ledger.of(Kind.SIGNIN_SUCCESS) == []

    @pytest.mark.parametrize("username", ["ana", "ben", "nobody", "a\0na"])
    def test_every_name_costs_one_comparison(self, quick_world: World, username: str) -> None:
        hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
        accounts = open_accounts(quick_world, hasher)
        enrolled(accounts)
        hasher.compared = 0
        with pytest.raises(SignInRefused):
            accounts.verify(username, "wrong password", "123456", now=NOW)
        assert hasher.compared == 1

    def test_opening_the_accounts_again_hashes_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever only registers people does not pay for the sign-ins of others."""
        first = Passwords()
        monkeypatch.setattr(PasswordHasher, "hash", lambda *_: pytest.fail("hashed once more"))
        assert not Passwords().matches(None, NOBODYS)
        assert first == Passwords()

    def test_without_a_stored_password_nothing_matches(self) -> None:
        """Not even what the comparison of nobody's password is made with."""
        passwords = Passwords(CHEAP)
        assert passwords.matches(passwords.hash(PASSWORD, username="ana"), PASSWORD)
        assert not passwords.matches(None, NOBODYS)
        assert not passwords.matches("not a hash", PASSWORD)

    @pytest.mark.parametrize(
        "common",
        ["password1234", "Azertyuiop12", "motdepasse2024", "Bonjour123456", "iloveyou12345", "qwertyuiop123",
         "doudoudoudou1", "121212121212", "abcdefghijkl", "bureauvirtuel", "marseille2026", "Soleil12345678"],
    )  # fmt: skip
    def test_what_people_really_choose_is_refused_offline(self, common: str) -> None:
        with pytest.raises(Invalid, match="too easy to guess"):
            Passwords(CHEAP).hash(common, username="ana")

    @pytest.mark.parametrize(
        "good", [PASSWORD, "x9!kfT2#pQzw", "cheval juste batterie agrafe", "🐌" * 3 + "lenteur verte"]
    )
    def test_what_nobody_guesses_is_taken_also_when_it_is_long(self, good: str) -> None:
        passwords = Passwords(CHEAP)
        assert passwords.matches(passwords.hash(good, username="ana"), good)
        longest = (good + " ")[:72] + " et encore " * 10
        assert passwords.matches(passwords.hash(longest, username="ana"), longest)

    def test_a_name_that_nobody_has_is_not_written_down(self, quick_world: World, accounts: Accounts) -> None:
        """People type passwords into the wrong field."""
        with pytest.raises(SignInRefused):
            accounts.verify("my secret password", "", "", now=NOW)
        (event,) = quick_world.ledger.of(Kind.SIGNIN_FAILURE)
        assert "secret" not in repr(event)

    def test_a_code_is_written_with_spaces_as_well(self, accounts: Accounts) -> None:
        digits = code(enrolled(accounts).secret, NOW)
        assert accounts.verify("ana", PASSWORD, f" {digits[:3]} {digits[3:]} ", now=NOW).username == "ana"

    def test_no_ledger_no_session(self, quick_world: World, accounts: Accounts) -> None:
        secret = enrolled(accounts).secret
        quick_world.ledger.stop()
        with pytest.raises(Unavailable) as caught:
            accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW)
        assert "journal" in caught.value.text.fr
        quick_world.ledger.start()
        assert accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW).username == "ana"

    def test_no_session_when_the_ledger_stops_in_the_middle(
        self, quick_world: World, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        secret = enrolled(accounts).secret

        def full(*_events: object) -> None:
            quick_world.ledger.fill()
            quick_world.ledger.ping()

        monkeypatch.setattr(quick_world.ledger, "append", full)
        with pytest.raises(Unavailable):
            accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW)

    def test_a_disabled_person_is_told_after_proving_who_he_is(self, quick_world: World, accounts: Accounts) -> None:
        secret = enrolled(accounts).secret
        disable_person(quick_world.store, "ana", actor=SYSTEM, now=NOW, reason="départ")
        with pytest.raises(SignInRefused) as caught:
            accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW)
        assert "pas actif" in caught.value.text.fr
        (event,) = quick_world.ledger.of(Kind.SIGNIN_FAILURE)
        assert event.subject["cause"] == "refused"

    def test_a_stronger_hash_replaces_the_old_one(self, quick_world: World) -> None:
        box = SecretBox(Fernet.generate_key())
        weak = Accounts(quick_world.store, box, LockPolicy(), Passwords(CHEAP))
        secret = enrolled(weak).secret
        stronger = Accounts(
            quick_world.store, box, LockPolicy(), Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
        )
        stronger.verify("ana", PASSWORD, code(secret, NOW), now=NOW)
        with quick_world.store.read() as session:
            assert "m=16,t=2" in str(session.scalars(select(Account.password_hash)).one())


class TestReplayAndDrift:
    def test_a_code_works_once(self, world: World) -> None:
        accounts = open_accounts(world)
        secret = enrolled(accounts).secret
        accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW)
        with pytest.raises(SignInRefused):
            accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW)

    def test_an_earlier_code_does_not_work_after_a_later_one(self, accounts: Accounts) -> None:
        secret = enrolled(accounts).secret
        accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW)
        with pytest.raises(SignInRefused):
            accounts.verify("ana", PASSWORD, code(secret, NOW - timedelta(seconds=30)), now=NOW)

    def test_the_code_that_confirmed_the_enrolment_is_spent(self, accounts: Accounts) -> None:
        activation = accounts.create("ana", actor=SYSTEM, now=NOW)
        secret = accounts.enrol(activation, PASSWORD, now=NOW).secret
        accounts.confirm_enrolment(activation, code(secret, NOW), now=NOW)
        with pytest.raises(SignInRefused):
            accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW)
        assert accounts.verify("ana", PASSWORD, code(secret, NOW + timedelta(seconds=30)), now=NOW)

    @pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
    def test_one_step_early_or_late_is_accepted(self, accounts: Accounts, steps: int, accepted: bool) -> None:
        secret = enrolled(accounts).secret
        shown = code(secret, NOW + steps * timedelta(seconds=30))
        if accepted:
            assert accounts.verify("ana", PASSWORD, shown, now=NOW).username == "ana"
        else:
            with pytest.raises(SignInRefused):
                accounts.verify("ana", PASSWORD, shown, now=NOW)

    def test_two_at_once_with_one_code_sign_in_once(
        self, quick_world: World, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The second attempt passed its look before the first committed; the act looks again."""
        secret = enrolled(accounts).secret
        matching, inside = second_factor.matching_step, []

        def meanwhile(stored, typed, now):
            step = matching(stored, typed, now)
            if not inside:
                inside.append(True)
                accounts.verify("ana", PASSWORD, typed, now=now)
            return step

        monkeypatch.setattr(second_factor, "matching_step", meanwhile)
        with pytest.raises(SignInRefused):
            accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW)
        assert len(quick_world.ledger.of(Kind.SIGNIN_SUCCESS)) == 1


class TestLock:
    def fail(
        self, accounts: Accounts, username: str, times: int, now: datetime = NOW, terminal: Terminal = NOWHERE
    ) -> list[type[BureauError]]:
        outcomes: list[type[BureauError]] = []
        for _ in range(times):
            with pytest.raises(BureauError) as caught:
                accounts.verify(username, PASSWORD, "000000", now=now, terminal=terminal)
            outcomes.append(type(caught.value))
        return outcomes

    @pytest.mark.parametrize("username", ["ana", "nobody"])
    def test_ten_wrong_codes_lock_and_say_until_when(self, world: World, username: str) -> None:
        """A name that nobody has locks like any other: the lock tells nothing."""
        accounts = open_accounts(world)
        enrolled(accounts)
        assert self.fail(accounts, username, 10) == [SignInRefused] * 9 + [Locked]
        with pytest.raises(Locked) as caught:
            accounts.verify(username, PASSWORD, "000000", now=NOW + MINUTE)
        assert caught.value.status == 429
        assert caught.value.text.fr == (
            "Trop d'essais infructueux : connexion bloquée jusqu'au 25/11/2026 à 09:15 UTC."
        )
        assert world.ledger.kinds().count(Kind.SIGNIN_LOCKED) == 1

    def test_the_right_code_does_not_open_a_locked_account_until_the_lock_ends(self, accounts: Accounts) -> None:
        secret = enrolled(accounts).secret
        self.fail(accounts, "ana", 10)
        just_before = NOW + 15 * MINUTE - timedelta(seconds=1)
        with pytest.raises(Locked):
            accounts.verify("ana", PASSWORD, code(secret, just_before), now=just_before)
        after = NOW + 15 * MINUTE
        assert accounts.verify("ana", PASSWORD, code(secret, after), now=after).username == "ana"

    def test_each_further_lock_lasts_twice_as_long_up_to_a_day(self) -> None:
        policy = LockPolicy()
        assert [policy.lasts(locks) // MINUTE for locks in range(4)] == [15, 30, 60, 120]
        assert policy.lasts(1000) == DAY

    def test_a_success_starts_the_count_afresh(self, accounts: Accounts) -> None:
        secret = enrolled(accounts).secret
        self.fail(accounts, "ana", 9)
        accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW)
        assert self.fail(accounts, "ana", 9) == [SignInRefused] * 9

    def test_strangers_do_not_lock_a_person_out_of_the_own_browser(self, accounts: Accounts) -> None:
        """Lock-out as denial of service: the name is no secret. The browser's own name is one, in a signed cookie."""
        secret = enrolled(accounts).secret
        accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW, terminal=browser("own"))
        self.fail(accounts, "ana", 10)
        at = NOW + MINUTE
        for terminal in (browser("stranger's"), Terminal(), Terminal(device="")):
            with pytest.raises(Locked):
                accounts.verify("ana", PASSWORD, code(secret, at), now=at, terminal=terminal)
        assert accounts.verify("ana", PASSWORD, code(secret, at), now=at, terminal=browser("own")).username == "ana"
        with pytest.raises(Locked):  # and that opens nothing to the strangers
            accounts.verify("ana", PASSWORD, code(secret, at + MINUTE), now=at + MINUTE, terminal=browser("stranger's"))

    def test_who_took_a_persons_browser_guesses_no_further_than_anybody(self, accounts: Accounts) -> None:
        secret = enrolled(accounts).secret
        accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW, terminal=browser("own"))
        outcomes = self.fail(accounts, "ana", 10, terminal=browser("own"))
        assert outcomes == [SignInRefused] * 9 + [Locked]
        at = NOW + MINUTE
        with pytest.raises(Locked):
            accounts.verify("ana", PASSWORD, code(secret, at), now=at, terminal=browser("own"))
        assert accounts.verify("ana", PASSWORD, code(secret, at), now=at).username == "ana"

    @pytest.mark.parametrize("device", ["own", "recovery codes"])
    def test_no_name_that_is_typed_counts_at_a_persons_own_door(self, accounts: Accounts, device: str) -> None:
        digests = [hashlib.sha256(text.encode()).hexdigest() for text in ("ana", device)]
        secret = enrolled(accounts).secret
        accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW, terminal=browser(device))
        for separator in ("\n", " ", "\0", ""):
            for apart in (device, digests[1]):
                for name in ("ana", digests[0]):
                    self.fail(accounts, f"{name}{separator}{apart}", 10)
        at = NOW + MINUTE
        assert len(accounts.renew_recovery_codes("ana", PASSWORD, code(secret, at), now=at)) == 10
        at += MINUTE
        assert accounts.verify("ana", PASSWORD, code(secret, at), now=at, terminal=browser(device)).username == "ana"

    def test_the_browser_of_whoever_had_a_replaced_account_is_a_strangers(self, accounts: Accounts) -> None:
        secret = enrolled(accounts).secret
        accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW, terminal=browser("thief's"))
        self.fail(accounts, "ana", 10, terminal=browser("thief's"))
        secret = enrolled(accounts).secret
        self.fail(accounts, "ana", 10)
        with pytest.raises(Locked):
            accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW, terminal=browser("thief's"))

    def test_one_person_s_lock_is_not_another_s(self, quick_world: World, accounts: Accounts) -> None:
        enrolled(accounts, "ana")
        secret = enrolled(accounts, "ben").secret
        self.fail(accounts, "ana", 10)
        assert accounts.verify("ben", PASSWORD, code(secret, NOW), now=NOW).username == "ben"

    def test_an_administrator_s_reset_opens_it(self, accounts: Accounts) -> None:
        enrolled(accounts)
        self.fail(accounts, "ana", 10)
        secret = enrolled(accounts).secret
        assert accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW).username == "ana"


class TestEnrolment:
    def test_the_address_is_what_applications_read(self, accounts: Accounts) -> None:
        enrolment = accounts.enrol(accounts.create("ana", actor=SYSTEM, now=NOW), PASSWORD, now=NOW)
        parsed = pyotp.parse_uri(enrolment.provisioning_uri)
        assert (parsed.name, parsed.issuer) == ("ana", "Bureau virtuel")
        assert parsed.secret == enrolment.secret
        assert len(enrolment.secret) == 32

    def test_a_password_alone_opens_nothing(self, accounts: Accounts) -> None:
        activation = accounts.create("ana", actor=SYSTEM, now=NOW)
        secret = accounts.enrol(activation, PASSWORD, now=NOW).secret
        with pytest.raises(SignInRefused):
            accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW)

    def test_a_wrong_first_code_can_be_tried_again(self, accounts: Accounts) -> None:
        activation = accounts.create("ana", actor=SYSTEM, now=NOW)
        enrolment = accounts.enrol(activation, PASSWORD, now=NOW)
        with pytest.raises(SignInRefused) as caught:
            accounts.confirm_enrolment(activation, "000000", now=NOW)
        assert "heure" in caught.value.text.fr
        assert accounts.pending(activation, now=NOW) == enrolment
        assert accounts.confirm_enrolment(activation, code(enrolment.secret, NOW), now=NOW) == "ana"

    def test_an_activation_code_is_spent_once(self, accounts: Accounts) -> None:
        activation = accounts.create("ana", actor=SYSTEM, now=NOW)
        secret = accounts.enrol(activation, PASSWORD, now=NOW).secret
        accounts.confirm_enrolment(activation, code(secret, NOW), now=NOW)
        for act in (
            lambda: accounts.enrol(activation, PASSWORD, now=NOW),
            lambda: accounts.pending(activation, now=NOW),
            lambda: accounts.confirm_enrolment(activation, code(secret, NOW), now=NOW),
        ):
            with pytest.raises(SignInRefused):
                act()

    @pytest.mark.parametrize("typed", ["", "AAAA-BBBB", "é", "A" * 100_000, "' OR 1=1 --", "\0"])
    def test_a_wrong_activation_code(self, accounts: Accounts, typed: str) -> None:
        accounts.create("ana", actor=SYSTEM, now=NOW)
        with pytest.raises(SignInRefused) as caught:
            accounts.enrol(typed, PASSWORD, now=NOW)
        assert "code d'activation" in caught.value.text.fr

    def test_an_activation_code_expires(self, accounts: Accounts) -> None:
        activation = accounts.create("ana", actor=SYSTEM, now=NOW)
        with pytest.raises(SignInRefused):
            accounts.enrol(activation, PASSWORD, now=NOW + 7 * DAY)
        assert accounts.enrol(activation.lower().replace("-", " "), PASSWORD, now=NOW + 6 * DAY).username == "ana"

    def test_confirming_before_choosing_a_password(self, accounts: Accounts) -> None:
        activation = accounts.create("ana", actor=SYSTEM, now=NOW)
        with pytest.raises(Conflict):
            accounts.confirm_enrolment(activation, "123456", now=NOW)

    @pytest.mark.parametrize("password", ["", "court", "a" * 12, "abab" * 6, "ana-ana-2026-!", "x" * 257])
    def test_a_password_that_is_too_easy(self, quick_world: World, accounts: Accounts, password: str) -> None:
        activation = accounts.create("ana", actor=SYSTEM, now=NOW)
        with pytest.raises(Invalid):
            accounts.enrol(activation, password, now=NOW)

    def test_a_reset_ends_both_factors_at_once_and_is_recorded(self, quick_world: World, accounts: Accounts) -> None:
        secret = enrolled(accounts).secret
        accounts.create("ana", actor=SYSTEM, now=NOW)
        with pytest.raises(SignInRefused):
            accounts.verify("ana", PASSWORD, code(secret, NOW), now=NOW)
        kinds = [kind for kind in quick_world.ledger.kinds() if kind.value.startswith("account")]
        assert kinds == [Kind.ACCOUNT_CREATED, Kind.ACCOUNT_CHANGED, Kind.ACCOUNT_ENROLLED, Kind.ACCOUNT_RESET]

    def test_only_an_administrator_opens_accounts(self, accounts: Accounts) -> None:
        with pytest.raises(Refused):
            accounts.create("ben", actor="ana", now=NOW)
        with pytest.raises(NotFound):
            accounts.create("nobody", actor=SYSTEM, now=NOW)

    def test_nothing_in_the_database_or_the_ledger_signs_anybody_in(
        self, quick_world: World, accounts: Accounts
    ) -> None:
        activation = accounts.create("ana", actor=SYSTEM, now=NOW)
        secret = accounts.enrol(activation, PASSWORD, now=NOW).secret
        with quick_world.store.read() as session:
            row = session.get_one(Account, "ana")
            kept = repr({column.name: getattr(row, column.name) for column in Account.__table__.columns})
        recorded = repr(quick_world.ledger.events)
        for known in (activation, activation.replace("-", ""), secret, PASSWORD):
            assert known not in kept
            assert known not in recorded

    def test_another_installation_s_key_opens_nothing(self, quick_world: World, accounts: Accounts) -> None:
        secret = enrolled(accounts).secret
        stranger = open_accounts(quick_world)
        with pytest.raises(Unavailable):
            stranger.verify("ana", PASSWORD, code(secret, NOW), now=NOW)
