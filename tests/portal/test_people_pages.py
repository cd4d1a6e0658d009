"""Pages of people: the checklist, charters, trainings, stops, hubs, reviews, and why something is refused."""

from collections.abc import Callable
from datetime import timedelta

import aiohttp
import pytest

from audit.events import Kind
from audit.testing import MemoryLedger
from hub_extensions.portal.testing import (
    ADA,
    ANA,
    AUD,
    BEN,
    NAMES,
    NOW,
    OTHER,
    OUT,
    PAUL,
    PROJECT,
    SETUP,
    SOL,
    World,
)
from hub_extensions.worker.rights_clock import warn
from project_spaces.charters.versions import publish_charter
from project_spaces.facts import MemberRole, PlaceKind, PlatformRole
from project_spaces.habilitations import grant_habilitation
from project_spaces.memberships import grant_membership
from project_spaces.organisations import create_organisation, set_organisation, set_project_organisation
from project_spaces.owner_perimeters import entrust
from project_spaces.people import create_person, disable_person, grant_role
from project_spaces.perimeters import grant_perimeter
from project_spaces.requirements import Requirement
from project_spaces.rules import Rules
from project_spaces.text import Text
from project_spaces.trainings.kinds import define_training
from tests.portal.test_access import token
from tests.portal.test_pages import Browser

DAY = timedelta(days=1)
BY_SETUP = {"actor": SETUP, "now": NOW}
PDF = b"%PDF-1.7 attestation"
NORA = "nora"


@pytest.fixture
def browser(world: World, client: aiohttp.ClientSession) -> Browser:
    """Somebody's browser."""
    return Browser(world, client)


def second_administrator(world: World) -> str:
    """Zoé administers too."""
    grant_role(world.portal.store, OUT, PlatformRole.ADMINISTRATOR, **BY_SETUP)
    return OUT


def hub(world: World) -> str:
    """Nora administers the hospital that answers for the project, and for whom Ben works."""
    store = world.portal.store
    create_person(store, username=NORA, display_name="Nora", email="nora@example.org", **BY_SETUP)
    with store.write(_enrolled(NORA)) as session:
        from project_spaces.people import Person

        session.get_one(Person, NORA).enrolled_at = NOW
    create_organisation(store, "chu-nord", name="CHU Nord", **BY_SETUP)
    set_project_organisation(store, PROJECT, "chu-nord", **BY_SETUP)
    set_organisation(store, BEN, "chu-nord", **BY_SETUP)
    window = {"starts_at": NOW - DAY, "ends_at": NOW + 300 * DAY}
    grant_perimeter(store, person=NORA, scope=PlaceKind.ORGANISATION, name="chu-nord", **window, **BY_SETUP)
    return NORA


def _enrolled(name: str):
    from audit.events import Event

    return Event(Kind.ACCOUNT_ENROLLED, name, None, NOW)


