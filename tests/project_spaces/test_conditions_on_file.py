"""The verbs behind the conditions of a habilitation: each is recorded, takes effect at once, and has limits."""

import ipaddress
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event as hooks
from sqlalchemy import select, update

from audit.events import Event, Kind
from project_spaces.access import may, may_in_sessions, why
from project_spaces.acting import acting_as
from project_spaces.agreements import record_agreement, require_agreement, revoke_agreement
from project_spaces.approvals import approvals, record_approval, revoke_approval
from project_spaces.charters.versions import digest, latest, publish_charter, sign_charter, to_sign
from project_spaces.decisions import Action
from project_spaces.embargoes.setting import lift_embargo, set_embargo
from project_spaces.errors import BureauError, Conflict, Invalid, NotFound, Refused
from project_spaces.facts import Classification, PlatformRole
from project_spaces.kill_switches import StopScope, kill_switches, lift_switch, set_switch
from project_spaces.organisations import create_organisation, review_identity, set_organisation
from project_spaces.owner_perimeters import entrust
from project_spaces.people import Person
from project_spaces.records.charters import CharterVersion
from project_spaces.records.sign_ins import SignIn
from project_spaces.requirements import Requirement
from project_spaces.rules import Rules
from project_spaces.sign_ins import Proof, Terminal, end_sign_ins, keep_sign_in
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.trainings.records import record_training, revoke_training, trainings
from tests.project_spaces.conftest import DAY, NOW, SYSTEM, World

WORK = {"project_slug": "etude", "mounted": ["sejours"]}
HOUR = timedelta(hours=1)
AS_SYSTEM = {"actor": SYSTEM, "now": NOW}
TITLE, WORDS = Text("Conditions", "Terms"), Text("Je ne réidentifie personne.", "I re-identify nobody.")


def why_not(world: World, at=NOW) -> list[str]:
    return [reason.code for reason in world.may("ana", Action.SEND_MESSAGE, at, **WORK).reasons]


def until(world: World, at=NOW):
    return world.may("ana", Action.SEND_MESSAGE, at, **WORK).until


def asking(world: World, *, tier: Requirement | None = None, everybody: Requirement | None = None) -> World:
    """The same world, opened by an installation that asks for something."""
    rules = Rules(everybody or Requirement(), {Classification.PSEUDONYMISED: tier} if tier else {})
    return replace(world, store=_reopened(world.store, rules))


def _reopened(store: Store, rules: Rules) -> Store:
    url = store._reader.url  # the same database, other rules
    return Store(url.render_as_string(hide_password=False), store.ledger, rules=rules)


