"""The verbs that give and take rights: checked, recorded, effective at once, on both databases."""

from datetime import timedelta

import pytest

from audit.events import Kind
from project_spaces.datasets import latest_version, register_version, withdraw_dataset
from project_spaces.decisions import Action
from project_spaces.errors import BureauError, Conflict, Invalid, NotFound, Refused, Unavailable
from project_spaces.facts import MemberRole, PlatformRole, ProjectStatus
from project_spaces.habilitations import grant_habilitation, habilitations, revoke_habilitation
from project_spaces.memberships import memberships, revoke_membership
from project_spaces.notifications import notifications
from project_spaces.people import create_person, disable_person, enable_person, grant_role, revoke_role, roles_of
from project_spaces.projects import change_project, create_project, get_project, set_quota
from project_spaces.quotas import Quota
from tests.project_spaces.conftest import DAY, NOW, SYSTEM, World

WORK = {"project_slug": "etude", "mounted": ["sejours"]}


def codes(decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


class TestEffectiveAtOnce:
    def test_everything_in_order(self, world: World) -> None:
        decision = world.may("ana", Action.SEND_MESSAGE, **WORK)
        assert decision.allowed
        assert decision.until == NOW + 30 * DAY

    def test_the_clock_alone_ends_a_habilitation(self, world: World) -> None:
        """TRAPS A1, A2: nothing is written, the same process, a later moment."""
        assert world.may("ana", Action.SEND_MESSAGE, NOW + 30 * DAY - timedelta(microseconds=1), **WORK).allowed
        late = world.may("ana", Action.SEND_MESSAGE, NOW + 30 * DAY, **WORK)
        assert codes(late) == ["habilitation_ended"]

    def test_withdrawing_a_habilitation(self, world: World) -> None:
        with world.store.read() as session:
            (held,) = habilitations(session, person="ana")
        before = world.store.revision()
        revoke_habilitation(world.store, held.id, actor=SYSTEM, now=NOW, reason="fin de thèse")
        assert codes(world.may("ana", Action.SEND_MESSAGE, **WORK)) == ["habilitation_revoked"]
        assert world.store.revision() == before + 1
        (event,) = world.ledger.of(Kind.HABILITATION_REVOKED)
        assert (event.project, event.persons, event.private) == (
            "etude",
            {"beneficiary": "ana"},
            {"reason": "fin de thèse"},
        )

    def test_withdrawing_twice_keeps_the_first_moment(self, world: World) -> None:
        """TRAPS A9: an undone step adds records, the row stays."""
        with world.store.read() as session:
            (held,) = habilitations(session, person="ana")
        for day in range(2):
            revoke_habilitation(world.store, held.id, actor=SYSTEM, now=NOW + day * DAY, reason="x")
        with world.store.read() as session:
            (row,) = habilitations(session, person="ana")
        assert row.revoked_at == NOW
        assert len(world.ledger.of(Kind.HABILITATION_REVOKED)) == 2

    def test_granting_again_after_a_withdrawal(self, world: World) -> None:
        with world.store.read() as session:
            (held,) = habilitations(session, person="ana")
        revoke_habilitation(world.store, held.id, actor=SYSTEM, now=NOW, reason="x")
        world.habilitate("ana", "etude", "sejours")
        assert world.may("ana", Action.SEND_MESSAGE, **WORK).allowed

    def test_ending_a_membership(self, world: World) -> None:
        with world.store.read() as session:
            (held,) = memberships(session, person="ana")
        revoke_membership(world.store, held.id, actor=SYSTEM, now=NOW)
        assert codes(world.may("ana", Action.SEND_MESSAGE, **WORK)) == ["membership_revoked"]

    def test_disabling_a_person_and_undoing_it(self, world: World) -> None:
        disable_person(world.store, "ana", actor=SYSTEM, now=NOW, reason="départ")
        assert codes(world.may("ana", Action.SEND_MESSAGE, **WORK)) == ["person_inactive"]
        enable_person(world.store, "ana", actor=SYSTEM, now=NOW, reason="retour")
        assert world.may("ana", Action.SEND_MESSAGE, **WORK).allowed
        assert [event.subject["change"] for event in world.ledger.of(Kind.PERSON_CHANGED)] == ["disabled", "enabled"]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"status": ProjectStatus.SUSPENDED}, "project_suspended"),
            ({"status": ProjectStatus.CLOSED}, "project_closed"),
            ({"ends_at": NOW}, "project_ended"),
        ],
    )
    def test_changing_a_project(self, world: World, change: dict, code: str) -> None:
        change_project(world.store, "etude", actor=SYSTEM, now=NOW, **change)
        assert codes(world.may("ana", Action.SEND_MESSAGE, **WORK)) == [code]

    def test_withdrawing_a_data_set(self, world: World) -> None:
        withdraw_dataset(world.store, "sejours", actor=SYSTEM, now=NOW, reason="opposition")
        assert codes(world.may("ana", Action.SEND_MESSAGE, **WORK)) == ["dataset_withdrawn"]

    def test_a_habilitation_counts_in_its_own_project_only(self, world: World) -> None:
        """TRAPS A4: overlapping names are different projects."""
        world.project("etude-2")
        world.member("ana", "etude-2")
        decision = world.may("ana", Action.MOUNT_DATASET, project_slug="etude-2", dataset_slug="sejours")
        assert codes(decision) == ["habilitation_missing"]

    @pytest.mark.parametrize("person", ["ben", "nobody", "ANA", "ana ", "system:worker"])
    def test_others_are_refused(self, world: World, person: str) -> None:
        assert not world.may(person, Action.SEND_MESSAGE, **WORK).allowed

    def test_an_unknown_data_set_is_refused(self, world: World) -> None:
        decision = world.may("ana", Action.SEND_MESSAGE, project_slug="etude", mounted=["sejours", "autre"])
        assert codes(decision) == ["dataset_withdrawn", "habilitation_missing"]