class TestOnboarding:
    async def test_a_charter_is_read_in_full_and_signed_by_its_hash(
        self, browser: Browser, ledger: MemoryLedger
    ) -> None:
        await browser.sign_in(PAUL)
        page = await browser.get("admin/charters")
        assert "226-13" in page, "the model tells the sanctions"
        words = {"title_fr": "CGU", "title_en": "Terms", "text_fr": "Première ligne", "text_en": "First line"}
        await browser.send("admin/charters", act="publish", charter="cgu", sign_by="2026-12-01", **words)
        await browser.sign_in(ANA)
        assert "À signer" in await browser.get("onboarding")
        page = await browser.get("onboarding/charters/cgu")
        assert "Première ligne" in page
        assert "First line" in await browser.get("onboarding/charters/cgu?lang=en")
        await browser.get("onboarding/charters/cgu?lang=fr")
        sha256 = page.split('name="sha256" value="')[1].split('"')[0]
        await browser.send("onboarding/charters/cgu", 409, act="sign", sha256="0" * 64)
        page = await browser.send("onboarding/charters/cgu", act="sign", sha256=sha256)
        assert "Charte signée" in page
        assert [event.subject["sha256"] for event in ledger.of(Kind.CHARTER_SIGNED)] == [sha256]

    async def test_a_new_version_is_signed_again_and_its_changes_are_shown(self, browser: Browser) -> None:
        store = browser.world.portal.store
        for text in ("un\ndeux", "un\ntrois"):
            publish_charter(
                store, "cgu", title=Text("CGU", "Terms"), text=Text(text, text), sign_by=NOW + DAY, actor=SETUP, now=NOW
            )
        await browser.sign_in(PAUL)
        page = await browser.get("admin/charters/cgu")
        assert "<del>deux</del>" in page
        assert "<ins>trois</ins>" in page
        assert "Ana Lopes" in page, "who has not signed"

    async def test_a_certificate_is_handed_in_confirmed_by_somebody_else_and_forgotten(
        self, browser: Browser, client: aiohttp.ClientSession
    ) -> None:
        where = {"organiser": "CNAM", "address": "https://formation.example.org/snds"}
        define_training(browser.world.portal.store, "snds", title=Text("SNDS", "SNDS"), months=12, **where, **BY_SETUP)
        await browser.sign_in(ANA)
        page = await browser.get("onboarding")
        assert all(each in page for each in ("CNAM", f'href="{where["address"]}"')), "where one takes it"
        form = aiohttp.FormData()
        xsrf = next(cookie.value for cookie in client.cookie_jar if cookie.key == "_xsrf")
        fields = {"_xsrf": xsrf, "act": "claim", "kind": "snds", "taken_at": "2026-11-20", "certificate": "CNAM 7"}
        for name, value in fields.items():
            form.add_field(name, value)
        form.add_field("file", PDF, filename="a.pdf", content_type="text/html")
        async with client.post(f"{browser.world.address}onboarding", data=form) as answer:
            assert "Attestation transmise" in await answer.text()
        await browser.sign_in(PAUL)
        page = await browser.get("admin/trainings")
        address = page.split('href="/services/bureau/onboarding/certificates/')[1].split('"')[0]
        async with client.get(f"{browser.world.address}onboarding/certificates/{address}") as answer:
            assert (await answer.read(), answer.content_type) == (PDF, "application/pdf")
            assert answer.headers["Content-Disposition"].startswith("attachment")
        await browser.send("admin/trainings", act="confirm", claim_id=address)
        await browser.get(f"onboarding/certificates/{address}", 404)
        await browser.sign_in(ANA)
        assert "En cours" in await browser.get("onboarding")


class TestStops:
    async def test_two_steps_and_another_hand_to_lift(self, browser: Browser, ledger: MemoryLedger) -> None:
        second = second_administrator(browser.world)
        await browser.sign_in(PAUL)
        what = {"scope": "project", "name": PROJECT, "reason": "fuite possible"}
        page = await browser.send("admin/stops", act="foresee", **what)
        assert "Confirmer l&#39;arrêt" in page or "Confirmer l'arrêt" in page
        assert "<b>2</b>" in page, "two members are hit"
        assert ledger.of(Kind.KILL_SWITCH) == [], "nothing is stopped by the first step"
        await browser.send("admin/stops", 422, act="stop", confirm="autre", **what)
        assert ledger.of(Kind.KILL_SWITCH) == []
        page = await browser.send("admin/stops", act="stop", confirm=PROJECT, **what)
        number = ledger.of(Kind.KILL_SWITCH)[0].subject["switch"]
        assert "un autre administrateur le lève" in page
        await browser.send("admin/stops", 403, act="lift", switch_id=number, reason="c'est moi")
        await browser.sign_in(ANA)
        assert "est arrêté depuis" in await browser.get(f"why?project={PROJECT}")
        await browser.sign_in(second)
        await browser.send("admin/stops", act="lift", switch_id=number, reason="vérifié")
        assert [event.subject["change"] for event in ledger.of(Kind.KILL_SWITCH)] == ["set", "lifted"]

    async def test_the_api_asks_for_the_name_too(self, world: World, client: aiohttp.ClientSession) -> None:
        body = {"scope": "all", "name": "", "reason": "x", "confirm": "oui"}
        async with client.post(f"{world.api}/admin/stops", json=body, headers=token(PAUL)) as answer:
            assert answer.status == 422
        async with client.post(
            f"{world.api}/admin/stops", json={**body, "confirm": "tout"}, headers=token(PAUL)
        ) as one:
            assert one.status == 201
        async with client.post(
            f"{world.api}/admin/stops", json={**body, "confirm": "tout"}, headers=token(PAUL)
        ) as two:
            assert two.status == 409