class TestCharters:
    def publish(self, world: World, *, days: int = 30, text: Text = WORDS, now=NOW) -> int:
        return publish_charter(
            world.store, "cgu", title=TITLE, text=text, sign_by=now + days * DAY, actor=SYSTEM, now=now
        )

    def test_nobody_is_asked_before_one_is_published(self, world: World) -> None:
        assert why_not(world) == []

    def test_the_first_version_has_a_deadline_for_those_who_were_there(self, world: World) -> None:
        self.publish(world, days=3)
        assert (why_not(world), until(world)) == ([], NOW + 3 * DAY)
        assert why_not(world, NOW + 3 * DAY) == ["charter_unsigned"]
        sign_charter(world.store, "ana", "cgu", sha256=digest(TITLE, WORDS), now=NOW)
        assert until(world) == NOW + 30 * DAY

    def test_a_newcomer_signs_before_any_work(self, world: World) -> None:
        self.publish(world)
        later = replace(world, now=NOW + HOUR)
        later.person("eva")
        later.member("eva", "etude")
        later.habilitate("eva", "etude", "sejours")
        decision = later.may("eva", Action.SEND_MESSAGE, **WORK)
        assert [reason.code for reason in decision.reasons] == ["charter_unsigned"]
        sign_charter(world.store, "eva", "cgu", sha256=digest(TITLE, WORDS), now=NOW + HOUR)
        assert later.may("eva", Action.SEND_MESSAGE, **WORK).allowed

    def test_a_new_version_is_signed_by_its_deadline(self, world: World) -> None:
        self.publish(world, days=0)
        sign_charter(world.store, "ana", "cgu", sha256=digest(TITLE, WORDS), now=NOW)
        other = Text("Autre texte.", "Other text.")
        assert self.publish(world, days=5, text=other, now=NOW + DAY) == 2
        assert (why_not(world, NOW + DAY), until(world, NOW + DAY)) == ([], NOW + 6 * DAY)
        assert why_not(world, NOW + 6 * DAY) == ["charter_outdated"]
        with pytest.raises(Conflict, match="no longer"):
            sign_charter(world.store, "ana", "cgu", sha256=digest(TITLE, WORDS), now=NOW + DAY)
        assert sign_charter(world.store, "ana", "cgu", sha256=digest(TITLE, other), now=NOW + 2 * DAY) == 2
        assert why_not(world, NOW + 6 * DAY) == []
        assert [event.subject["number"] for event in world.ledger.of(Kind.CHARTER_SIGNED)] == [1, 2]

    def test_what_is_to_sign(self, quick_world: World) -> None:
        self.publish(quick_world)
        with quick_world.store.read() as session:
            assert [each.charter for each in to_sign(session, "ana")] == ["cgu"]
        sign_charter(quick_world.store, "ana", "cgu", sha256=digest(TITLE, WORDS), now=NOW)
        with quick_world.store.read() as session:
            assert to_sign(session, "ana") == []
            assert [each.charter for each in to_sign(session, "ben")] == ["cgu"]

    def test_a_signature_is_of_the_words_that_were_published(self, quick_world: World) -> None:
        """Changing the published text behind the domain's back leaves nobody's signature valid."""
        self.publish(quick_world, days=0)
        sign_charter(quick_world.store, "ana", "cgu", sha256=digest(TITLE, WORDS), now=NOW)
        event = quick_world.ledger.of(Kind.CHARTER_SIGNED)[0]
        assert event.subject["sha256"] == digest(TITLE, WORDS)
        with quick_world.store.write(replace(event, id="0" * 32)) as session:
            session.execute(update(CharterVersion).values(sha256="f" * 64))
        assert why_not(quick_world, NOW + HOUR) == ["charter_unsigned"]

    def test_signing_twice_keeps_the_first_moment(self, quick_world: World) -> None:
        self.publish(quick_world)
        for day in range(2):
            sign_charter(quick_world.store, "ana", "cgu", sha256=digest(TITLE, WORDS), now=NOW + day * DAY)
        state = next(each for each in _why(quick_world) if each.code == "charter")
        assert state.text.fr == "Vous avez signé « Conditions », version 1."

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"actor": "ben"}, Refused),
            ({"text": Text(" ", "x")}, Invalid),
            ({"title": Text("x" * 201, "x")}, Invalid),
            ({"sign_by": NOW - HOUR}, Invalid),
        ],
    )
    def test_what_is_refused(self, quick_world: World, change: dict, error: type[BureauError]) -> None:
        asked = {"title": TITLE, "text": WORDS, "sign_by": NOW, **AS_SYSTEM, **change}
        with pytest.raises(error):
            publish_charter(quick_world.store, "cgu", **asked)
        with quick_world.store.read() as session:
            assert latest(session, "cgu") is None

    def test_the_same_text_is_no_new_version(self, quick_world: World) -> None:
        self.publish(quick_world)
        with pytest.raises(Conflict):
            self.publish(quick_world)
        with pytest.raises(NotFound):
            sign_charter(quick_world.store, "ana", "autre", sha256="0" * 64, now=NOW)


def _why(world: World) -> list:
    with world.store.read() as session:
        return why(session, "ana", Action.MOUNT_DATASET, now=NOW, project_slug="etude", dataset_slug="sejours")