class TestWhoMayGrant:
    """TRAPS A5: administration is a role, and nobody serves himself."""

    @pytest.fixture
    def admins(self, quick_world: World) -> World:
        quick_world.person("adele", PlatformRole.ADMINISTRATOR)
        quick_world.person("rene", PlatformRole.REVIEWER)
        return quick_world

    def test_an_administrator_grants_to_others(self, admins: World) -> None:
        admins.habilitate("ben", "etude", "sejours", actor="adele")
        admins.member("ben", "etude", actor="adele")
        assert admins.may("ben", Action.SEND_MESSAGE, **WORK).allowed

    @pytest.mark.parametrize(
        "act",
        [
            lambda w: w.habilitate("adele", "etude", "sejours", actor="adele"),
            lambda w: w.member("adele", "etude", actor="adele"),
            lambda w: grant_role(w.store, "adele", PlatformRole.REVIEWER, actor="adele", now=NOW),
        ],
    )
    def test_an_administrator_grants_himself_nothing(self, admins: World, act) -> None:
        size = len(admins.ledger.events)
        with pytest.raises(Refused) as caught:
            act(admins)
        assert "soi-même" in caught.value.text.fr
        assert len(admins.ledger.events) == size

    @pytest.mark.parametrize(
        "act",
        [
            lambda w, a: w.habilitate("ben", "etude", "sejours", actor=a),
            lambda w, a: w.member("ben", "etude", actor=a),
            lambda w, a: grant_role(w.store, "rene", PlatformRole.ADMINISTRATOR, actor=a, now=NOW),
            lambda w, a: revoke_role(w.store, "adele", PlatformRole.ADMINISTRATOR, actor=a, now=NOW),
            lambda w, a: disable_person(w.store, "adele", actor=a, now=NOW, reason="x"),
            lambda w, a: set_quota(w.store, "etude", Quota(cpu=64), actor=a, now=NOW),
            lambda w, a: change_project(w.store, "etude", ends_at=NOW + 999 * DAY, actor=a, now=NOW),
            lambda w, a: withdraw_dataset(w.store, "sejours", actor=a, now=NOW, reason="x"),
            lambda w, a: create_person(
                w.store, username="eve", display_name="Eve", email="e@example.org", actor=a, now=NOW
            ),
        ],
    )
    def test_nobody_else_administers(self, admins: World, act) -> None:
        size = len(admins.ledger.events)
        for actor in ("ana", "ben", "rene", "nobody"):
            with pytest.raises(Refused):
                act(admins, actor)
        assert len(admins.ledger.events) == size

    def test_a_disabled_administrator_does_nothing(self, admins: World) -> None:
        disable_person(admins.store, "adele", actor=SYSTEM, now=NOW, reason="x")
        with pytest.raises(Refused):
            set_quota(admins.store, "etude", Quota(), actor="adele", now=NOW)
        with pytest.raises(Refused):
            enable_person(admins.store, "adele", actor="adele", now=NOW, reason="x")

    def test_the_last_administrator_stays_whoever_steps_down_first(self, admins: World) -> None:
        """Attack, or two people who step down at once: an installation in which nobody may name anybody."""
        admins.person("boris", PlatformRole.ADMINISTRATOR)
        revoke_role(admins.store, "boris", PlatformRole.ADMINISTRATOR, actor="boris", now=NOW)
        for step_down in (
            lambda: revoke_role(admins.store, "adele", PlatformRole.ADMINISTRATOR, actor="adele", now=NOW),
            lambda: disable_person(admins.store, "adele", actor="adele", now=NOW, reason="Départ"),
        ):
            with pytest.raises(Conflict, match="name one first"):
                step_down()
        grant_role(admins.store, "boris", PlatformRole.ADMINISTRATOR, actor="adele", now=NOW)
        disable_person(admins.store, "adele", actor="adele", now=NOW, reason="Départ")
        assert admins.may("boris", Action.ADMINISTER).allowed

    def test_a_new_administrator_is_told_of_to_every_other(self, admins: World) -> None:
        """Attack: a stolen administrator's session makes an accomplice an administrator, unseen."""
        admins.person("boris", PlatformRole.ADMINISTRATOR)
        grant_role(admins.store, "ben", PlatformRole.ADMINISTRATOR, actor="adele", now=NOW)
        grant_role(admins.store, "ben", PlatformRole.ADMINISTRATOR, actor="adele", now=NOW)
        grant_role(admins.store, "rene", PlatformRole.AUDITOR, actor="adele", now=NOW)
        with admins.store.read() as session:
            told = {name: [each.text_en for each in notifications(session, name)] for name in ("adele", "boris")}
            assert [len(notifications(session, name)) for name in ("ben", "rene")] == [1, 1]
        assert {name: len(each) for name, each in told.items()} == {"adele": 1, "boris": 1}
        assert all("ben administers" in sentence for (sentence,) in told.values())

    def test_of_two_that_habilitate_at_once_the_second_is_told_and_a_withdrawal_withdraws(self, admins: World) -> None:
        """Two administrators at once, or an attack: a habilitation is left when the one that was seen is withdrawn."""
        seen = admins.habilitate("ben", "etude", "sejours", actor="adele")
        for days in (30, 10):
            with pytest.raises(Conflict, match="outlive"):
                admins.habilitate("ben", "etude", "sejours", days=days, actor="adele")
        admins.habilitate("ben", "etude", "sejours", days=60, actor="adele")
        with admins.store.read() as session:
            assert len(habilitations(session, person="ben")) == 2, "whatever lasts longer renews"
        revoke_habilitation(admins.store, seen, actor="adele", now=NOW, reason="x")
        admins.habilitate("ana", "etude", "sejours", days=90, actor="adele")

    def test_roles_come_and_go(self, admins: World) -> None:
        grant_role(admins.store, "ben", PlatformRole.AUDITOR, actor="adele", now=NOW)
        grant_role(admins.store, "ben", PlatformRole.AUDITOR, actor="adele", now=NOW)
        assert admins.may("ben", Action.READ_AUDIT).allowed
        revoke_role(admins.store, "ben", PlatformRole.AUDITOR, actor="adele", now=NOW)
        assert not admins.may("ben", Action.READ_AUDIT).allowed
        with pytest.raises(NotFound):
            revoke_role(admins.store, "ben", PlatformRole.AUDITOR, actor="adele", now=NOW)
        with admins.store.read() as session:
            assert roles_of(session, "ben") == frozenset()