class TestWhy:
    async def test_every_condition_with_who_and_where(self, browser: Browser) -> None:
        await browser.sign_in(ANA)
        page = await browser.get(f"why?action=mount_dataset&project={PROJECT}&dataset=pmsi-mco")
        assert "Non tenue" in page
        assert "a été retirée le" in page
        assert "Paul Girard" in page, "whom to ask"
        assert "Tenue" in page
        page = await browser.get(f"why?action=mount_dataset&project={PROJECT}&dataset=pmsi-mco&lang=en")
        assert "was withdrawn on" in page
        assert "Not met" in page

    async def test_every_refusal_leads_here(self, browser: Browser, client: aiohttp.ClientSession) -> None:
        await browser.sign_in(ANA)
        page = await browser.get("admin", 403)
        assert "why?action=administer" in page
        assert "Vous n&#39;avez pas le rôle" in await browser.get("why?action=administer")
        world = browser.world
        async with client.post(f"{world.api}/workspaces/{OTHER}/start", json={}, headers=token(ANA)) as answer:
            where = (await answer.json(content_type=None))["why"]
        assert where == f"/services/bureau/why?action=open_workspace&project={OTHER}"
        for page in (await browser.get(""), await browser.get("habilitations")):
            assert f"why?action=mount_dataset&amp;project={PROJECT}&amp;dataset=pmsi-mco" in page

    async def test_somebody_elses_is_for_auditors_and_administrators_and_is_recorded(
        self, world: World, client: aiohttp.ClientSession, ledger: MemoryLedger
    ) -> None:
        hub(world)
        allowed = {AUD: 200, PAUL: 200, NORA: 200, ADA: 403, BEN: 403, OUT: 403}
        for who, status in allowed.items():
            query = f"{world.api}/why?person={ANA}&project={PROJECT}"
            async with client.get(query, headers=token(who)) as answer:
                assert answer.status == status, (who, await answer.text())
        looked = [event for event in ledger.of(Kind.AUDIT_READ) if event.persons.get("looked_at") == ANA]
        assert [event.actor for event in looked] == [AUD, PAUL, NORA]
        async with client.get(f"{world.api}/why?person={ANA}&project={OTHER}", headers=token(NORA)) as answer:
            assert answer.status == 403, "not her project"
        async with client.get(f"{world.api}/why?person={ANA}", headers=token(ANA)) as answer:
            assert (await answer.json())["own"]
        async with client.get(f"{world.api}/why?person=rien", headers=token(PAUL)) as answer:
            assert answer.status == 404

    async def test_who_holds_a_role_reads_what_it_asks_for(
        self, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rules = Rules(duties=Requirement(trainings=frozenset({"relecture"})))
        monkeypatch.setattr(browser.world.portal.store, "_rules", rules)
        for who, told in ((AUD, True), (BEN, False)):
            await browser.sign_in(who)
            assert ("relecture" in await browser.get("onboarding")) is told, who
        await browser.sign_in(AUD)
        assert "Il vous manque la formation « relecture »." in await browser.get("why?action=read_audit")


class TestComingEnds:
    async def test_a_banner_says_it_on_every_page_until_the_right_is_renewed(self, browser: Browser) -> None:
        world = browser.world
        world.clock.now = NOW + 19 * DAY
        warn(world.portal.store, world.clock.now)
        await browser.sign_in(ANA)
        for path in ("", "habilitations", "onboarding"):
            assert "prend fin le 13/12/2026" in await browser.get(path), path
        await browser.sign_in(BEN)
        assert "prend fin" not in await browser.get("")
        window = {"starts_at": NOW, "ends_at": NOW + 90 * DAY, "actor": SETUP, "now": world.clock.now}
        grant_habilitation(world.portal.store, person=ANA, project=PROJECT, dataset="snds-synth", **window)
        await browser.sign_in(ANA)
        assert "prend fin" not in await browser.get("")


class TestHubs:
    async def test_a_hubs_administrator_sees_and_does_what_lies_in_the_perimeter(self, browser: Browser) -> None:
        hub(browser.world)
        await browser.sign_in(NORA)
        page = await browser.get("admin")
        assert "Ben Aubry" in page
        assert "Ana Lopes" not in page
        assert "Donner le rôle" not in page
        page = await browser.get("admin/projects")
        assert PROJECT in page
        assert OTHER not in page
        await browser.get(f"admin/projects/{PROJECT}")
        await browser.get(f"admin/projects/{OTHER}", 403)
        for path in ("admin/hubs", "admin/datasets", f"admin/people/{PAUL}", "admin/datasets/omop-1001"):
            await browser.get(path, 403)
        await browser.get(f"admin/people/{BEN}")
        page = await browser.send(
            f"admin/projects/{PROJECT}",
            act="grant_habilitation",
            username=BEN,
            dataset="omop-1001",
            ends_at="2026-12-24",
        )
        assert "Habilitation accordée" in page
        await browser.send(f"admin/projects/{OTHER}", 403, act="grant_membership", username=BEN, ends_at="2026-12-24")
        await browser.send("admin", 403, act="grant_role", username=BEN, role="administrator")
        await browser.send(f"admin/people/{BEN}", act="identify", document="Carte professionnelle")

    async def test_a_persons_file_names_no_project_outside_the_perimeter(self, browser: Browser) -> None:
        store, at = browser.world.portal.store, {"starts_at": NOW - DAY, "ends_at": NOW + DAY, **BY_SETUP}
        hub(browser.world)
        grant_membership(store, person=BEN, project=OTHER, role=MemberRole.ANALYST, **at)
        grant_perimeter(store, person=BEN, scope=PlaceKind.PROJECT, name=OTHER, **at)
        for who, told in ((NORA, False), (PAUL, True), (AUD, True)):
            await browser.sign_in(who)
            page = await browser.get(f"admin/people/{BEN}")
            assert PROJECT in page
            assert (OTHER in page) is told, who

    async def test_perimeters_are_the_platforms_to_give(self, browser: Browser) -> None:
        nobody = "Aucun organisme ne répond de ces projets"
        await browser.sign_in(PAUL)
        notice = (await browser.get("admin/hubs")).partition(nobody)[2].partition("</div>")[0]
        assert (PROJECT in notice, OTHER in notice) == (True, False), "the other one has ended"
        hub(browser.world)
        given = {"act": "grant", "scope": "project", "name": OTHER, "ends_at": "2027-01-01"}
        page = await browser.get("admin/hubs")
        assert ("CHU Nord" in page, nobody in page) == (True, False)
        page = await browser.send("admin/hubs", username=BEN, **given)
        assert "Périmètre confié." in page
        await browser.send("admin/hubs", 403, username=PAUL, **given)
        await browser.sign_in(NORA)
        await browser.send("admin/hubs", 403, username=ANA, **given)


class TestGuarantees:
    async def test_approvals_and_agreements_are_recorded_and_withdrawn(
        self, browser: Browser, ledger: MemoryLedger
    ) -> None:
        dates = {"starts_at": "2026-11-01", "ends_at": "2027-11-01"}
        await browser.sign_in(PAUL)
        address = f"admin/projects/{PROJECT}"
        page = await browser.send(address, act="approve", kind="cnil", reference="DR-2026-9", **dates)
        assert "DR-2026-9" in page
        number = page.split('name="approval_id" value="')[1].split('"')[0]
        await browser.send(address, act="disapprove", approval_id=number, reason="annulée")
        address = "admin/datasets/omop-1001"
        await browser.send(address, act="ask", required="true")
        await browser.sign_in(ANA)
        question = f"why?action=mount_dataset&project={PROJECT}&dataset=omop-1001"
        page = await browser.get(question)
        assert "Aucune convention" in page
        assert ("Sol Ferrer" in page, NAMES[PAUL] in page) == (False, True), "nobody speaks for this owner yet"
        entrust(browser.world.portal.store, "ATIH", SOL, actor=SETUP, now=NOW)
        page = await browser.get(question)
        assert ("Sol Ferrer" in page, NAMES[PAUL] in page) == (True, False), "whoever speaks for this owner"
        await browser.sign_in(PAUL)
        page = await browser.send(address, act="agree", project=PROJECT, reference="C-1", **dates)
        number = page.split('name="agreement_id" value="')[1].split('"')[0]
        await browser.send(address, act="end", agreement_id=number, reason="terme")
        kinds = [event.kind for event in ledger.events if event.kind in {Kind.AGREEMENT, Kind.PROJECT_APPROVAL}]
        assert kinds == [Kind.PROJECT_APPROVAL] * 2 + [Kind.AGREEMENT] * 2


class TestReviews:
    async def test_from_opening_to_evidence(self, browser: Browser, client: aiohttp.ClientSession) -> None:
        await browser.sign_in(PAUL)
        page = await browser.send("admin/reviews", act="begin", occasion="yearly", project=PROJECT)
        address = page.split('action="/services/bureau/')[1].split("#")[0]
        for decision in ("keep", "withdraw"):
            number = page.split('name="item_id" value="')[1].split('"')[0]
            page = await browser.send(address, act="answer", item_id=number, decision=decision, evidence="=liste")
        await browser.send(address, 409, act="close")
        async with client.get(f"{browser.world.address}{address}/evidence.csv") as answer:
            table = (await answer.read()).decode("utf-8-sig").splitlines()
        assert table[0].endswith("decided_by,ledger_index")
        assert "'=liste" in "".join(table), "a spreadsheet runs no formula of ours"
        async with client.get(f"{browser.world.address}{address}/evidence.json") as answer:
            document = await answer.json(content_type=None)
        decided = [each for each in document["items"] if each["decision"]]
        assert all(isinstance(each["ledger_index"], int) for each in decided)
        assert document["proofs"] is not None

    async def test_a_strangers_review_is_nowhere(self, browser: Browser) -> None:
        hub(browser.world)
        await browser.sign_in(PAUL)
        page = await browser.send("admin/reviews", act="begin", occasion="yearly", project=OTHER)
        address = page.split('action="/services/bureau/')[1].split("#")[0].split('"')[0]
        await browser.sign_in(NORA)
        await browser.get(address, 404)
        await browser.sign_in(ANA)
        await browser.get("admin/reviews", 403)

    async def test_orphans_are_taken_away(self, browser: Browser) -> None:
        await browser.sign_in(PAUL)
        page = await browser.get("admin/orphans")
        assert "Membre d" in page
        number = page.split('name="right" value="')[1].split('"')[0]
        page = await browser.send("admin/orphans", act="withdraw", kind="membership", right=number, reason="clos")
        assert "Droit retiré." in page
        assert number not in page

    async def test_what_is_done_for_the_platform_is_taken_away_by_its_administrators_only(
        self, browser: Browser, world: World
    ) -> None:
        hub(world)
        grant_role(world.portal.store, BEN, PlatformRole.REVIEWER, **BY_SETUP)
        disable_person(world.portal.store, BEN, reason="parti", **BY_SETUP)
        asked = {"act": "withdraw", "kind": "role", "right": "reviewer", "person": BEN, "reason": "parti"}
        await browser.sign_in(NORA)
        assert "Vérificateur" not in await browser.get("admin/orphans")
        await browser.send("admin/orphans", 403, **asked)
        await browser.sign_in(PAUL)
        page = await browser.get("admin/orphans")
        assert "compte est fermé" in page
        assert "Vérificateur" in page
        await browser.send("admin/orphans", 422, **{**asked, "right": "king"})
        assert "Vérificateur" not in await browser.send("admin/orphans", **asked)

    async def test_a_review_of_the_platform_names_roles_and_places_in_words(
        self, browser: Browser, world: World
    ) -> None:
        hub(world)
        second_administrator(world)
        await browser.sign_in(PAUL)
        page = await browser.send("admin/reviews", act="begin", occasion="yearly")
        for words in ("Rôle", "Vérificateur", "Périmètre", "Organisme"):
            assert words in page
        address = page.split('action="/services/bureau/')[1].split("#")[0]
        await browser.sign_in(NORA)
        page = await browser.get(address)
        assert "Vérificateur" not in page


PRIVATE: dict[str, Callable[[str], str]] = {
    "a person's file": lambda who: f"admin/people/{who}",
    "charters": lambda _who: "admin/charters",
    "trainings": lambda _who: "admin/trainings",
    "stops": lambda _who: "admin/stops",
    "hubs": lambda _who: "admin/hubs",
    "orphans": lambda _who: "admin/orphans",
    "reviews": lambda _who: "admin/reviews",
}


@pytest.mark.parametrize("page", PRIVATE)
async def test_who_administers_nothing_gets_in_nowhere(browser: Browser, page: str) -> None:
    for who in (ANA, ADA, OUT):
        await browser.sign_in(who)
        assert "why?action=" in await browser.get(PRIVATE[page](BEN), 403)