class TestTrainings:
    """TRAPS A8: a right kept after training lapses."""

    def take(self, world: World, *, days: int = 10, **change) -> str:
        asked = {"person": "ana", "kind": "snds", "starts_at": NOW - DAY, "ends_at": NOW + days * DAY}
        return record_training(world.store, **{**asked, "certificate": "2026-17", **AS_SYSTEM, **change})

    def test_is_asked_where_the_tier_asks(self, world: World) -> None:
        strict = asking(world, tier=Requirement(trainings=frozenset({"snds"})))
        assert (why_not(world), why_not(strict)) == ([], ["training_missing"])
        number = self.take(world)
        assert (why_not(strict), until(strict)) == ([], NOW + 10 * DAY)
        assert why_not(strict, NOW + 10 * DAY) == ["training_ended"]
        revoke_training(world.store, number, reason="fraude", **AS_SYSTEM)
        assert why_not(strict) == ["training_revoked"]
        with world.store.read() as session:
            assert [each.revoked_at for each in trainings(session, "ana")] == [NOW]
        assert [event.subject["change"] for event in world.ledger.of(Kind.TRAINING)] == ["recorded", "revoked"]

    @pytest.mark.parametrize(
        ("role", "act", "about"),
        [
            (PlatformRole.REVIEWER, Action.REVIEW_EXPORT, {"project_slug": "etude", "author": "ana"}),
            (PlatformRole.STEWARD, Action.REVIEW_IMPORT, {"project_slug": "etude", "author": "ana"}),
            (PlatformRole.COMMITTEE, Action.GIVE_OPINION, {"concerned": ["ana"]}),
            (PlatformRole.AUDITOR, Action.READ_AUDIT, {}),
        ],
    )
    def test_a_role_whose_training_lapsed_judges_nothing(
        self, quick_world: World, role: PlatformRole, act: Action, about: dict
    ) -> None:
        quick_world.person("rose", role)
        duties = Requirement(trainings=frozenset({"snds"}), identity=True)
        strict = replace(quick_world, store=_reopened(quick_world.store, Rules(duties=duties)))

        def why_rose_may_not(at) -> list[str]:
            return [reason.code for reason in strict.may("rose", act, at, **about).reasons]

        assert why_rose_may_not(NOW) == ["training_missing", "identity_unreviewed"]
        self.take(quick_world, person="rose", days=2)
        create_organisation(quick_world.store, "chu", name="CHU", **AS_SYSTEM)
        set_organisation(quick_world.store, "rose", "chu", **AS_SYSTEM)
        review_identity(quick_world.store, "rose", document="Carte d'identité", **AS_SYSTEM)
        assert why_rose_may_not(NOW) == []
        assert strict.may("rose", act, NOW, **about).until == NOW + 2 * DAY
        assert why_rose_may_not(NOW + 2 * DAY) == ["training_ended"]
        assert why_not(strict) == [], "what roles ask is not asked of work"

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"actor": "ben"}, Refused),
            ({"actor": "root", "person": "root"}, Refused),
            ({"person": "nobody"}, NotFound),
            ({"kind": "SNDS !"}, Invalid),
            ({"ends_at": NOW - 2 * DAY}, Invalid),
            ({"certificate": " "}, Invalid),
            ({"certificate_sha256": "abc"}, Invalid),
        ],
    )
    def test_what_is_refused(self, quick_world: World, change: dict, error: type[BureauError]) -> None:
        quick_world.person("root", PlatformRole.ADMINISTRATOR)
        with pytest.raises(error):
            self.take(quick_world, **change)
        assert quick_world.ledger.of(Kind.TRAINING) == []

    def test_an_unknown_record_is_not_found(self, quick_world: World) -> None:
        with pytest.raises(NotFound):
            revoke_training(quick_world.store, "0" * 32, reason="x", **AS_SYSTEM)