class TestBadInput:
    @pytest.mark.parametrize(
        ("act", "error"),
        [
            (lambda w: w.person("Ana"), Invalid),
            (lambda w: w.person("ana"), Conflict),
            (lambda w: w.project("etude"), Conflict),
            (lambda w: w.project("etude--2"), Invalid),
            (lambda w: w.project("x", days=-2), Invalid),
            (lambda w: w.dataset("sejours"), Conflict),
            (lambda w: w.member("nobody", "etude"), NotFound),
            (lambda w: w.member("ben", "nothing"), NotFound),
            (lambda w: w.member("ana", "etude"), Conflict),
            (lambda w: w.habilitate("nobody", "etude", "sejours"), NotFound),
            (lambda w: w.habilitate("ben", "nothing", "sejours"), NotFound),
            (lambda w: w.habilitate("ben", "etude", "nothing"), NotFound),
            (lambda w: w.habilitate("ben", "etude", "sejours", days=-2), Invalid),
            (lambda w: revoke_habilitation(w.store, "0" * 32, actor=SYSTEM, now=NOW, reason=""), NotFound),
            (lambda w: revoke_membership(w.store, "0" * 32, actor=SYSTEM, now=NOW), NotFound),
            (lambda w: disable_person(w.store, "nobody", actor=SYSTEM, now=NOW, reason=""), NotFound),
            (lambda w: change_project(w.store, "nothing", actor=SYSTEM, now=NOW), NotFound),
            (lambda w: change_project(w.store, "etude", title=" ", actor=SYSTEM, now=NOW), Invalid),
            (lambda w: set_quota(w.store, "nothing", Quota(), actor=SYSTEM, now=NOW), NotFound),
        ],
    )
    def test_one_clear_error_and_nothing_done(self, quick_world: World, act, error: type[BureauError]) -> None:
        size, revision = len(quick_world.ledger.events), quick_world.store.revision()
        with pytest.raises(error) as caught:
            act(quick_world)
        assert caught.value.text.fr != caught.value.text.en
        assert (len(quick_world.ledger.events), quick_world.store.revision()) == (size, revision)

    @pytest.mark.parametrize(
        "email", ["", "ana", "ana@", "@x.fr", "ana@x", "a b@x.fr", "a@x.fr\n", "a" * 250 + "@x.fr"]
    )
    def test_an_address_that_is_none(self, quick_world: World, email: str) -> None:
        with pytest.raises(Invalid):
            create_person(quick_world.store, username="eve", display_name="Eve", email=email, actor=SYSTEM, now=NOW)

    def test_no_ledger_no_right(self, quick_world: World) -> None:
        quick_world.ledger.stop()
        with pytest.raises(Unavailable):
            quick_world.habilitate("ben", "etude", "sejours")
        with quick_world.store.read() as session:
            assert habilitations(session, person="ben") == []


