"""Requests for access on the portal: the form that loses nothing, the steps, and what others try on them."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from audit.events import Kind
from audit.testing import MemoryLedger
from hub_extensions.portal.context import Call
from hub_extensions.portal.testing import ADA, ANA, AUD, BEN, DAY, NOW, OTHER, OUT, PAUL, PROJECT, SETUP, World
from hub_extensions.portal.verbs.request_sections import NewPerson, add_person
from project_spaces.datasets import register_dataset
from project_spaces.errors import Invalid
from project_spaces.facts import Classification, PlatformRole
from project_spaces.owner_perimeters import entrust
from project_spaces.people import create_person, disable_person, grant_role
from project_spaces.requests.agreements import document_hash
from project_spaces.text import Text
from tests.portal.cards import describe
from tests.portal.request_people import (
    CARL,
    DATASET,
    FORM,
    LONG,
    OWNER,
    PURPOSE,
    SECTIONS,
    STELLA,
    SVEN,
    Turn,
    staff,
    turns,
)
from tests.portal.test_api import Caller, call
from tests.portal.test_pages import Browser, browser
from tests.portal.test_public_catalogue import read

__all__ = ["browser", "call"]

Submitted = Callable[[], Awaitable[str]]


@pytest.fixture(autouse=True)
def people(world: World) -> None:
    """Those who deal with requests."""
    staff(world)


@pytest.fixture
def submitted(call: Caller) -> Submitted:
    """Ana submits a request that lacks nothing; return its id."""

    async def submit(**change: Any) -> str:
        number = (await call(ANA, "POST", "/requests", {}, 201))["id"]
        await call(ANA, "PUT", f"/requests/{number}", {**FORM, **change})
        await call(ANA, "POST", f"/requests/{number}/submit", {})
        return str(number)

    return submit


async def step_of(call: Caller, request: str, name: str, who: str = ANA) -> Any:
    """One step as somebody sees it."""
    page = await call(who, "GET", f"/requests/{request}")
    return next(each for each in page["steps"] if each["step"] == name)


async def take(call: Caller, request: str, turn: Turn, status: int = 200, **change: Any) -> Any:
    """Answer one step favourably."""
    step = await step_of(call, request, turn.step)
    body = {"step": step["id"], "outcome": "favourable", "reference": turn.reference, **change}
    return await call(turn.who, "POST", f"/requests/{request}/answers", body, status)


def spoken(answer: Any) -> str:
    """An answer as its reader sees it."""
    return json.dumps(answer, ensure_ascii=False)


def without(fields: dict[str, str], name: str) -> dict[str, str]:
    """The same without one field."""
    return {key: value for key, value in fields.items() if key != name}


async def begun(browser: Browser) -> str:
    """Begin a request in the browser; return its id."""
    page = await browser.send("requests", act="begin")
    return page.split('action="/services/bureau/requests/')[1].split("/")[0]


class TestForm:
    async def test_section_by_section_without_script_to_the_submission(
        self, browser: Browser, ledger: MemoryLedger
    ) -> None:
        await browser.sign_in(ANA)
        number = await begun(browser)
        check = await browser.get(f"requests/{number}/form/check")
        assert "Choisissez une finalité parmi les six." in check
        assert "Déposer la demande d&#39;accès" not in check
        for section, act, fields in SECTIONS:
            await browser.send(f"requests/{number}/form/{section}", act=act, **fields)
        xsrf = next(cookie.value for cookie in browser.client.cookie_jar if cookie.key == "_xsrf")
        address = f"{browser.world.address}requests/{number}/form/purpose"
        async with browser.client.post(address, data=[("_xsrf", xsrf), *PURPOSE]) as answer:
            assert answer.status == 200
        check = await browser.get(f"requests/{number}/form/check")
        assert "Ce qui manque" not in check
        assert "Béa" not in check
        page = await browser.send(f"requests/{number}/form/check", act="submit")
        assert "En instruction" in page
        assert "Paul Girard" in page, "who must act is named"
        summary = await browser.get(f"requests/{number}/summary")
        for words in (
            "Durées de séjour",
            "sejour.age",
            "Délais.",
            "Pratiques.",
            "Cohorte de greffés.",
            "INSERM",
            "Ben Aubry",
        ):
            assert words in summary
        assert ledger.of(Kind.ACCESS_REQUEST)[-1].subject["change"] == "submitted"
        await browser.get(f"requests/{number}/form/project", 404)

    async def test_what_is_missing_is_said_beside_its_field_in_both_languages(self, browser: Browser) -> None:
        await browser.sign_in(ANA)
        number = await begun(browser)
        page = await browser.get(f"requests/{number}/form/project")
        assert '<span class="gap" id="gap-title">Donnez un titre.</span>' in page
        assert 'aria-describedby="gap-title"' in page
        assert "Give a title." in await browser.get(f"requests/{number}/form/project?lang=en")

    async def test_ten_thousand_characters_are_kept_and_too_many_are_given_back(self, browser: Browser) -> None:
        await browser.sign_in(ANA)
        number = await begun(browser)
        here = f"requests/{number}/form/project"
        await browser.send(here, act="save_project", title="T", summary=LONG)
        assert LONG in await browser.get(here)
        page = await browser.send(here, 422, act="save_project", title="Autre titre", summary=LONG * 3)
        assert "trop long" in page
        assert 'value="Autre titre"' in page
        assert LONG * 3 in page

    @pytest.mark.parametrize("months", ["0", "-3", "121", "99999999999999999999", "douze", "1e3", "1.5"])
    async def test_absurd_durations_are_refused_and_what_was_typed_stays(self, browser: Browser, months: str) -> None:
        await browser.sign_in(ANA)
        number = await begun(browser)
        page = await browser.send(
            f"requests/{number}/form/means", 422, act="save_means", outputs="Tableaux & figures", months=months
        )
        assert "Tableaux &amp; figures" in page
        assert f'value="{months}"' in page

    async def test_two_sections_saved_at_once_both_stay(self, browser: Browser) -> None:
        """Two tabs: each saves its own section only."""
        await browser.sign_in(ANA)
        number = await begun(browser)
        await browser.send(f"requests/{number}/form/means", act="save_means", outputs="Tableaux", months="7")
        await browser.send(f"requests/{number}/form/project", act="save_project", title="Un titre")
        summary = await browser.get(f"requests/{number}/summary")
        assert "Un titre" in summary
        assert "Tableaux" in summary

    async def test_a_linkage_described_without_its_way_is_given_back_and_no_longer_asking_empties_it(
        self, browser: Browser, call: Caller
    ) -> None:
        await browser.sign_in(ANA)
        number = await begun(browser)
        here = f"requests/{number}/form/linkage"
        page = await browser.send(here, 422, act="save_linkage", why="Suivi complet.")
        assert "direct ou indirect" in page
        assert "Suivi complet.</textarea>" in page
        await browser.send(here, act="save_linkage", way="direct", why="Suivi complet.")
        page = await browser.get(here)
        assert 'value="direct" checked' in page
        assert "au moins deux sources" in page
        await browser.send(here, act="save_linkage", why="Suivi complet.")
        assert (await call(ANA, "GET", f"/requests/{number}"))["form"]["linkage"] is None

    async def test_identifying_columns_are_not_offered_and_unknown_ones_are_refused(
        self, browser: Browser, call: Caller
    ) -> None:
        await browser.sign_in(ANA)
        number = await begun(browser)
        await browser.send(f"requests/{number}/form/data", act="save_data", datasets=DATASET)
        page = await browser.get(f"requests/{number}/form/data/{DATASET}")
        assert 'value="sejour.age"' in page
        assert "sejour.nir" not in page
        await browser.get(f"requests/{number}/form/data/omop-1001", 404)
        asked = {**FORM, "datasets": [{"dataset": DATASET, "columns": ["sejour.age", "sejour.nir"]}]}
        await call(ANA, "PUT", f"/requests/{number}", asked)
        problem = await call(ANA, "POST", f"/requests/{number}/submit", {}, 422)
        assert problem["reasons"] == [
            {"fr": "sejours n'a pas de variable sejour.nir.", "en": "sejours has no column sejour.nir."}
        ]

    async def test_two_potential_identifiers_are_a_remark(self, call: Caller, submitted: Submitted) -> None:
        two = {"care_dates": "Délais.", "commune": "Distance."}
        asked = [{"dataset": DATASET, "columns": ["sejour.age"], "identifiers": two}]
        page = await call(ANA, "GET", f"/requests/{await submitted(datasets=asked)}")
        assert "un seul à la fois" in page["remarks"][0]["text"]["fr"]

    async def test_whoever_names_a_committee_member_bars_him_and_the_others_are_told(
        self, world: World, call: Caller, submitted: Submitted
    ) -> None:
        number = await submitted(people=["ben", CARL])
        assert (await call(ANA, "GET", f"/requests/{number}"))["remarks"] == []
        said = (await call(PAUL, "GET", f"/requests/{number}"))["remarks"]
        (remark,) = [each for each in said if each["field"] == "people"]
        assert remark["about"] == CARL
        assert "sits on the committee" in remark["text"]["en"]

    async def test_namesakes_are_told_apart(self, world: World, call: Caller, submitted: Submitted) -> None:
        at = {"actor": SETUP, "now": NOW}
        create_person(world.portal.store, username="ben2", display_name="Ben Aubry", email="b@x.org", **at)
        people = [
            {"username": "ben", "organisation": "INSERM"},
            {"username": "ben2", "organisation": "CHU de Brest", "role": "lead"},
        ]
        number = await submitted(people=people)
        await take(call, number, Turn(PAUL, "completeness"))
        page = await call(ANA, "GET", f"/requests/{number}")
        shown = [(each["name"], each["username"], each["organisation"]) for each in page["form"]["people"]]
        assert shown == [("Ben Aubry", "ben", "INSERM"), ("Ben Aubry", "ben2", "CHU de Brest")]

    async def test_the_catalogue_leads_to_a_request_for_its_data_set(self, browser: Browser) -> None:
        await browser.sign_in(ANA)
        page = await browser.get(f"requests/new?dataset={DATASET}")
        assert "Séjours hospitaliers" in page
        assert "Avis du comité" in page
        await browser.get("requests/new?dataset=nothing")
        page = await browser.send("requests/new", act="begin", dataset=DATASET)
        number = page.split('action="/services/bureau/requests/')[1].split("/")[0]
        assert f'value="{DATASET}" checked' in await browser.get(f"requests/{number}/form/data")
        assert number in await browser.get(f"requests/new?dataset={DATASET}")


class TestCourse:
    async def test_from_the_submission_to_the_project(
        self, call: Caller, browser: Browser, submitted: Submitted, world: World
    ) -> None:
        number = await submitted()
        for turn in turns(PAUL):
            assert (await take(call, number, turn))["state"] == "submitted"
        signature = await step_of(call, number, "signature")
        assert (signature["may_sign"], [each["username"] for each in signature["who"]]) == (True, [ANA])
        await take(call, number, Turn(STELLA, "signature"), 409, document_sha256=signature["document_sha256"])
        await browser.sign_in(ANA)
        page = await browser.get(f"requests/{number}/agreements/{signature['id']}")
        assert "CONVENTION D&#39;ACCÈS AUX DONNÉES" in page
        text = await browser.get(f"requests/{number}/agreements/{signature['id']}/text")
        assert document_hash(text) == signature["document_sha256"]
        sign = {"step": signature["id"], "document_sha256": signature["document_sha256"]}
        await browser.send(f"requests/{number}/agreements/{signature['id']}", act="sign", **sign)
        await browser.sign_in(STELLA)
        page = await browser.send(
            f"requests/{number}/agreements/{signature['id']}", act="answer", outcome="favourable", **sign
        )
        assert "Acceptée" in page
        assert "L'espace projet est ouvert" in page
        page = await call(ANA, "GET", f"/requests/{number}")
        assert page["became"]["slug"] == "durees"
        assert {each["username"] for each in page["became"]["members"]} == {ANA, BEN}
        assert {each["dataset"] for each in page["became"]["habilitations"]} == {DATASET}
        assert (await call(BEN, "GET", "/habilitations"))["habilitations"][0]["dataset"]["allowed"]
        told = (await call(BEN, "GET", "/notifications"))["notifications"]
        opened = "L'espace projet « Durées de séjour » est ouvert."
        assert [each["text"]["fr"] == opened for each in told].count(True) == 1

    async def test_an_authority_that_takes_its_time_again_says_why(
        self, browser: Browser, call: Caller, submitted: Submitted
    ) -> None:
        number = await submitted()
        for turn in list(turns(PAUL))[:2]:
            await take(call, number, turn)
        step = await step_of(call, number, "authority")
        await browser.sign_in(PAUL)
        assert "Renouveler le délai, une fois" in await browser.get(f"requests/{number}")
        await browser.send(f"requests/{number}", act="renew", step=step["id"], reasons="Séance reportée.")
        await browser.sign_in(ANA)
        page = await browser.get(f"requests/{number}")
        assert "Séance reportée." in page
        assert "Renouveler le délai, une fois" not in page
        assert (await step_of(call, number, "authority"))["due_at"] > step["due_at"]

    async def test_a_return_is_answered_and_its_reason_stays_readable(
        self, browser: Browser, call: Caller, submitted: Submitted
    ) -> None:
        number = await submitted()
        await take(call, number, Turn(PAUL, "completeness"), 422, outcome="returned")
        await take(call, number, Turn(PAUL, "completeness"), outcome="returned", reasons="Précisez la population.")
        await browser.sign_in(ANA)
        assert "Précisez la population." in await browser.get(f"requests/{number}/form/project")
        await browser.send(f"requests/{number}/form/project", act="save_project", **SECTIONS[0][2])
        page = await browser.send(f"requests/{number}/form/check", act="submit")
        assert "Tours précédents" in page
        assert "Précisez la population." in page

    async def test_of_two_administrators_the_second_is_told_and_loses_nothing(
        self, world: World, browser: Browser, call: Caller, submitted: Submitted
    ) -> None:
        at = {"actor": SETUP, "now": NOW}
        grant_role(world.portal.store, OUT, PlatformRole.ADMINISTRATOR, **at)
        number = await submitted()
        step = (await step_of(call, number, "completeness"))["id"]
        await browser.sign_in(OUT)
        assert 'value="returned"' in await browser.get(f"requests/{number}")
        await take(call, number, Turn(PAUL, "completeness"))
        written = "Il manque l'effectif attendu."
        page = await browser.send(
            f"requests/{number}", 409, act="answer", step=step, outcome="returned", reasons=written
        )
        assert "a déjà été traité par Paul Girard (paul)" in page
        assert "Il manque l&#39;effectif attendu." in page

    async def test_every_refusal_owes_a_reason(self, call: Caller, submitted: Submitted) -> None:
        number = await submitted()
        problem = await take(call, number, Turn(PAUL, "completeness"), 422, outcome="unfavourable", reasons="   ")
        assert problem["text"] == {
            "fr": "Un motif est dû au demandeur (10000 caractères au plus).",
            "en": "The applicant is owed a reason (at most 10000 characters).",
        }
        done = await take(call, number, Turn(PAUL, "completeness"), outcome="unfavourable", reasons="Hors champ.")
        assert done["state"] == "refused"
        page = await call(ANA, "GET", f"/requests/{number}")
        assert page["steps"][0]["reasons"] == "Hors champ."

    async def test_a_reason_of_ten_thousand_characters_arrives_whole_and_a_longer_one_is_refused(
        self, call: Caller, submitted: Submitted
    ) -> None:
        number = await submitted()
        turn = Turn(PAUL, "completeness")
        await take(call, number, turn, 422, outcome="unfavourable", reasons=LONG + "x")
        await take(call, number, turn, outcome="unfavourable", reasons=LONG)
        assert (await call(ANA, "GET", f"/requests/{number}"))["steps"][0]["reasons"] == LONG

    async def test_withdrawn_copied_and_followed(self, browser: Browser, call: Caller, submitted: Submitted) -> None:
        number = await submitted()
        await browser.sign_in(ANA)
        assert "Abandonnée" in await browser.send(f"requests/{number}", act="withdraw")
        page = await browser.send(f"requests/{number}", act="copy")
        assert 'value="Durées de séjour"' in page
        assert 'name="slug" class="mono" maxlength="30" autocomplete="off" value=""' in page
        await call(ANA, "POST", f"/requests/{number}/withdraw", {}, 409)

    async def test_the_queue_is_for_those_who_act(self, browser: Browser, submitted: Submitted, call: Caller) -> None:
        number = await submitted()
        for who, waits in ((PAUL, True), (CARL, False), (STELLA, False)):
            await browser.sign_in(who)
            assert (f'href="/services/bureau/requests/{number}"' in await browser.get("instruction")) is waits, who
        for who in (ANA, ADA, AUD):
            await call(who, "GET", "/instruction", status=403)


class TestOthers:
    """Attacks: on another's request, another's step, with forged or replayed input."""

    async def test_a_request_does_not_exist_for_strangers(self, call: Caller, submitted: Submitted) -> None:
        number = await submitted()
        step = await step_of(call, number, "completeness")
        answer = {"step": step["id"], "outcome": "favourable"}
        for who in (ADA, OUT, AUD, SVEN):
            await call(who, "GET", f"/requests/{number}", status=404)
            for verb in ("submit", "withdraw", "copy"):
                await call(who, "POST", f"/requests/{number}/{verb}", {}, 404)
            await call(who, "PUT", f"/requests/{number}", FORM, 404)
            await call(who, "POST", f"/requests/{number}/answers", answer, 404)

    async def test_a_draft_tells_nobody_s_name_account_or_project(
        self, call: Caller, world: World, browser: Browser
    ) -> None:
        """Whatever is tried in a draft is answered like what is not there: names, accounts, slugs, closed data sets."""
        setup = {"actor": SETUP, "now": NOW}
        create_person(world.portal.store, username="parti", display_name="Paule Parti", email="p@x.org", **setup)
        disable_person(world.portal.store, "parti", reason="x", **setup)
        register_dataset(
            world.portal.store,
            slug="closed-data",
            title=Text("Traits d'identité", "Identities"),
            owner="CNAM",
            classification=Classification.IDENTIFYING,
            min_persons=11,
            person_column=None,
            **setup,
        )
        await browser.sign_in(OUT)
        said = set()
        for person, slug, dataset in (
            ("nobody-here", "no-such-project", "no-such-data"),
            (BEN, OTHER, "closed-data"),
            ("parti", PROJECT, "closed-data"),
        ):
            number = (await call(OUT, "POST", "/requests", {}, 201))["id"]
            asked = [{"dataset": DATASET, "columns": ["sejour.age"]}, {"dataset": dataset, "columns": ["x"]}]
            await call(OUT, "PUT", f"/requests/{number}", {**FORM, "people": [person], "slug": slug, "datasets": asked})
            answers = [
                spoken(await call(OUT, "GET", f"/requests/{number}")),
                spoken(await call(OUT, "POST", f"/requests/{number}/submit", {}, 422)),
                await browser.get(f"requests/new?dataset={dataset}"),
                *[
                    await browser.get(f"requests/{number}/form/{each}")
                    for each in ("data", f"data/{dataset}", "people")
                ],
            ]
            await browser.send(f"requests/{number}/form/people", act="add_person", username=person)
            answers.append(spoken(await call(OUT, "GET", f"/requests/{number}")))
            words = "\n".join(answers)
            for typed in (person, slug, dataset, number):
                words = re.sub(rf"\b{typed}\b", "…", words)
            said.add(words)
            await call(OUT, "POST", f"/requests/{number}/withdraw", {})
        assert len(said) == 1

    async def test_whoever_checks_the_file_reads_what_is_wrong_with_its_names(
        self, call: Caller, submitted: Submitted
    ) -> None:
        theirs = (await call(OUT, "POST", "/requests", {}, 201))["id"]
        await call(OUT, "PUT", f"/requests/{theirs}", {**FORM, "slug": "held"})
        await call(OUT, "POST", f"/requests/{theirs}/submit", {})
        number = await submitted(people=["ben", "nobody-here"], slug="held")
        shown = (await call(ANA, "GET", f"/requests/{number}"))["form"]["people"]
        assert [(each["name"], each["checked"]) for each in shown] == [("Ben Aubry", True), (None, False)]
        said = (await call(PAUL, "GET", f"/requests/{number}"))["remarks"]
        wrong = {each["text"]["en"] for each in said if each["field"] != "organisation"}
        problem = await take(call, number, Turn(PAUL, "completeness"), 409)
        assert {each["en"] for each in problem["reasons"]} == wrong
        assert any("nobody-here" in each for each in wrong)
        assert any("“held”" in each for each in wrong)
        await take(call, number, Turn(PAUL, "completeness"), outcome="returned", reasons="Vérifiez nobody-here.")
        await call(ANA, "PUT", f"/requests/{number}", {**FORM, "people": ["ben", OUT]})
        await call(ANA, "POST", f"/requests/{number}/submit", {})
        assert "Zoé" not in spoken(await call(ANA, "GET", f"/requests/{number}"))
        await take(call, number, Turn(PAUL, "completeness"))
        assert "Zoé Masson" in spoken(await call(ANA, "GET", f"/requests/{number}"))

    async def test_a_draft_is_its_authors_alone(self, call: Caller) -> None:
        number = (await call(ANA, "POST", "/requests", {}, 201))["id"]
        await call(ANA, "PUT", f"/requests/{number}", FORM)
        for who in (BEN, PAUL, CARL, STELLA):
            await call(who, "GET", f"/requests/{number}", status=404)

    async def test_those_who_may_look_may_not_act_for_others(
        self, call: Caller, submitted: Submitted, ledger: MemoryLedger
    ) -> None:
        number = await submitted()
        step = await step_of(call, number, "completeness")
        answer = {"step": step["id"], "outcome": "favourable"}
        before = [event.kind for event in ledger.events if event.kind is not Kind.REFUSAL]
        for who in (ANA, BEN, CARL, STELLA):
            problem = await call(who, "POST", f"/requests/{number}/answers", answer, 403)
            assert all(each["fr"] and each["en"] and each["fr"] != each["en"] for each in problem["reasons"])
        for who in (BEN, PAUL, CARL, STELLA):
            await call(who, "PUT", f"/requests/{number}", FORM, 403)
            await call(who, "POST", f"/requests/{number}/withdraw", {}, 403)
        assert [event.kind for event in ledger.events if event.kind is not Kind.REFUSAL] == before

    async def test_an_administrator_who_is_named_does_not_act(self, call: Caller, submitted: Submitted) -> None:
        number = await submitted(people=[PAUL])
        problem = await take(call, number, Turn(PAUL, "completeness"), 403)
        assert "Vous êtes nommé dans cette demande" in problem["text"]["fr"]
        stuck = (await call(PAUL, "GET", "/instruction/stuck"))["stuck"]
        assert [(each["what"], each["request"]["id"]) for each in stuck] == [("nobody_to_act", number)]

    async def test_a_step_of_another_request_is_no_step_of_this_one(self, call: Caller, submitted: Submitted) -> None:
        first, second = await submitted(), await submitted(slug="autre")
        step = (await step_of(call, first, "completeness"))["id"]
        for forged in (step, "0" * 32, "' OR 1=1 --", ""):
            body = {"step": forged, "outcome": "favourable"}
            await call(PAUL, "POST", f"/requests/{second}/answers", body, 404)
            signed = {"step": forged, "document_sha256": "0" * 64}
            await call(ANA, "POST", f"/requests/{second}/signatures", signed, 404)
        await call(PAUL, "GET", f"/requests/{second}/agreements/{step}", status=404)

    async def test_a_replayed_answer_changes_nothing(
        self, call: Caller, submitted: Submitted, ledger: MemoryLedger
    ) -> None:
        number = await submitted()
        step = (await step_of(call, number, "completeness"))["id"]
        body = {"step": step, "outcome": "favourable"}
        await call(PAUL, "POST", f"/requests/{number}/answers", body)
        count = len(ledger.of(Kind.ACCESS_STEP))
        await call(PAUL, "POST", f"/requests/{number}/answers", body, 409)
        await call(PAUL, "POST", f"/requests/{number}/answers", {**body, "outcome": "returned", "reasons": "x"}, 409)
        assert len(ledger.of(Kind.ACCESS_STEP)) == count

    async def test_a_form_of_another_page_does_nothing(
        self, world: World, browser: Browser, call: Caller, submitted: Submitted
    ) -> None:
        number = await submitted()
        step = (await step_of(call, number, "completeness"))["id"]
        await browser.sign_in(PAUL)
        fields = {"act": "answer", "step": step, "outcome": "favourable"}
        address = f"{world.address}requests/{number}"
        for extra, headers in (
            ({}, {}),
            ({"_xsrf": "forged"}, {}),
            ({}, {"Origin": "http://ana.bureau.localhost:8000"}),
        ):
            async with browser.client.post(address, data={**fields, **extra}, headers=headers) as answer:
                assert answer.status == 403
        assert (await step_of(call, number, "completeness"))["outcome"] is None

    @pytest.mark.parametrize(
        "body",
        [
            {**FORM, "months": 0},
            {**FORM, "months": 10**9},
            {**FORM, "purpose": "promotion"},
            {**FORM, "title": "x" * 201},
            {**FORM, "state": "accepted"},
            {**FORM, "datasets": [{"dataset": DATASET, "columns": [""]}]},
            {**FORM, "people": [{"username": "ben", "role": "administrator"}]},
            {**FORM, "resources": {"cpu_milli": "many"}},
        ],
    )
    async def test_what_no_form_may_hold(self, call: Caller, body: dict[str, Any]) -> None:
        number = (await call(ANA, "POST", "/requests", {}, 201))["id"]
        problem = await call(ANA, "PUT", f"/requests/{number}", body, 422)
        assert problem["reasons"][0]["fr"].startswith("Champ")

    @pytest.mark.parametrize(
        ("section", "act", "fields"),
        [
            (f"data/{DATASET}", "save_columns", {"typed": "c" * 201}),
            (f"data/{DATASET}", "save_columns", {"typed": " ".join(map(str, range(5001)))[:20_000]}),
            ("data", "save_data", {"datasets": "x\nSet-Cookie: a=b"}),
            ("data", "save_data", {"datasets": "../../../admin"}),
        ],
    )
    async def test_what_a_section_may_not_hold_breaks_nothing(
        self, browser: Browser, call: Caller, section: str, act: str, fields: dict[str, str]
    ) -> None:
        await browser.sign_in(ANA)
        number = await begun(browser)
        await browser.send(f"requests/{number}/form/data", act="save_data", datasets=DATASET)
        xsrf = next(cookie.value for cookie in browser.client.cookie_jar if cookie.key == "_xsrf")
        address = f"{browser.world.address}requests/{number}/form/{section}"
        sent = {"act": act, "_xsrf": xsrf, **fields}
        async with browser.client.post(address, data=sent, allow_redirects=False) as answer:
            assert answer.status in {303, 422}
            assert "/admin" not in answer.headers.get("Location", "")
        await browser.get("requests")

    async def test_a_form_that_grew_too_large_is_not_kept(self, call: Caller, world: World) -> None:
        """Part by part it is right; kept, it would have locked its author out of all requests."""
        number = (await call(ANA, "POST", "/requests", {}, 201))["id"]
        await call(ANA, "PUT", f"/requests/{number}", {**FORM, "people": [f"p{each}" for each in range(200)]})
        named = Call(world.portal, ANA, NOW, {"request": number})
        with pytest.raises(Invalid):
            add_person(named, NewPerson(username="one-more"))
        assert (await call(ANA, "GET", "/requests"))["requests"]

    async def test_script_in_a_form_is_text(self, browser: Browser, call: Caller, submitted: Submitted) -> None:
        evil = "<script>alert(1)</script>"
        number = await submitted(title=evil, summary=evil, organisation=evil, public_interest=evil)
        for who in (ANA, PAUL):
            await browser.sign_in(who)
            for page in ("requests", f"requests/{number}", f"requests/{number}/summary"):
                assert evil not in await browser.get(page)


class TestAdministration:
    async def test_a_request_whose_applicant_left_is_given_to_another(
        self, world: World, browser: Browser, call: Caller, submitted: Submitted
    ) -> None:
        number = await submitted()
        body = {"username": OUT, "reason": "Ana est partie."}
        await call(PAUL, "POST", f"/requests/{number}/reassign", body, 409)
        disable_person(world.portal.store, ANA, actor=SETUP, now=NOW, reason="départ")
        await call(CARL, "POST", f"/requests/{number}/reassign", body, 403)
        await browser.sign_in(PAUL)
        page = await browser.get("instruction/stuck")
        assert "Le demandeur n&#39;a plus de compte actif" in page
        assert "compte inactif" in page
        page = await browser.send(f"instruction/stuck/{number}", act="reassign", **body)
        assert "Aucune demande bloquée" in page
        assert (await call(OUT, "GET", f"/requests/{number}"))["own"]

    async def test_owners_circuits_and_stewards_by_form(
        self, browser: Browser, call: Caller, submitted: Submitted
    ) -> None:
        await browser.sign_in(PAUL)
        fields = {"owner": OWNER, "asked_completeness": "1", "actor_completeness": "administrator"}
        fields |= {"days_completeness": "3", "silence_completeness": "favourable"}
        await browser.send("instruction/owners", 422, act="circuit", **fields)
        fields |= {"asked_owner": "1", "actor_owner": "steward", "days_owner": "5", "silence_owner": "refusal"}
        page = await browser.send("instruction/owners", act="circuit", **fields)
        assert "Circuit enregistré" in page
        assert [each["step"] for each in (await call(ANA, "GET", f"/requests/{await submitted()}"))["steps"]] == [
            "completeness",
            "owner",
        ]
        await browser.send("instruction/owners", act="entrust", owner=OWNER, username=SVEN)
        await browser.send("instruction/owners", act="dismiss", owner=OWNER, username=STELLA)
        await browser.send("instruction/owners", 422, act="entrust", owner=OWNER, username=OUT)
        for who in (ANA, CARL, STELLA):
            await call(who, "GET", "/instruction/owners", status=403)

    async def test_an_embargo_is_set_for_own_data_shown_and_lifted(
        self, browser: Browser, call: Caller, submitted: Submitted
    ) -> None:
        number = await submitted()
        await call(SVEN, "POST", "/embargoes", {"dataset": DATASET, "reason": "x"}, 403)
        reversed_ = {"dataset": DATASET, "reason": "x", "starts_at": "2027-02-01", "ends_at": "2027-01-01"}
        await call(STELLA, "POST", "/embargoes", reversed_, 422)
        embargo = (await call(STELLA, "POST", "/embargoes", {"dataset": DATASET, "reason": "Publication."}, 201))["id"]
        page = await call(ANA, "GET", f"/requests/{number}")
        assert page["form"]["datasets"][0]["embargo"] is True
        await browser.sign_in(ANA)
        assert "sous embargo" in await browser.get(f"requests/{number}")
        assert (await call(SVEN, "GET", "/embargoes")) == {"datasets": [], "asks": [], "embargoes": []}
        await call(SVEN, "POST", "/embargoes/lift", {"embargo": embargo, "reason": "x"}, 403)
        await call(SVEN, "POST", "/embargoes/keep", {"embargo": embargo, "reason": "x"}, 403)
        await browser.sign_in(STELLA)
        assert "À réexaminer avant le" in await browser.get("instruction/embargoes")
        page = await browser.send("instruction/embargoes", act="keep", embargo=embargo, reason="Encore.")
        assert "Embargo maintenu." in page
        await call(STELLA, "POST", "/embargoes/lift", {"embargo": embargo, "reason": "Publié."})
        assert not (await call(ANA, "GET", f"/requests/{number}"))["form"]["datasets"][0]["embargo"]

    async def test_a_lead_asks_for_a_closure_on_the_project_s_page_and_reads_why_not(
        self, browser: Browser, call: Caller, world: World
    ) -> None:
        entrust(world.portal.store, "ATIH", STELLA, actor=SETUP, now=NOW)
        page_, queue = f"workspaces/{PROJECT}", "instruction/embargoes"
        asked = {"act": "ask_closure", "dataset": "omop-1001", "ends_at": "2027-03-31", "reason": "Article soumis."}
        await browser.sign_in(BEN)
        assert "Fermeture temporaire" not in await browser.get(page_)
        await browser.send(page_, 403, **asked)
        await call(BEN, "GET", f"/projects/{PROJECT}/closures", status=403)
        await browser.sign_in(ANA)
        assert f'href="/services/bureau/{page_}#fermetures"' in await browser.get("")
        page = await browser.send(page_, 422, **{**asked, "ends_at": "2031-03-31"})
        assert "Article soumis." in page
        assert "Fermeture demandée" in await browser.send(page_, **asked)
        (waits,) = (await call(ANA, "GET", f"/projects/{PROJECT}/closures"))["asks"]
        await call(SVEN, "POST", "/closures/accept", {"ask": waits["id"]}, 403)
        await browser.sign_in(STELLA)
        assert "Article soumis." in await browser.get(queue)
        await browser.send(queue, act="decline", ask=waits["id"], reason="Données attendues.")
        await browser.sign_in(ANA)
        assert "Données attendues." in await browser.get(page_)
        again = (await call(ANA, "POST", f"/projects/{PROJECT}/closures", without(asked, "act"), 201))["id"]
        accepted = await call(STELLA, "POST", "/closures/accept", {"ask": again})
        held = (await call(STELLA, "GET", "/embargoes"))["embargoes"]
        assert [each["id"] for each in held if each["state"] == "current"] == [accepted["embargo"]]

    async def test_delays_are_for_everybody_without_signing_in(
        self, call: Caller, submitted: Submitted, world: World
    ) -> None:
        for number in range(5):
            request = await submitted(slug=f"essai-{number}")
            world.clock.now = NOW + (number + 1) * DAY
            await take(call, request, Turn(PAUL, "completeness"), outcome="unfavourable", reasons="Non.")
            world.clock.now = NOW
        found = json.loads((await read(world, "api/v1/request-delays"))[0])
        assert (found["decision"]["cases"], found["decision"]["median_days"]) == (5, 3.0)
        assert {each["state"]: each["count"] for each in found["outcomes"]}["refused"] == 5
        assert "Du dépôt à la décision" in (await read(world, "requests/delays?lang=fr"))[0]
        assert (await read(world, "requests/delays"))[1]["Cache-Control"] == "public, max-age=60"

    async def test_delays_name_an_owner_once_the_catalogue_does_and_count_nothing_under_five(
        self, call: Caller, submitted: Submitted, world: World
    ) -> None:
        """Attack: learn from public figures that somebody keeps data here, or what became of one request."""
        number = await submitted()
        for turn in list(turns(PAUL))[:-1]:
            await take(call, number, turn)
        await take(call, number, Turn(STELLA, "owner"), outcome="unfavourable", reasons="Non.")
        for public in (False, True):
            describe(world, DATASET, version="1", public=public)
            found = json.loads((await read(world, "api/v1/request-delays"))[0])
            assert [(each["owner"], each["step"]) for each in found["owners"]] == [(OWNER, "owner")] * public
            assert {each["cases"] for each in found["owners"]} <= {None}
        assert {each["state"]: each["count"] for each in found["outcomes"]} == {
            "submitted": 0,
            "returned": 0,
            "accepted": 0,
            "refused": None,
            "withdrawn": 0,
        }
        assert "moins de 5" in (await read(world, "requests/delays?lang=fr"))[0]