class TestKillSwitches:
    @pytest.mark.parametrize(
        ("scope", "name"),
        [(StopScope.PERSON, "ana"), (StopScope.PROJECT, "etude"), (StopScope.DATASET, "sejours"), (StopScope.ALL, "")],
    )
    def test_each_stops_work_at_once_and_is_lifted(self, world: World, scope: StopScope, name: str) -> None:
        revision = world.store.revision()
        number = set_switch(world.store, scope, name, reason="incident", **AS_SYSTEM)
        assert world.store.revision() > revision
        assert why_not(world) == [f"stopped_{scope.value}"]
        with pytest.raises(Conflict, match="already"):
            set_switch(world.store, scope, name, reason="incident", **AS_SYSTEM)
        lift_switch(world.store, number, reason="résolu", **AS_SYSTEM)
        assert why_not(world) == []
        with pytest.raises(Conflict, match="lifted already"):
            lift_switch(world.store, number, reason="résolu", **AS_SYSTEM)
        set_switch(world.store, scope, name, reason="encore", **AS_SYSTEM)
        with world.store.read() as session:
            assert len(kill_switches(session)) == 1
            assert len(kill_switches(session, in_force=False)) == 2
        assert all(name not in str(event.subject) for event in world.ledger.of(Kind.KILL_SWITCH) if name == "ana")

    def test_another_lifts_what_one_administrator_set(self, quick_world: World) -> None:
        for name in ("root", "rita"):
            quick_world.person(name, PlatformRole.ADMINISTRATOR)
        number = set_switch(quick_world.store, StopScope.ALL, "", reason="incident", actor="root", now=NOW)
        with pytest.raises(Refused, match="another administrator"):
            lift_switch(quick_world.store, number, reason="rien", actor="root", now=NOW)
        assert why_not(quick_world) == ["stopped_all"]
        lift_switch(quick_world.store, number, reason="résolu", actor="rita", now=NOW)
        assert why_not(quick_world) == []

    def test_nobody_lifts_the_one_on_himself_and_stewards_stop_data_only(self, quick_world: World) -> None:
        quick_world.person("root", PlatformRole.ADMINISTRATOR)
        quick_world.person("stella", PlatformRole.STEWARD)
        entrust(quick_world.store, "CHU", "stella", **AS_SYSTEM)
        number = set_switch(quick_world.store, StopScope.PERSON, "root", reason="x", **AS_SYSTEM)
        with pytest.raises(Refused):
            lift_switch(quick_world.store, number, reason="x", actor="root", now=NOW)
        with pytest.raises(Refused):
            set_switch(quick_world.store, StopScope.PROJECT, "etude", reason="x", actor="stella", now=NOW)
        assert set_switch(quick_world.store, StopScope.DATASET, "sejours", reason="x", actor="stella", now=NOW)

    @pytest.mark.parametrize(
        ("scope", "name", "reason", "error"),
        [
            (StopScope.PERSON, "nobody", "x", NotFound),
            (StopScope.PROJECT, "rien", "x", NotFound),
            (StopScope.DATASET, "rien", "x", NotFound),
            (StopScope.ALL, "etude", "x", Invalid),
            (StopScope.ALL, "", "  ", Invalid),
        ],
    )
    def test_what_is_refused(
        self, quick_world: World, scope: StopScope, name: str, reason: str, error: type[BureauError]
    ) -> None:
        with pytest.raises(error):
            set_switch(quick_world.store, scope, name, reason=reason, **AS_SYSTEM)
        with pytest.raises(BureauError):
            lift_switch(quick_world.store, "0" * 32, reason=reason, **AS_SYSTEM)
        assert quick_world.ledger.of(Kind.KILL_SWITCH) == []


WINDOW = {"starts_at": NOW - DAY, "ends_at": NOW + 5 * DAY, "reference": "DR-2026-17"}