class TestQuota:
    @pytest.mark.parametrize(
        "limits",
        [{"cpu": 0}, {"cpu": float("nan")}, {"memory_mb": 1}, {"pids": 1}, {"storage_gb": 0}, {"gpu_count": -1}],
    )
    def test_out_of_range_names_the_limit(self, limits: dict) -> None:
        with pytest.raises(Invalid, match=next(iter(limits))):
            Quota(**limits)

    def test_is_kept_and_recorded_without_fractions(self, world: World) -> None:
        quota = Quota(cpu=2.5, memory_mb=4096, pids=512, storage_gb=100, gpu_count=1)
        set_quota(world.store, "etude", quota, actor=SYSTEM, now=NOW)
        with world.store.read() as session:
            assert get_project(session, "etude").quota == quota
        (event,) = world.ledger.of(Kind.QUOTA_CHANGED)
        assert event.subject["cpu_milli"] == 2500

    def test_signing_in_or_changing_the_title_leaves_it(self, world: World) -> None:
        """TRAPS A13."""
        set_quota(world.store, "etude", Quota(cpu=3), actor=SYSTEM, now=NOW)
        change_project(world.store, "etude", title="Autre", actor=SYSTEM, now=NOW)
        with world.store.read() as session:
            assert get_project(session, "etude").quota.cpu == 3


class TestVersions:
    def test_the_latest_registered_counts(self, world: World) -> None:
        for number, version in enumerate(["2024", "2025", "2023-bis"]):
            register_version(
                world.store,
                "sejours",
                version,
                manifest_sha256="a" * 64,
                rows=1,
                actor=SYSTEM,
                now=NOW + number * DAY,
            )
        with world.store.read() as session:
            latest = latest_version(session, "sejours")
        assert latest is not None
        assert latest.version == "2023-bis"

    @pytest.mark.parametrize(
        ("version", "sha", "error"),
        [("..", "a" * 64, Invalid), ("1/2", "a" * 64, Invalid), ("1", "A" * 64, Invalid), ("1", "", Invalid)],
    )
    def test_bad_ones(self, quick_world: World, version: str, sha: str, error: type[BureauError]) -> None:
        with pytest.raises(error):
            register_version(quick_world.store, "sejours", version, manifest_sha256=sha, rows=1, actor=SYSTEM, now=NOW)

    def test_a_version_is_never_replaced(self, quick_world: World) -> None:
        again = {"manifest_sha256": "a" * 64, "rows": 1, "actor": SYSTEM, "now": NOW}
        register_version(quick_world.store, "sejours", "1", **again)
        with pytest.raises(Conflict):
            register_version(quick_world.store, "sejours", "1", **again)


def test_a_person_can_be_a_member_twice_but_not_at_once(quick_world: World) -> None:
    with quick_world.store.read() as session:
        (held,) = memberships(session, person="ana")
    revoke_membership(quick_world.store, held.id, actor=SYSTEM, now=NOW)
    quick_world.now = NOW + 2 * DAY
    quick_world.member("ana", "etude")
    with quick_world.store.read() as session:
        assert [row.role for row in memberships(session, person="ana")] == [MemberRole.ANALYST] * 2


def test_a_project_can_t_be_made_by_itself(quick_world: World) -> None:
    with pytest.raises(Refused):
        create_project(
            quick_world.store,
            slug="mine",
            title="T",
            purpose="P",
            starts_at=NOW,
            ends_at=NOW + DAY,
            quota=Quota(),
            actor="ana",
            now=NOW,
        )


def test_granting_needs_a_time_zone(quick_world: World) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(Exception, match="aware"):
        grant_habilitation(
            quick_world.store,
            person="ben",
            project="etude",
            dataset="sejours",
            starts_at=naive,
            ends_at=naive + DAY,
            actor=SYSTEM,
            now=NOW,
        )
    assert not quick_world.may("ben", Action.SEND_MESSAGE, **WORK).allowed
