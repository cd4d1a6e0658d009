"""Warnings before the cut, rights that nothing stands behind, and reviews: who is told, what is found, who decides."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.events import Event, Kind
from project_spaces.charters.versions import latest, publish_charter, sign_charter
from project_spaces.decisions import Action
from project_spaces.errors import BureauError, Conflict, Invalid, NotFound, Refused
from project_spaces.expiry_warnings import BEFORE, Notice, announced, due, mark_sent, warnings_due, work_ends
from project_spaces.facts import Classification, PlaceKind, PlatformRole, ProjectStatus
from project_spaces.habilitations import habilitations
from project_spaces.memberships import memberships, revoke_membership
from project_spaces.notifications import notifications
from project_spaces.orphan_rights import ORPHAN_LABELS, Orphan, orphan_rights
from project_spaces.owner_perimeters import entrust
from project_spaces.owner_stewards import owners_of
from project_spaces.people import disable_person, enable_person, revoke_role, roles_of
from project_spaces.perimeters import grant_perimeter, perimeter_of
from project_spaces.projects import change_project
from project_spaces.requirements import Requirement
from project_spaces.reviews.campaigns import (
    Occasion,
    ReviewDecision,
    campaigns,
    close_campaign,
    decide_item,
    items,
    open_campaign,
    undecided,
)
from project_spaces.rules import Rules
from project_spaces.sign_ins import Proof, keep_sign_in
from project_spaces.store import Store
from project_spaces.text import Text
from tests.project_spaces.conftest import DAY, NOW, SYSTEM, World

AS_SYSTEM = {"actor": SYSTEM, "now": NOW}
WORK = {"project_slug": "etude", "mounted": ["sejours"]}


class TestWarningsDue:
    @pytest.mark.parametrize(
        ("left", "sent", "notices"),
        [
            (timedelta(days=31), (), ()),
            (timedelta(days=30), (), ("30d",)),
            (timedelta(days=30), ("30d",), ()),
            (timedelta(days=7, microseconds=1), ("30d",), ()),
            (timedelta(days=7), ("30d",), ("7d",)),
            (timedelta(days=1), ("30d", "7d"), ("1d",)),
            (timedelta(minutes=15), ("30d", "7d", "1d"), ("15min",)),
            (timedelta(minutes=15), (), ("30d", "7d", "1d", "15min")),
            (timedelta(microseconds=1), ("15min",), ("30d", "7d", "1d")),
            (timedelta(0), (), ()),
            (timedelta(days=-1), (), ()),
        ],
    )
    def test_table(self, left: timedelta, sent: tuple[str, ...], notices: tuple[str, ...]) -> None:
        given_ = {Notice(each) for each in sent}
        assert warnings_due(NOW + left, given_, NOW) == tuple(Notice(each) for each in notices)

    def test_what_never_ends_is_not_announced(self) -> None:
        assert warnings_due(None, (), NOW) == ()

    @given(steps=st.lists(st.integers(1, 20 * 24 * 60), min_size=1, max_size=30))
    def test_each_notice_is_given_once_and_never_early(self, steps: list[int]) -> None:
        """However the clock is looked at, and with however long a sleep in between."""
        until, now, given_ = NOW + 40 * DAY, NOW, set()
        for step in steps:
            now += timedelta(minutes=step)
            fresh = warnings_due(until, given_, now)
            assert not given_.intersection(fresh)
            assert all(until - now <= BEFORE[notice] for notice in fresh)
            given_ |= set(fresh)
        assert now >= until or given_ == {notice for notice, ahead in BEFORE.items() if until - now <= ahead}


class TestWhoIsTold:
    def test_members_are_told_of_the_first_end_once(self, world: World) -> None:
        with world.store.read() as session:
            assert work_ends(session, "ana", "etude", now=NOW) == NOW + 30 * DAY
            (told,) = due(session, now=NOW)
        assert (told.person, told.project, told.notice) == ("ana", "etude", Notice.MONTH)
        assert told.text.fr.startswith("Votre accès à l'espace projet etude prend fin le 25/12/2026 à 09:00 UTC")
        assert mark_sent(world.store, told, now=NOW)
        assert not mark_sent(world.store, told, now=NOW)
        with world.store.read() as session:
            assert due(session, now=NOW) == []
            (later,) = due(session, now=NOW + 29 * DAY)
        assert later.covers == (Notice.WEEK, Notice.DAY)
        assert len(world.ledger.of(Kind.EXPIRY_WARNED)) == 1

    def test_a_renewed_right_is_announced_anew(self, quick_world: World) -> None:
        with quick_world.store.read() as session:
            (told,) = due(session, now=NOW)
        mark_sent(quick_world.store, told, now=NOW)
        quick_world.habilitate("ana", "etude", "sejours", days=45)
        with quick_world.store.read() as session:
            assert due(session, now=NOW) == []
            (again,) = due(session, now=NOW + 16 * DAY)
        assert again.until == NOW + 45 * DAY

    def test_nothing_is_announced_to_whom_nothing_is_left(self, quick_world: World) -> None:
        disable_person(quick_world.store, "ana", reason="x", **AS_SYSTEM)
        with quick_world.store.read() as session:
            assert work_ends(session, "ana", "etude", now=NOW) is None
            assert due(session, now=NOW) == []

    def test_of_a_sign_in_only_the_last_notice_tells(self, quick_world: World) -> None:
        """Otherwise everybody would be told every morning that work ends today."""
        tier = Requirement(sign_in_max_age=timedelta(hours=8))
        url = quick_world.store._reader.url.render_as_string(hide_password=False)
        strict = Store(url, quick_world.ledger, rules=Rules(tiers={Classification.PSEUDONYMISED: tier}))
        with strict.write(_event()) as session:
            keep_sign_in(session, "ana", Proof(("mfa",), NOW), now=NOW)
        at = NOW + timedelta(hours=7, minutes=45)
        with strict.read() as session:
            assert [each.notice for each in due(session, now=NOW)] == [Notice.MONTH]
            told = {each.until: each.notice for each in due(session, now=at)}
        assert told == {NOW + 30 * DAY: Notice.MONTH, NOW + timedelta(hours=8): Notice.QUARTER}

    @pytest.mark.parametrize("role", [PlatformRole.REVIEWER, PlatformRole.STEWARD])
    def test_who_holds_a_role_is_told_before_a_charter_suspends_it(
        self, quick_world: World, role: PlatformRole
    ) -> None:
        quick_world.person("rita", role)
        due_at = NOW + 20 * DAY
        publish(quick_world, "Un.", sign_by=NOW)
        with quick_world.store.read() as session:
            assert [each for each in due(session, now=NOW) if each.person == "rita"] == [], "nothing to lose yet"
        sign(quick_world, "rita")
        publish(quick_world, "Deux.", sign_by=due_at)
        with quick_world.store.read() as session:
            (told,) = [each for each in due(session, now=NOW) if each.person == "rita"]
        assert (told.project, told.until, told.notice) == (None, due_at, Notice.MONTH)
        assert mark_sent(quick_world.store, told, now=NOW)
        assert not mark_sent(quick_world.store, told, now=NOW)
        with quick_world.store.read() as session:
            assert announced(session, "rita", now=NOW)[0].text.en.startswith("Without a charter")
            assert "onboarding" in {each.link for each in notifications(session, "rita")}
        sign(quick_world, "rita")
        with quick_world.store.read() as session:
            assert announced(session, "rita", now=NOW) == []
            assert [each for each in due(session, now=due_at - DAY) if each.person == "rita"] == []

    def test_a_charter_is_announced_to_everybody_with_an_account(self, quick_world: World) -> None:
        disable_person(quick_world.store, "ben", reason="x", **AS_SYSTEM)
        publish(quick_world, "Un.", sign_by=NOW + 20 * DAY)
        with quick_world.store.read() as session:
            assert [each.text_fr for each in notifications(session, "ana")] == [
                "Une charte est à signer avant le 15/12/2026 à 09:00 UTC : « Conditions »."
            ]
            assert notifications(session, "ben") == []


def publish(world: World, words: str, *, sign_by: datetime) -> None:
    title, text = Text("Conditions", "Terms"), Text(words, words)
    publish_charter(world.store, "cgu", title=title, text=text, sign_by=sign_by, **AS_SYSTEM)


def sign(world: World, person: str) -> None:
    with world.store.read() as session:
        newest = latest(session, "cgu")
    sign_charter(world.store, person, "cgu", sha256=newest.sha256, now=NOW)


def _event() -> Event:
    return Event(Kind.SIGNIN_SUCCESS, "ana", None, NOW)


class TestOrphans:
    def found(self, world: World, at: datetime = NOW) -> list[tuple]:
        with world.store.read() as session:
            return [(each.what, each.person, each.project) for each in orphan_rights(session, now=at)]

    def test_each_kind(self, world: World) -> None:
        assert self.found(world) == [(Orphan.ACCOUNT_WITHOUT_PROJECT, "ben", None)]
        world.habilitate("ben", "etude", "sejours")
        world.project("vide")
        world.person("rita", PlatformRole.REVIEWER)
        assert self.found(world) == [
            (Orphan.ACCOUNT_WITHOUT_PROJECT, "ben", None),
            (Orphan.HABILITATION_WITHOUT_MEMBERSHIP, "ben", "etude"),
            (Orphan.PROJECT_WITHOUT_MEMBER, None, "vide"),
        ]

    def test_of_an_ended_project_and_of_a_disabled_person(self, quick_world: World) -> None:
        change_project(quick_world.store, "etude", status=ProjectStatus.CLOSED, **AS_SYSTEM)
        kinds = [what for what, *_ in self.found(quick_world)]
        assert Orphan.MEMBERSHIP_OF_ENDED_PROJECT in kinds
        assert Orphan.HABILITATION_OF_ENDED_PROJECT in kinds
        disable_person(quick_world.store, "ana", reason="x", **AS_SYSTEM)
        kinds = [what for what, *_ in self.found(quick_world)]
        assert kinds == [
            Orphan.ACCOUNT_WITHOUT_PROJECT,
            Orphan.RIGHT_OF_DISABLED_PERSON,
            Orphan.RIGHT_OF_DISABLED_PERSON,
        ]

    def test_what_ended_is_no_orphan(self, quick_world: World) -> None:
        assert Orphan.HABILITATION_WITHOUT_MEMBERSHIP not in [
            what for what, *_ in self.found(quick_world, NOW + 70 * DAY)
        ]

    def test_a_membership_that_ends_leaves_its_habilitation_behind(self, quick_world: World) -> None:
        with quick_world.store.read() as session:
            (held,) = memberships(session, person="ana")
        revoke_membership(quick_world.store, held.id, **AS_SYSTEM)
        assert (Orphan.HABILITATION_WITHOUT_MEMBERSHIP, "ana", "etude") in self.found(quick_world)

    def test_what_people_did_for_the_platform(self, quick_world: World) -> None:
        """Attack: an account that is opened again brings its roles back, and nobody knew that they were there."""
        _busy(quick_world)
        quick_world.person("anne", PlatformRole.ADMINISTRATOR)
        assert not {what for what, *_ in self.found(quick_world)} & {
            Orphan.STEWARDSHIP_WITHOUT_ROLE,
            Orphan.PERIMETER_OF_ENDED_PROJECT,
        }
        revoke_role(quick_world.store, "sven", PlatformRole.STEWARD, actor="anne", now=NOW, reason="Mutation")
        assert quick_world.ledger.of(Kind.ROLE_REVOKED)[-1].private == {"reason": "Mutation"}
        change_project(quick_world.store, "etude", status=ProjectStatus.CLOSED, **AS_SYSTEM)
        kinds = [(what, person) for what, person, _ in self.found(quick_world)]
        assert (Orphan.STEWARDSHIP_WITHOUT_ROLE, "sven") in kinds
        assert (Orphan.PERIMETER_OF_ENDED_PROJECT, "hubert") in kinds
        for person in ("sven", "hubert", "anne"):
            disable_person(quick_world.store, person, reason="x", **AS_SYSTEM)
        kinds = [(what, person) for what, person, _ in self.found(quick_world)]
        assert (Orphan.ROLE_OF_DISABLED_PERSON, "anne") in kinds
        assert kinds.count((Orphan.RIGHT_OF_DISABLED_PERSON, "sven")) == 1
        assert kinds.count((Orphan.RIGHT_OF_DISABLED_PERSON, "hubert")) == 1
        enable_person(quick_world.store, "anne", reason="retour", **AS_SYSTEM)
        assert quick_world.ledger.of(Kind.PERSON_CHANGED)[-1].subject["roles"] == "administrator"

    def test_every_kind_has_words(self) -> None:
        assert set(ORPHAN_LABELS) == set(Orphan)


def _busy(world: World) -> None:
    """Somebody with a perimeter, somebody who speaks for an owner."""
    world.person("hubert")
    world.person("sven", PlatformRole.STEWARD)
    place = {"person": "hubert", "scope": PlaceKind.PROJECT, "name": "etude"}
    grant_perimeter(world.store, **place, starts_at=NOW, ends_at=NOW + 90 * DAY, **AS_SYSTEM)
    entrust(world.store, "CHU", "sven", **AS_SYSTEM)


@pytest.fixture
def reviewed(quick_world: World) -> World:
    for name in ("root", "rita"):
        quick_world.person(name, PlatformRole.ADMINISTRATOR)
    quick_world.member("root", "etude")
    return quick_world


def begin(world: World, occasion: Occasion = Occasion.PROJECT_END, **change) -> str:
    asked = {"project": "etude", "due_at": NOW + 30 * DAY, "actor": "rita", "now": NOW}
    return open_campaign(world.store, occasion, **{**asked, **change})


def listed(world: World, campaign: str) -> dict[tuple[str, str], str]:
    with world.store.read() as session:
        return {(each.person, each.kind.value): each.id for each in items(session, campaign)}


class TestReviews:
    def test_from_opening_to_closing(self, world: World) -> None:
        world.person("rita", PlatformRole.ADMINISTRATOR)
        campaign = begin(world, Occasion.YEARLY, project=None)
        found = listed(world, campaign)
        assert set(found) == {("ana", "habilitation"), ("ana", "membership"), ("rita", "role")}
        acts = {"actor": "rita", "now": NOW, "evidence": "Liste du projet, 24/11"}
        decide_item(world.store, found["ana", "membership"], ReviewDecision.KEEP, **acts)
        with pytest.raises(Conflict, match="left"):
            close_campaign(world.store, campaign, actor="rita", now=NOW)
        decide_item(world.store, found["ana", "habilitation"], ReviewDecision.WITHDRAW, **acts)
        codes = [reason.code for reason in world.may("ana", Action.SEND_MESSAGE, **WORK).reasons]
        assert codes == ["habilitation_revoked"]
        assert world.may("ana", Action.OPEN_WORKSPACE, project_slug="etude").allowed
        close_campaign(world.store, campaign, actor="rita", now=NOW)
        last = world.ledger.of(Kind.REVIEW_CAMPAIGN)[-1]
        assert (last.subject["kept"], last.subject["withdrawn"]) == (2, 1)
        assert len(world.ledger.of(Kind.HABILITATION_REVOKED)) == 1
        with world.store.read() as session:
            assert [each.closed_by for each in campaigns(session)] == ["rita"]
            (held,) = habilitations(session, person="ana")
        assert (held.revoked_by, held.revoked_reason) == ("rita", "Liste du projet, 24/11")

    def test_the_platform_s_review_takes_roles_perimeters_and_owners_away(self, world: World) -> None:
        for name in ("rita", "root"):
            world.person(name, PlatformRole.ADMINISTRATOR)
        world.person("vera", PlatformRole.REVIEWER)
        _busy(world)
        found = listed(world, begin(world, Occasion.YEARLY, project=None))
        acts = {"now": NOW, "evidence": "Départ"}
        for own in ("root", "hubert", "vera"):
            with pytest.raises(Refused):
                decide_item(world.store, found["root", "role"], ReviewDecision.KEEP, actor=own, **acts)
        with pytest.raises(Refused):
            decide_item(world.store, found["hubert", "perimeter"], ReviewDecision.KEEP, actor="hubert", **acts)
        withdrawn = (("root", "role"), ("vera", "role"), ("hubert", "perimeter"), ("sven", "stewardship"))
        for each in withdrawn:
            decide_item(world.store, found[each], ReviewDecision.WITHDRAW, actor="rita", **acts)
        assert not world.may("root", Action.ADMINISTER).allowed
        assert {each.persons["beneficiary"] for each in world.ledger.of(Kind.ROLE_REVOKED)} == {"root", "vera"}
        assert world.ledger.of(Kind.PERIMETER)[-1].project == "etude"
        assert world.ledger.of(Kind.ACCESS_CIRCUIT)[-1].subject["change"] == "dismissed"
        with world.store.read() as session:
            assert (roles_of(session, "vera"), owners_of(session, "sven")) == (frozenset(), frozenset())
            assert perimeter_of(session, "hubert")[0].revoked_at == NOW
            assert "pour la plateforme : Vérificateur" in notifications(session, "vera")[0].text.fr

    def test_a_project_s_review_is_about_that_project_only(self, reviewed: World) -> None:
        _busy(reviewed)
        assert {kind for _, kind in listed(reviewed, begin(reviewed))} == {"membership", "habilitation"}

    def test_nobody_reviews_own_rights(self, reviewed: World) -> None:
        found = listed(reviewed, begin(reviewed))
        acts = {"now": NOW, "evidence": "x"}
        with pytest.raises(Refused, match="Nobody grants"):
            decide_item(reviewed.store, found["root", "membership"], ReviewDecision.KEEP, actor="root", **acts)
        with pytest.raises(Refused):
            decide_item(reviewed.store, found["root", "membership"], ReviewDecision.KEEP, actor="ana", **acts)
        decide_item(reviewed.store, found["root", "membership"], ReviewDecision.WITHDRAW, actor="rita", **acts)
        assert not reviewed.may("root", Action.OPEN_WORKSPACE, project_slug="etude").allowed

    def test_a_decision_is_made_once_but_may_become_a_withdrawal(self, reviewed: World) -> None:
        campaign = begin(reviewed)
        item = listed(reviewed, campaign)["ana", "membership"]
        acts = {"actor": "rita", "now": NOW, "evidence": "x"}
        decide_item(reviewed.store, item, ReviewDecision.KEEP, **acts)
        with pytest.raises(Conflict):
            decide_item(reviewed.store, item, ReviewDecision.KEEP, **acts)
        decide_item(reviewed.store, item, ReviewDecision.WITHDRAW, **acts)
        with pytest.raises(Conflict):
            decide_item(reviewed.store, item, ReviewDecision.KEEP, **acts)
        with reviewed.store.read() as session:
            assert undecided(session, campaign) == 2
            (held,) = memberships(session, person="ana")
        assert held.revoked_at == NOW

    def test_a_closed_review_stays_closed(self, reviewed: World) -> None:
        campaign = begin(reviewed)
        for item in listed(reviewed, campaign).values():
            decide_item(reviewed.store, item, ReviewDecision.KEEP, evidence="x", actor="rita", now=NOW)
        close_campaign(reviewed.store, campaign, actor="rita", now=NOW)
        item = next(iter(listed(reviewed, campaign).values()))
        with pytest.raises(Conflict):
            decide_item(reviewed.store, item, ReviewDecision.WITHDRAW, evidence="x", actor="rita", now=NOW)
        with pytest.raises(Conflict):
            close_campaign(reviewed.store, campaign, actor="rita", now=NOW)
        assert begin(reviewed)

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"actor": "ana"}, Refused),
            ({"project": "rien"}, NotFound),
            ({"project": None}, Invalid),
            ({"due_at": NOW}, Invalid),
        ],
    )
    def test_what_is_refused(self, reviewed: World, change: dict, error: type[BureauError]) -> None:
        with pytest.raises(error):
            begin(reviewed, **change)
        assert reviewed.ledger.of(Kind.REVIEW_CAMPAIGN) == []

    def test_one_review_of_the_same_at_a_time_and_never_of_nothing(self, reviewed: World) -> None:
        begin(reviewed)
        with pytest.raises(Conflict):
            begin(reviewed)
        reviewed.project("vide")
        with pytest.raises(Conflict):
            begin(reviewed, project="vide")
        with pytest.raises(Invalid, match="rests on"):
            decide_item(reviewed.store, "0" * 32, ReviewDecision.KEEP, evidence=" ", actor="rita", now=NOW)
        with pytest.raises(NotFound):
            decide_item(reviewed.store, "0" * 32, ReviewDecision.KEEP, evidence="x", actor="rita", now=NOW)
        with pytest.raises(NotFound):
            close_campaign(reviewed.store, "0" * 32, actor="rita", now=NOW)