class TestApprovalsAgreementsEmbargoes:
    def test_an_approval(self, world: World) -> None:
        strict = asking(world, tier=Requirement(approvals=frozenset({"cnil"})))
        assert (why_not(world), why_not(strict)) == ([], ["approval_missing"])
        number = record_approval(world.store, project="etude", kind="cnil", **WINDOW, **AS_SYSTEM)
        assert (why_not(strict), until(strict)) == ([], NOW + 5 * DAY)
        revoke_approval(world.store, number, reason="x", **AS_SYSTEM)
        assert why_not(strict) == ["approval_revoked"]
        with world.store.read() as session:
            assert [each.reference for each in approvals(session, "etude")] == ["DR-2026-17"]
        with pytest.raises(NotFound):
            revoke_approval(world.store, "0" * 32, reason="x", **AS_SYSTEM)
        with pytest.raises(Refused):
            record_approval(world.store, project="etude", kind="cnil", **WINDOW, actor="ben", now=NOW)

    def test_an_agreement_that_the_data_set_asks_for(self, world: World) -> None:
        require_agreement(world.store, "sejours", required=True, **AS_SYSTEM)
        assert why_not(world) == ["agreement_missing"]
        number = record_agreement(world.store, project="etude", dataset="sejours", **WINDOW, **AS_SYSTEM)
        assert (why_not(world), until(world)) == ([], NOW + 5 * DAY)
        revoke_agreement(world.store, number, reason="x", **AS_SYSTEM)
        assert why_not(world) == ["agreement_revoked"]
        require_agreement(world.store, "sejours", required=False, **AS_SYSTEM)
        assert why_not(world) == []
        assert [event.subject["change"] for event in world.ledger.of(Kind.AGREEMENT)] == ["recorded", "revoked"]

    def test_an_agreement_that_the_tier_asks_for(self, quick_world: World) -> None:
        strict = asking(quick_world, tier=Requirement(agreement=True))
        assert why_not(strict) == ["agreement_missing"]
        record_agreement(quick_world.store, project="etude", dataset="sejours", **WINDOW, **AS_SYSTEM)
        assert why_not(strict) == []

    def test_an_agreement_of_another_project_counts_for_nothing(self, quick_world: World) -> None:
        require_agreement(quick_world.store, "sejours", required=True, **AS_SYSTEM)
        quick_world.project("autre")
        record_agreement(quick_world.store, project="autre", dataset="sejours", **WINDOW, **AS_SYSTEM)
        assert why_not(quick_world) == ["agreement_missing"]

    def test_an_embargo(self, world: World) -> None:
        at = {"starts_at": NOW + DAY, "ends_at": NOW + 2 * DAY}
        number = set_embargo(world.store, "sejours", reason="publication", **at, **AS_SYSTEM)
        assert (why_not(world), until(world)) == ([], NOW + DAY)
        assert why_not(world, NOW + DAY) == ["dataset_embargo"]
        assert why_not(world, NOW + 2 * DAY) == []
        lift_embargo(world.store, number, actor=SYSTEM, now=NOW + DAY + HOUR, reason="x")
        assert why_not(world, NOW + DAY + HOUR) == []
        set_embargo(world.store, "sejours", reason="x", starts_at=NOW, ends_at=None, **AS_SYSTEM)
        assert why_not(world, NOW + 5 * DAY) == ["dataset_embargo"]
        assert why_not(world, NOW - HOUR) == ["dataset_embargo"], "a clock that is set back opens nothing"

    def test_only_stewards_and_administrators(self, quick_world: World) -> None:
        acts = {"actor": "ana", "now": NOW}
        for refused in (
            lambda: require_agreement(quick_world.store, "sejours", required=False, **acts),
            lambda: record_agreement(quick_world.store, project="etude", dataset="sejours", **WINDOW, **acts),
            lambda: set_embargo(quick_world.store, "sejours", starts_at=NOW, ends_at=None, reason="x", **acts),
        ):
            with pytest.raises(Refused):
                refused()
        for missing in (revoke_agreement, lift_embargo):
            with pytest.raises(NotFound):
                missing(quick_world.store, "0" * 32, reason="x", **AS_SYSTEM)


class TestSignIns:
    STRICT = Requirement(sign_in_max_age=8 * HOUR, networks=(ipaddress.ip_network("10.0.0.0/8"),))

    def sign_in(self, world: World, at=NOW, *, amr=("pwd", "otp"), address: str = "10.0.0.9", acr=None) -> None:
        event = replace(world.ledger.events[0], id=f"{world.store.revision():032x}")
        with world.store.write(event) as session:
            keep_sign_in(session, "ana", Proof(amr, at, acr), Terminal(address or ""), now=at)

    def test_an_old_weak_session_does_not_profit_from_a_strong_one_elsewhere(self, world: World) -> None:
        """Each browser is judged by its own sign-in, a program's token by none."""
        strict = asking(world, tier=self.STRICT)
        for at, name, amr in ((NOW - HOUR, "weak", ("pwd",)), (NOW, "strong", ("pwd", "otp"))):
            with world.store.write(Event(Kind.SIGNIN_SUCCESS, "ana", None, at)) as session:
                keep_sign_in(session, "ana", Proof(amr, at), Terminal("10.0.0.9", session=name, device=name), now=at)
        answers = {}
        for name in ("weak", "strong", "unknown", None):
            with acting_as("ana", name):
                answers[name] = why_not(strict)
        missing = ["sign_in_missing", "place_refused"]
        assert answers == {"weak": ["sign_in_weak"], "strong": [], "unknown": missing, None: missing}
        with strict.store.read() as session:
            work = {"now": NOW, "project_slug": "etude", "mounted": ("sejours",)}
            own, each = may_in_sessions(session, "ana", Action.SEND_MESSAGE, tuple(answers), **work)
            assert own == may(session, "ana", Action.SEND_MESSAGE, **work)
        assert {name: [reason.code for reason in one.reasons] for name, one in each.items()} == answers
        with acting_as("ben", "weak"):
            assert why_not(strict) == [], "somebody else's session says nothing about hers"

    def test_a_session_from_an_accepted_place_does_nothing_from_elsewhere(self, quick_world: World) -> None:
        """A laptop that leaves the hospital, a cookie that was copied there."""
        strict = asking(quick_world, tier=self.STRICT)
        with quick_world.store.write(Event(Kind.SIGNIN_SUCCESS, "ana", None, NOW)) as session:
            keep_sign_in(session, "ana", Proof(("pwd", "otp"), NOW), Terminal("10.0.0.9", session="here"), now=NOW)
        answers = {}
        for address in ("10.0.0.9", "10.7.7.7", "192.0.2.7", ""):
            with acting_as("ana", "here", address):
                answers[address] = why_not(strict)
        assert answers == {"10.0.0.9": [], "10.7.7.7": [], "192.0.2.7": ["place_left"], "": ["place_left"]}
        decided = strict.may("ana", Action.SEND_MESSAGE, **WORK)
        assert decided.places == (self.STRICT.networks,), "who keeps it compares the address of each request"
        assert quick_world.may("ana", Action.SEND_MESSAGE, **WORK).places == ()

    def test_age_and_place_of_the_latest_sign_in(self, world: World) -> None:
        strict = asking(world, tier=self.STRICT)
        assert (why_not(world), why_not(strict)) == ([], ["sign_in_missing", "place_refused"])
        self.sign_in(world)
        assert (why_not(strict), until(strict)) == ([], NOW + 8 * HOUR)
        assert why_not(strict, NOW + 8 * HOUR) == ["sign_in_too_old"]
        self.sign_in(world, NOW + HOUR, address="192.0.2.1")
        assert why_not(strict, NOW + HOUR) == ["place_refused"]
        self.sign_in(world, NOW + 2 * HOUR, address="::ffff:10.1.1.1")
        assert why_not(strict, NOW + 2 * HOUR) == []
        end_sign_ins(world.store, "ana", now=NOW + 3 * HOUR)
        assert why_not(strict, NOW + 3 * HOUR) == ["sign_in_missing", "place_refused"]
        assert len(world.ledger.of(Kind.SIGNOUT)) == 1

    @pytest.mark.parametrize(
        ("amr", "acr", "strong"),
        [
            (("pwd", "otp"), None, True),
            (("mfa",), None, True),
            (("hwk", "pin"), None, True),
            (("fpt", "swk"), None, True),
            (("pwd",), "eidas2", True),
            (("pwd",), "eidas1", False),
            (("pwd", "pin"), None, False),
            (("otp", "sms"), None, False),
            ((), None, False),
        ],
    )
    def test_two_factors(self, quick_world: World, amr: tuple[str, ...], acr: str | None, strong: bool) -> None:
        tiers = {Classification.PSEUDONYMISED: Requirement(sign_in_max_age=HOUR)}
        rules = Rules(tiers=tiers, strong_acr=frozenset({"eidas2"}))
        strict = replace(quick_world, store=_reopened(quick_world.store, rules))
        self.sign_in(quick_world, amr=amr, acr=acr)
        assert why_not(strict) == ([] if strong else ["sign_in_weak"])

    def test_old_ones_are_deleted_and_a_long_address_is_cut(self, world: World) -> None:
        self.sign_in(world)
        self.sign_in(world, NOW + 31 * DAY, address="x" * 200)
        with world.store.read() as session:
            (row,) = session.scalars(select(SignIn))
        assert (row.at, row.address) == (NOW + 31 * DAY, "x" * 64)

    @pytest.mark.parametrize("age", [timedelta(minutes=4), timedelta(days=31)])
    def test_a_rule_out_of_range_stops_the_start(self, age: timedelta) -> None:
        with pytest.raises(Invalid, match="sign_in_max_age"):
            Requirement(sign_in_max_age=age)


EVERYTHING = Requirement(
    timedelta(hours=8), (ipaddress.ip_network("10.0.0.0/8"),), frozenset({"snds"}), frozenset({"cnil"}), agreement=True
)


class TestCost:
    """The gateway decides again for every open workspace at every act of anybody: the number of queries is bounded."""

    def queries(self, store: Store, mounted: list[str]) -> int:
        statements: list[str] = []
        engine = store._reader

        def count(_connection, _cursor, statement: str, *_rest) -> None:
            statements.append(statement)

        hooks.listen(engine, "before_cursor_execute", count)
        try:
            with store.read() as session:
                may(session, "ana", Action.SEND_MESSAGE, now=NOW, project_slug="etude", mounted=mounted)
        finally:
            hooks.remove(engine, "before_cursor_execute", count)
        return len([each for each in statements if each.startswith("SELECT")])

    def test_of_a_decision_about_a_message(self, quick_world: World) -> None:
        many = [quick_world.dataset(f"jeu-{number}") for number in range(10)]
        assert self.queries(quick_world.store, ["sejours"]) <= 10
        assert self.queries(quick_world.store, ["sejours", *many]) <= 10
        strict = asking(quick_world, everybody=EVERYTHING, tier=EVERYTHING)
        assert self.queries(strict.store, ["sejours", *many]) <= 14


def test_an_unsealed_installation_takes_harmless_data_only(quick_world: World) -> None:
    trial = replace(quick_world, store=_reopened(quick_world.store, Rules(sealed=False)))
    assert why_not(trial) == ["workspace_not_sealed"]
    quick_world.dataset("ouvert", Classification.OPEN)
    quick_world.habilitate("ana", "etude", "ouvert")
    assert trial.may("ana", Action.SEND_MESSAGE, project_slug="etude", mounted=["ouvert"]).allowed


def test_why_shows_what_holds_too(quick_world: World) -> None:
    states = {state.code: state for state in _why(quick_world)}
    assert states["habilitation"].until == NOW + 30 * DAY
    assert states["habilitation"].text.fr.startswith("Votre habilitation pour le jeu de données sejours est valable")
    assert all(state.holds for state in states.values())
    with quick_world.store.read() as session:
        assert session.get_one(Person, "ana").created_at == NOW
