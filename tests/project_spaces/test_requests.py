"""From the draft to the first right: what a request must say, who acts on it, what silence means, and how it ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.events import Kind
from project_spaces.approvals import approvals, revoke_approval
from project_spaces.decisions import Action
from project_spaces.errors import BureauError, Conflict, Invalid, NotFound, Refused
from project_spaces.facts import Classification, MemberRole, PlaceKind, PlatformRole
from project_spaces.habilitations import habilitations
from project_spaces.memberships import memberships
from project_spaces.notifications import notifications
from project_spaces.organisations import create_organisation, set_organisation
from project_spaces.owner_perimeters import dismiss, entrust
from project_spaces.people import disable_person, require_administrator
from project_spaces.perimeters import grant_perimeter
from project_spaces.projects import get_project
from project_spaces.records.places import project_places
from project_spaces.register import answers_unless_written, public_project, set_entry
from project_spaces.requests.acceptance import months_later
from project_spaces.requests.agreements import document_hash
from project_spaces.requests.answers import answer_step, apply_silence
from project_spaces.requests.applying import (
    change_request,
    copy_request,
    draft_request,
    requests_of,
    sign_agreement,
    submit_request,
    withdraw_request,
)
from project_spaces.requests.extending import renew_step
from project_spaces.requests.forms import Forbidden, Identifier, RequestForm, close_to, read_form
from project_spaces.requests.gaps import missing, remarks
from project_spaces.requests.notices import remind
from project_spaces.requests.orphans import Stuck, reassign_request, stuck_requests
from project_spaces.requests.precedents import differences
from project_spaces.requests.records import (
    RequestState,
    StepState,
    get_request,
    get_step,
    open_steps,
    set_circuit,
    standing,
    to_remind,
)
from project_spaces.requests.statistics import (
    LEAST_CASES,
    decision_delay,
    delay_of,
    outcomes,
    owner_delays,
    step_delays,
)
from project_spaces.requests.steps import (
    DEFAULT_CIRCUIT,
    Actor,
    Outcome,
    Silence,
    Step,
    StepRule,
    plan_steps,
    reminders_due,
    require_circuit,
)
from project_spaces.requests.vetting import answering
from project_spaces.requirements import Requirement
from tests.project_spaces.conftest import DAY, NOW, SYSTEM, World
from tests.project_spaces.test_conditions_on_file import asking

COMPLETE = {
    "slug": "nouveau",
    "title": "Réadmissions",
    "organisation": "CHU",
    "controller": "CHU",
    "purpose": "research",
    "summary": "Mesurer les réadmissions.",
    "public_interest": "Améliorer les soins.",
    "disclaimed": ["promotion", "insurance"],
    "datasets": [{"dataset": "sejours", "columns": ["age", "duree"], "identifiers": {"care_dates": "Délais."}}],
    "people": ["ben"],
    "outputs": "Tableaux agrégés.",
    "months": 12,
    "resources": {"cpu_milli": 2000, "memory_mb": 4096, "storage_gb": 20},
}
LINKAGE = {
    "way": "indirect",
    "datasets": ["sejours"],
    "cohort": "Cohorte de 300 greffés.",
    "criteria": "Dates de séjour, établissement.",
    "why": "La cohorte ignore les réadmissions.",
}
FORM = read_form(COMPLETE)
WHO = {Actor.ADMINISTRATOR: "rita", Actor.COMMITTEE: "carl", Actor.STEWARD: "stella"}
PAPERS = {Step.COMMITTEE: "CESREES 17", Step.AUTHORITY: "DR-2026-17", Step.SIGNATURE: "Convention 4"}


def form(**change: object) -> RequestForm:
    return read_form({**COMPLETE, **change})


class TestForm:
    def test_a_complete_form_lacks_nothing(self) -> None:
        assert missing(FORM) == []

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"slug": "Pas Bon"}, "identifiant"),
            ({"purpose": None}, "finalité"),
            ({"title": " "}, "titre"),
            ({"organisation": ""}, "organisme"),
            ({"controller": " "}, "responsable de traitement"),
            ({"resources": {"cpu_milli": 10**9}}, "cpu"),
            ({"resources": {"storage_gb": -1}}, "storage_gb"),
            ({"summary": ""}, "Résumez"),
            ({"public_interest": ""}, "intérêt public"),
            ({"outputs": ""}, "résultats"),
            ({"disclaimed": ["promotion"]}, "assurance"),
            ({"disclaimed": ["insurance"]}, "promotion"),
            ({"datasets": []}, "au moins un"),
            ({"datasets": [COMPLETE["datasets"][0]] * 2}, "deux fois"),
            ({"datasets": [{"dataset": "sejours"}]}, "variables"),
            ({"datasets": [{**COMPLETE["datasets"][0], "professionals": " "}]}, "professionnel de santé de sejours"),
            ({"linkage": {**LINKAGE, "cohort": " "}}, "au moins deux sources"),
            ({"linkage": {**LINKAGE, "datasets": ["autre"]}}, "« autre » est à apparier"),
            ({"linkage": {**LINKAGE, "criteria": ""}}, "sur quoi"),
            ({"linkage": {**LINKAGE, "why": ""}}, "Justifiez l'appariement"),
            ({"people": ["ben", "ben"]}, "deux fois"),
        ],
    )
    def test_each_gap_is_said(self, change: dict, says: str) -> None:
        (gap,) = missing(form(**change))
        assert says in gap.text.fr
        assert gap.text.fr != gap.text.en
        assert gap.field in change or gap.field in {"columns", "identifiers", "professionals"}

    @pytest.mark.parametrize("identifier", Identifier)
    def test_each_of_the_five_identifiers_is_justified(self, identifier: Identifier) -> None:
        asked = {"dataset": "sejours", "columns": ["x"], "identifiers": {identifier.value: "  "}}
        (gap,) = missing(form(datasets=[asked]))
        assert (gap.field, gap.about) == ("identifiers", "sejours")
        assert gap.text.fr.startswith("Justifiez")

    def test_more_than_one_identifier_at_a_time_is_remarked_not_refused(self) -> None:
        two = {"care_dates": "Délais.", "commune": "Distance."}
        asked = form(datasets=[{"dataset": "sejours", "columns": ["x"], "identifiers": two}])
        (remark,) = remarks(asked)
        assert "un seul à la fois" in remark.text.fr
        assert (missing(asked), remarks(FORM)) == ([], [])

    def test_a_linkage_is_remarked_to_need_the_authority(self) -> None:
        (remark,) = remarks(form(linkage=LINKAGE))
        assert (remark.field, missing(form(linkage=LINKAGE))) == ("linkage", [])

    def test_everything_missing_is_said_at_once(self) -> None:
        assert len(missing(RequestForm())) == 11

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"months": 0}, "too small"),
            ({"months": 121}, "too large"),
            ({"purpose": "fun"}, "unknown choice"),
            ({"extra": 1}, "there is no such field"),
        ],
    )
    def test_what_no_form_may_hold(self, change: dict[str, Any], said: str) -> None:
        with pytest.raises(Invalid, match=f"^Field “{next(iter(change))}”: {said}.$"):
            form(**change)

    @pytest.mark.parametrize(
        ("change", "close"),
        [
            ({}, True),
            ({"people": [], "title": "Autre"}, True),
            ({"months": 6}, True),
            ({"months": 13}, False),
            ({"purpose": "policy"}, False),
            ({"controller": " chu "}, True),
            ({"controller": "Laboratoire"}, False),
            ({"datasets": [{**COMPLETE["datasets"][0], "professionals": "Pratiques."}]}, False),
            ({"datasets": [{"dataset": "sejours", "columns": ["age"]}]}, True),
            ({"datasets": [{"dataset": "sejours", "columns": ["age", "nom"]}]}, False),
            ({"datasets": [{"dataset": "autre", "columns": ["age"]}]}, False),
            ({"datasets": [{"dataset": "sejours", "columns": ["age"], "identifiers": {"commune": "x"}}]}, False),
            ({"datasets": []}, False),
        ],
    )
    def test_close_to_an_accepted_one(self, change: dict, close: bool) -> None:
        assert close_to(form(**change), FORM) is close

    @pytest.mark.parametrize(
        ("change", "close"),
        [
            ({}, True),
            ({"why": "Autrement dit."}, True),
            ({"cohort": ""}, True),
            ({"way": "direct"}, False),
            ({"datasets": ["sejours", "autre"]}, False),
            ({"cohort": "Une autre cohorte."}, False),
            ({"criteria": "Nom et prénom."}, False),
        ],
    )
    def test_a_linkage_close_to_an_accepted_one(self, change: dict, close: bool) -> None:
        before = form(linkage=LINKAGE)
        assert close_to(form(linkage={**LINKAGE, **change}), before) is close
        assert close_to(FORM, before) is True
        assert close_to(before, FORM) is False


class TestSteps:
    def test_what_owners_share_is_done_once_and_strictly(self) -> None:
        quick = (
            StepRule(Step.COMPLETENESS, Actor.ADMINISTRATOR, 3, Silence.FAVOURABLE),
            StepRule(Step.OWNER, Actor.STEWARD, 10, Silence.REFUSAL),
        )
        planned = plan_steps({"CHU": quick, "CNAM": DEFAULT_CIRCUIT}, short=False)
        assert [(each.rule.step, each.owner, each.rule.days, each.rule.silence.value) for each in planned] == [
            (Step.COMPLETENESS, None, 7, "nothing"),
            (Step.COMMITTEE, None, 30, "nothing"),
            (Step.AUTHORITY, None, 60, "nothing"),
            (Step.OWNER, "CHU", 10, "refusal"),
            (Step.OWNER, "CNAM", 30, "nothing"),
            (Step.SIGNATURE, "CNAM", 30, "nothing"),
        ]
        assert [each.rule.step for each in plan_steps({"CHU": DEFAULT_CIRCUIT}, short=True)] == [
            Step.COMPLETENESS,
            Step.OWNER,
            Step.SIGNATURE,
        ]

    def test_a_linkage_goes_through_the_authority_whatever_the_owners_state(self) -> None:
        quick = (DEFAULT_CIRCUIT[0], DEFAULT_CIRCUIT[3])
        steps = {linked: plan_steps({"CHU": quick}, short=False, linked=linked) for linked in (False, True)}
        assert [each.rule.step for each in steps[False]] == [Step.COMPLETENESS, Step.OWNER]
        assert [each.rule.step for each in steps[True]] == [Step.COMPLETENESS, Step.AUTHORITY, Step.OWNER]

    @pytest.mark.parametrize("days", [0, 366])
    def test_a_delay_has_a_range(self, days: int) -> None:
        with pytest.raises(Invalid, match="1 to 365"):
            StepRule(Step.OWNER, Actor.STEWARD, days)

    def test_silence_signs_nothing(self) -> None:
        with pytest.raises(Invalid, match="Silence signs"):
            StepRule(Step.SIGNATURE, Actor.STEWARD, 5, Silence.FAVOURABLE)

    @pytest.mark.parametrize(
        "circuit", [DEFAULT_CIRCUIT[:3], DEFAULT_CIRCUIT[1:], (*DEFAULT_CIRCUIT, DEFAULT_CIRCUIT[0])]
    )
    def test_a_circuit_has_the_owners_agreement_and_each_step_once(self, circuit: tuple[StepRule, ...]) -> None:
        with pytest.raises(Invalid):
            require_circuit(circuit)

    @pytest.mark.parametrize(
        ("days_left", "last", "due"),
        [
            (8, None, False),
            (7, None, True),
            (6, -7, False),
            (1, -7, True),
            (0.5, -1, False),
            (0, -1, True),
            (-3, 0, False),
            (-7, 0, True),
            (-8, 7, False),
        ],
    )
    def test_reminders(self, days_left: float, last: float | None, due: bool) -> None:
        """*last*: when the last reminder was, in days after the due time."""
        now = NOW - days_left * DAY
        assert reminders_due(NOW, None if last is None else NOW + last * DAY, now) is due


@pytest.fixture
def staffed(world: World) -> World:
    """Ana applies; Rita administers, Carl is of the committee, Stella keeps the data."""
    return _staff(world)


@pytest.fixture
def quick_staffed(quick_world: World) -> World:
    """The same on SQLite only."""
    return _staff(quick_world)


def _staff(world: World) -> World:
    world.person("rita", PlatformRole.ADMINISTRATOR)
    world.person("carl", PlatformRole.COMMITTEE)
    world.person("stella", PlatformRole.STEWARD)
    entrust(world.store, "CHU", "stella", actor=SYSTEM, now=NOW)
    return world


def submitted(world: World, asked: RequestForm = FORM, *, now: datetime = NOW) -> str:
    number = draft_request(world.store, asked, actor="ana", now=now)
    submit_request(world.store, number, actor="ana", now=now)
    return number


def where(world: World, number: str, now: datetime = NOW) -> dict[str, str]:
    with world.store.read() as session:
        return {each.step.value: each.state.value for each in standing(session, number, now=now)}


def answer(
    world: World, step: Step, outcome: Outcome = Outcome.FAVOURABLE, *, now: datetime = NOW, **change
) -> RequestState:
    """Answer the open step of this kind, as the one who must; the applicant has signed what is to be signed."""
    with world.store.read() as session:
        waiting = next(each for each in open_steps(session) if each.step is step)
        applicant = get_request(session, waiting.request).applicant
    if step is Step.SIGNATURE and waiting.applicant_signed_at is None:
        sign_agreement(world.store, waiting.id, waiting.document_sha256 or "", actor=applicant, now=now)
    actor = WHO[waiting.actor]
    said = {
        "document_sha256": waiting.document_sha256 or "",
        "reference": PAPERS.get(step, ""),
        "reasons": "" if outcome is Outcome.FAVOURABLE else "Motif.",
    }
    return answer_step(world.store, waiting.id, outcome, **{"actor": actor, "now": now, **said, **change})


def state(world: World, number: str) -> RequestState:
    with world.store.read() as session:
        return get_request(session, number).state


class TestFromDraftToRights:
    def test_the_whole_way(self, staffed: World) -> None:
        number = submitted(staffed)
        assert where(staffed, number) == {
            "completeness": "open",
            "committee": "waiting",
            "authority": "waiting",
            "owner": "waiting",
            "signature": "waiting",
        }
        for step in (Step.COMPLETENESS, Step.COMMITTEE, Step.AUTHORITY, Step.OWNER):
            assert answer(staffed, step) is RequestState.SUBMITTED
        assert not staffed.may("ana", Action.OPEN_WORKSPACE, project_slug="nouveau").allowed
        assert answer(staffed, Step.SIGNATURE) is RequestState.ACCEPTED
        work = {"project_slug": "nouveau", "mounted": ["sejours"]}
        for person in ("ana", "ben"):
            decision = staffed.may(person, Action.SEND_MESSAGE, **work)
            assert (decision.allowed, decision.until) == (True, months_later(NOW, 12))
        with staffed.store.read() as session:
            project = get_project(session, "nouveau")
            assert (project.cpu, project.memory_mb, project.storage_gb) == (2.0, 4096, 20)
            roles = {each.person: each.role for each in memberships(session, project="nouveau")}
            assert roles == {"ana": MemberRole.LEAD, "ben": MemberRole.ANALYST}
            assert {each.kind: each.reference for each in approvals(session, "nouveau")} == {
                "cesrees": "CESREES 17",
                "cnil": "DR-2026-17",
            }
            assert [(each.project, each.state) for each in requests_of(session, "ana")] == [
                ("nouveau", RequestState.ACCEPTED)
            ]
        granted = [event for event in staffed.ledger.of(Kind.HABILITATION_GRANTED) if event.project == "nouveau"]
        assert [event.persons["beneficiary"] for event in granted] == ["ana", "ben"]
        assert b"Mesurer" in (staffed.ledger.of(Kind.ACCESS_REQUEST)[1].content or b"")

    def test_the_hub_of_the_lead_s_organisation_administers_the_project_and_no_other_that_the_form_names(
        self, quick_staffed: World
    ) -> None:
        at = {"actor": SYSTEM, "now": NOW}
        for slug, name in (("chu", "CHU de Rennes"), ("labo", "Laboratoire")):
            create_organisation(quick_staffed.store, slug, name=name, **at)
            hub = {"person": quick_staffed.person(f"hub-{slug}"), "scope": PlaceKind.ORGANISATION, "name": slug}
            grant_perimeter(quick_staffed.store, **hub, starts_at=NOW, ends_at=NOW + DAY, **at)
        set_organisation(quick_staffed.store, "ana", "chu", **at)
        number = submitted(quick_staffed, form(organisation="Laboratoire"))
        with quick_staffed.store.read() as session:
            (remark,) = answering(session, get_request(session, number))
        assert "CHU de Rennes, for which ana is registered" in remark.text.en
        for step in Step:
            answer(quick_staffed, step)
        with quick_staffed.store.read() as session:
            places = project_places(session, "nouveau")
            require_administrator(session, "hub-chu", NOW, within=places)
            with pytest.raises(Refused):
                require_administrator(session, "hub-labo", NOW, within=places)
            assert public_project(session, "nouveau", now=NOW).organisation == "CHU de Rennes"

    def test_the_register_says_who_answers_for_an_accepted_project_and_who_controls_it(
        self, quick_staffed: World
    ) -> None:
        submitted(quick_staffed, form(organisation=" Hôpital ", controller="CHU"))
        for step in Step:
            answer(quick_staffed, step)
        with quick_staffed.store.read() as session:
            found = public_project(session, "nouveau", now=NOW)
        assert (found.organisation, found.controller) == ("Hôpital", "CHU")
        set_entry(quick_staffed.store, "nouveau", organisation="Hôpitaux unis", actor="rita", now=NOW)
        with quick_staffed.store.read() as session:
            assert public_project(session, "nouveau", now=NOW).organisation == "Hôpitaux unis"
            assert answers_unless_written(session, "nouveau") == "Hôpital"

    def test_two_owners_run_as_one(self, quick_staffed: World) -> None:
        quick_staffed.dataset("medicaments")
        with quick_staffed.store.read() as session:
            assert open_steps(session) == []
        _owned_by(quick_staffed, "medicaments", "CNAM")
        entrust(quick_staffed.store, "CNAM", "stella", actor=SYSTEM, now=NOW)
        asked = form(datasets=[*COMPLETE["datasets"], {"dataset": "medicaments", "columns": ["atc"]}])
        number = submitted(quick_staffed, asked)
        for step in (Step.COMPLETENESS, Step.COMMITTEE, Step.AUTHORITY, Step.OWNER):
            answer(quick_staffed, step)
        with quick_staffed.store.read() as session:
            (left,) = open_steps(session)
            owners = {each.owner for each in standing(session, number, now=NOW) if each.step is Step.OWNER}
        assert (left.step, owners) == (Step.OWNER, {"CHU", "CNAM"})
        answer(quick_staffed, Step.OWNER)
        assert answer(quick_staffed, Step.SIGNATURE) is RequestState.SUBMITTED
        assert answer(quick_staffed, Step.SIGNATURE) is RequestState.ACCEPTED
        work = {"project_slug": "nouveau", "mounted": ["sejours", "medicaments"]}
        assert quick_staffed.may("ben", Action.SEND_MESSAGE, **work).allowed

    def test_a_close_request_skips_the_opinions(self, quick_staffed: World) -> None:
        submitted(quick_staffed)
        for step in Step:
            answer(quick_staffed, step)
        second = submitted(quick_staffed, form(slug="suite", months=6))
        assert set(where(quick_staffed, second)) == {"completeness", "owner", "signature"}
        third = submitted(quick_staffed, form(slug="autre", purpose="policy"))
        assert "authority" in where(quick_staffed, third)
        withdraw_request(quick_staffed.store, third, actor="ana", now=NOW)
        for step in (Step.COMPLETENESS, Step.OWNER):
            answer(quick_staffed, step)
        assert answer(quick_staffed, Step.SIGNATURE) is RequestState.ACCEPTED
        with quick_staffed.store.read() as session:
            over = {each.kind: (each.reference, each.ends_at) for each in approvals(session, "suite")}
        ends = months_later(NOW, 6)
        assert over == {"cesrees": ("CESREES 17", ends), "cnil": ("DR-2026-17", ends)}
        opened = asking(quick_staffed, tier=Requirement(approvals=frozenset({"cnil", "cesrees"})))
        assert opened.may("ana", Action.MOUNT_DATASET, project_slug="suite", dataset_slug="sejours").until == ends

    def test_approvals_are_taken_over_with_their_own_end(self, quick_staffed: World) -> None:
        self.accepted(quick_staffed)
        later = months_later(NOW, 11)
        submitted(quick_staffed, form(slug="suite"), now=later)
        for step in (Step.COMPLETENESS, Step.OWNER, Step.SIGNATURE):
            answer(quick_staffed, step, now=later)
        with quick_staffed.store.read() as session:
            assert {each.ends_at for each in approvals(session, "suite")} == {months_later(NOW, 12)}

    def accepted(self, world: World) -> str:
        number = submitted(world)
        for step in Step:
            answer(world, step)
        return number

    @pytest.mark.parametrize(
        ("later", "change", "withdrawn", "short"),
        [
            (0, {}, False, True),
            (0, {}, True, False),
            (13, {}, False, False),
            (0, {"people": ["ben", "eva"]}, False, False),
            (0, {"people": []}, False, True),
        ],
        ids=["as before", "an approval was withdrawn", "the approvals ended", "somebody more", "somebody less"],
    )
    def test_opinions_count_for_their_team_and_their_time(
        self, quick_staffed: World, later: int, change: dict, withdrawn: bool, short: bool
    ) -> None:
        quick_staffed.person("eva")
        self.accepted(quick_staffed)
        if withdrawn:
            _withdraw_authorisation(quick_staffed)
        second = submitted(quick_staffed, form(slug="suite", **change), now=months_later(NOW, later))
        assert ("authority" not in where(quick_staffed, second)) is short

    def test_the_desk_may_ask_for_the_opinions_all_the_same(self, quick_staffed: World) -> None:
        self.accepted(quick_staffed)
        second = submitted(quick_staffed, form(slug="suite", summary="Autre chose."))
        with pytest.raises(Invalid, match="owed a reason"):
            answer(quick_staffed, Step.COMPLETENESS, whole_way=True)
        with pytest.raises(Invalid, match="complete file"):
            answer(quick_staffed, Step.COMPLETENESS, Outcome.UNFAVOURABLE, whole_way=True)
        answer(quick_staffed, Step.COMPLETENESS, whole_way=True, reasons="C'est une autre étude.")
        assert where(quick_staffed, second)["committee"] == "open"
        assert quick_staffed.ledger.of(Kind.ACCESS_STEP)[-1].subject["whole_way"] is True
        assert any("voie entière" in each for each in told(quick_staffed, "ana"))
        for step in (Step.COMMITTEE, Step.AUTHORITY, Step.OWNER):
            answer(quick_staffed, step, reference="Nouvel avis")
        assert answer(quick_staffed, Step.SIGNATURE) is RequestState.ACCEPTED
        with quick_staffed.store.read() as session:
            assert {each.reference for each in approvals(session, "suite")} == {"Nouvel avis"}

    def test_silence_never_says_that_it_is_the_same_study(self, quick_staffed: World) -> None:
        rules = (replace(DEFAULT_CIRCUIT[0], days=5, silence=Silence.FAVOURABLE), *DEFAULT_CIRCUIT[1:])
        set_circuit(quick_staffed.store, "CHU", rules, actor="rita", now=NOW)
        self.accepted(quick_staffed)
        second = submitted(quick_staffed, form(slug="suite"))
        assert apply_silence(quick_staffed.store, now=NOW + 6 * DAY) == 1
        assert where(quick_staffed, second, NOW + 6 * DAY)["committee"] == "open"

    def test_opinions_that_fall_before_the_last_consent_are_asked_for(self, quick_staffed: World) -> None:
        self.accepted(quick_staffed)
        second = submitted(quick_staffed, form(slug="suite"))
        for step in (Step.COMPLETENESS, Step.OWNER):
            answer(quick_staffed, step)
        _withdraw_authorisation(quick_staffed)
        assert answer(quick_staffed, Step.SIGNATURE) is RequestState.SUBMITTED
        assert where(quick_staffed, second)["committee"] == "open"
        answer(quick_staffed, Step.COMMITTEE)
        assert answer(quick_staffed, Step.AUTHORITY, reference="DR-2027-1") is RequestState.ACCEPTED
        with quick_staffed.store.read() as session:
            assert [each.reference for each in approvals(session, "suite") if each.kind == "cnil"] == ["DR-2027-1"]

    def test_where_silence_meant_consent_the_approval_says_so(self, quick_staffed: World) -> None:
        """Otherwise the project would open, and its data never."""
        rules = (*DEFAULT_CIRCUIT[:2], replace(DEFAULT_CIRCUIT[2], silence=Silence.FAVOURABLE), *DEFAULT_CIRCUIT[3:])
        set_circuit(quick_staffed.store, "CHU", rules, actor="rita", now=NOW)
        submitted(quick_staffed)
        for step in (Step.COMPLETENESS, Step.COMMITTEE):
            answer(quick_staffed, step)
        late = NOW + 61 * DAY
        assert apply_silence(quick_staffed.store, now=late) == 1
        for step in (Step.OWNER, Step.SIGNATURE):
            answer(quick_staffed, step, now=late)
        with quick_staffed.store.read() as session:
            given = {each.kind: each.reference for each in approvals(session, "nouveau")}
        assert given == {"cesrees": "CESREES 17", "cnil": "Accord tacite, 25/01/2027 à 09:00 UTC"}

    def test_what_differs_is_said_the_studys_words_first(self) -> None:
        asked = form(summary="Autre.", months=6, people=[], datasets=[{"dataset": "sejours", "columns": ["age"]}])
        assert [(each.what.en, each.before, each.now) for each in differences(asked, FORM)] == [
            ("Summary", "Mesurer les réadmissions.", "Autre."),
            ("Months", "12", "6"),
            ("People", "ben", ""),
            ("Columns of sejours", "age, duree", "age"),
            ("Justification: dates of care", "Délais.", ""),
        ]
        assert differences(FORM, FORM) == []

    def test_one_owners_refusal_refuses_all_with_its_reason(self, quick_staffed: World) -> None:
        number = submitted(quick_staffed)
        for step in (Step.COMPLETENESS, Step.COMMITTEE, Step.AUTHORITY):
            answer(quick_staffed, step)
        assert answer(quick_staffed, Step.OWNER, Outcome.UNFAVOURABLE) is RequestState.REFUSED
        with quick_staffed.store.read() as session:
            assert [each.reasons for each in standing(session, number, now=NOW) if each.reasons] == ["Motif."]
            assert open_steps(session) == []
        with pytest.raises(Conflict):
            withdraw_request(quick_staffed.store, number, actor="ana", now=NOW)

    def test_what_is_incomplete_comes_back_and_starts_again(self, quick_staffed: World) -> None:
        number = submitted(quick_staffed)
        assert answer(quick_staffed, Step.COMPLETENESS, Outcome.RETURNED) is RequestState.RETURNED
        change_request(quick_staffed.store, number, form(months=6), actor="ana", now=NOW)
        submit_request(quick_staffed.store, number, actor="ana", now=NOW + DAY)
        assert where(quick_staffed, number)["completeness"] == "open"
        for step in Step:
            answer(quick_staffed, step, now=NOW + DAY)
        assert quick_staffed.may(
            "ana", Action.OPEN_WORKSPACE, project_slug="nouveau", at=NOW + 2 * DAY
        ).until == months_later(NOW + DAY, 6)

    def test_acceptance_is_all_or_nothing(self, quick_staffed: World) -> None:
        """The slug was taken in the meantime: the last consent is refused, and nothing of it stands."""
        number = submitted(quick_staffed)
        for step in (Step.COMPLETENESS, Step.COMMITTEE, Step.AUTHORITY, Step.OWNER):
            answer(quick_staffed, step)
        quick_staffed.project("nouveau")
        with pytest.raises(Conflict, match="taken"):
            answer(quick_staffed, Step.SIGNATURE)
        before = len(quick_staffed.ledger.events)
        with pytest.raises(Conflict, match="taken"):
            answer(quick_staffed, Step.SIGNATURE)
        assert (state(quick_staffed, number), where(quick_staffed, number)["signature"]) == (
            RequestState.SUBMITTED,
            "open",
        )
        assert len(quick_staffed.ledger.events) == before
        with quick_staffed.store.read() as session:
            assert memberships(session, project="nouveau") == []


def _withdraw_authorisation(world: World) -> None:
    with world.store.read() as session:
        (held,) = [each.id for each in approvals(session, "nouveau") if each.kind == "cnil"]
    revoke_approval(world.store, held, actor=SYSTEM, now=NOW, reason="x")


def _owned_by(world: World, dataset: str, owner: str) -> None:
    from audit.events import Event
    from project_spaces.datasets import get_dataset

    with world.store.write(Event(Kind.DATASET_CHANGED, SYSTEM, None, NOW, {"dataset": dataset})) as session:
        get_dataset(session, dataset).owner = owner


class TestWhoActs:
    @pytest.mark.parametrize("actor", ["ana", "ben", "stella"])
    def test_only_an_administrator_instructs(self, quick_staffed: World, actor: str) -> None:
        submitted(quick_staffed)
        with pytest.raises(Refused, match="role of administrator"):
            answer(quick_staffed, Step.COMPLETENESS, actor=actor)

    def test_only_a_steward_answers_for_the_owner(self, quick_staffed: World) -> None:
        submitted(quick_staffed)
        for step in (Step.COMPLETENESS, Step.COMMITTEE, Step.AUTHORITY):
            answer(quick_staffed, step)
        with pytest.raises(Refused, match="data steward"):
            answer(quick_staffed, Step.OWNER, actor="rita")

    def test_a_steward_answers_for_the_owners_entrusted_to_him_only(self, quick_staffed: World) -> None:
        quick_staffed.person("sven", PlatformRole.STEWARD)
        submitted(quick_staffed)
        for step in (Step.COMPLETENESS, Step.COMMITTEE, Step.AUTHORITY):
            answer(quick_staffed, step)
        with pytest.raises(Refused, match="speak for this owner"):
            answer(quick_staffed, Step.OWNER, actor="sven")
        entrust(quick_staffed.store, "CHU", "sven", actor="rita", now=NOW)
        assert answer(quick_staffed, Step.OWNER, actor="sven") is RequestState.SUBMITTED
        dismiss(quick_staffed.store, "CHU", "sven", actor="rita", now=NOW)
        with pytest.raises(Refused, match="speak for this owner"):
            answer(quick_staffed, Step.SIGNATURE, actor="sven")

    def test_only_a_committee_member_gives_its_opinion(self, quick_staffed: World) -> None:
        submitted(quick_staffed)
        answer(quick_staffed, Step.COMPLETENESS)
        for actor in ("rita", "stella", "ana"):
            with pytest.raises(Refused, match="committee"):
                answer(quick_staffed, Step.COMMITTEE, actor=actor)

    def test_who_comes_second_learns_who_was_first(self, quick_staffed: World) -> None:
        quick_staffed.person("rosa", PlatformRole.ADMINISTRATOR)
        number = submitted(quick_staffed)
        with quick_staffed.store.read() as session:
            step = standing(session, number, now=NOW)[0].id
        answer(quick_staffed, Step.COMPLETENESS)
        before = len(quick_staffed.ledger.events)
        acts = {"actor": "rosa", "now": NOW, "reasons": "Il manque la durée."}
        with pytest.raises(Conflict, match=r"Rita \(rita\) on .*: favourable. Your answer changed nothing"):
            answer_step(quick_staffed.store, step, Outcome.RETURNED, **acts)
        assert len(quick_staffed.ledger.events) == before

    def test_nobody_acts_on_a_request_in_which_he_is_named(self, quick_staffed: World) -> None:
        submitted(quick_staffed, form(people=["rita"]))
        with pytest.raises(Refused, match="You are named"):
            answer(quick_staffed, Step.COMPLETENESS)

    def test_another_persons_request_is_not_ones_own(self, quick_staffed: World) -> None:
        number = draft_request(quick_staffed.store, FORM, actor="ana", now=NOW)
        for act in (
            lambda: change_request(quick_staffed.store, number, FORM, actor="rita", now=NOW),
            lambda: submit_request(quick_staffed.store, number, actor="ben", now=NOW),
            lambda: withdraw_request(quick_staffed.store, number, actor="ben", now=NOW),
        ):
            with pytest.raises(Refused, match="not yours"):
                act()

    @pytest.mark.parametrize(
        ("step", "outcome", "change", "says"),
        [
            (Step.COMPLETENESS, Outcome.UNFAVOURABLE, {"reasons": " "}, "owed a reason"),
            (Step.COMPLETENESS, Outcome.RETURNED, {"reasons": ""}, "owed a reason"),
            (Step.COMMITTEE, Outcome.RECOMMENDATIONS, {"reasons": ""}, "owed a reason"),
            (Step.COMMITTEE, Outcome.RETURNED, {}, "incomplete"),
            (Step.COMMITTEE, Outcome.FAVOURABLE, {"reference": " "}, "reference"),
            (Step.COMMITTEE, Outcome.FAVOURABLE, {"reference": "x" * 201}, "too long"),
        ],
    )
    def test_what_an_answer_owes(
        self, quick_staffed: World, step: Step, outcome: Outcome, change: dict, says: str
    ) -> None:
        submitted(quick_staffed)
        if step is Step.COMMITTEE:
            answer(quick_staffed, Step.COMPLETENESS)
        with pytest.raises(Invalid, match=says):
            answer(quick_staffed, step, outcome, **change)

    def test_a_step_is_answered_once_and_in_its_turn(self, quick_staffed: World) -> None:
        number = submitted(quick_staffed)
        with quick_staffed.store.read() as session:
            ids = {each.step: each.id for each in standing(session, number, now=NOW)}
        acts = {"actor": "rita", "now": NOW, "reference": "x"}
        with pytest.raises(Conflict):
            answer_step(quick_staffed.store, ids[Step.COMMITTEE], Outcome.FAVOURABLE, **{**acts, "actor": "carl"})
        answer_step(quick_staffed.store, ids[Step.COMPLETENESS], Outcome.FAVOURABLE, **acts)
        with pytest.raises(Conflict):
            answer_step(quick_staffed.store, ids[Step.COMPLETENESS], Outcome.UNFAVOURABLE, reasons="x", **acts)
        withdraw_request(quick_staffed.store, number, actor="ana", now=NOW)
        with pytest.raises(Conflict):
            answer_step(quick_staffed.store, ids[Step.COMMITTEE], Outcome.FAVOURABLE, **{**acts, "actor": "carl"})
        with pytest.raises(NotFound):
            answer_step(quick_staffed.store, "0" * 32, Outcome.FAVOURABLE, **acts)


class TestSubmission:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"title": ""}, "title"),
            ({"slug": "etude"}, "taken"),
            ({"slug": "premiere"}, "taken"),
            ({"people": ["No Body"]}, "no username"),
            ({"people": ["ana"]}, "lead already"),
            ({"datasets": [{"dataset": "rien", "columns": ["x"]}]}, "can't be asked"),
            ({"datasets": [{"dataset": "noms", "columns": ["x"]}]}, "can't be asked"),
            ({"datasets": [{"dataset": "sejours", "columns": ["nom", "age"]}]}, "no column nom"),
        ],
    )
    def test_what_is_refused(self, quick_staffed: World, change: dict, says: str) -> None:
        quick_staffed.dataset("noms", Classification.IDENTIFYING)
        submitted(quick_staffed, form(slug="premiere"))
        number = draft_request(quick_staffed.store, form(**change), actor="ana", now=NOW)
        with pytest.raises(Invalid) as caught:
            submit_request(
                quick_staffed.store, number, actor="ana", now=NOW, dictionary={"sejours": frozenset({"age", "duree"})}
            )
        (reason,) = caught.value.reasons
        assert says in reason.en
        assert reason.fr != reason.en
        with quick_staffed.store.read() as session:
            assert get_request(session, number).state is RequestState.DRAFT

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"slug": "autre"}, "taken"),
            ({"slug": "premiere"}, "taken"),
            ({"people": ["nobody"]}, "Nobody has"),
            ({"people": ["parti"]}, "not active"),
        ],
    )
    def test_names_hold_the_file_up_at_the_desk_and_neither_a_person_nor_silence_waves_them_through(
        self, quick_staffed: World, change: dict, says: str
    ) -> None:
        quick_staffed.project("autre")
        quick_staffed.person("parti")
        quick_staffed.person("eva")
        disable_person(quick_staffed.store, "parti", actor=SYSTEM, now=NOW, reason="x")
        first = draft_request(quick_staffed.store, form(slug="premiere"), actor="eva", now=NOW)
        submit_request(quick_staffed.store, first, actor="eva", now=NOW)
        rules = (StepRule(Step.COMPLETENESS, Actor.ADMINISTRATOR, 5, Silence.FAVOURABLE), DEFAULT_CIRCUIT[3])
        set_circuit(quick_staffed.store, "CHU", rules, actor="rita", now=NOW)
        number = submitted(quick_staffed, form(**change))
        with quick_staffed.store.read() as session:
            (step,) = [each.id for each in open_steps(session) if each.request == number]
        with pytest.raises(Conflict) as caught:
            answer_step(quick_staffed.store, step, Outcome.FAVOURABLE, actor="rita", now=NOW)
        (reason,) = caught.value.reasons
        assert says in reason.en
        assert reason.fr != reason.en
        assert apply_silence(quick_staffed.store, now=NOW + 6 * DAY) == 0
        assert where(quick_staffed, number)["completeness"] == "open"
        answer_step(quick_staffed.store, step, Outcome.RETURNED, actor="rita", now=NOW, reasons="Corrigez.")
        assert state(quick_staffed, number) is RequestState.RETURNED

    def test_a_form_that_no_record_could_hold_is_refused(self, quick_staffed: World) -> None:
        asked = [{"dataset": "sejours", "columns": [f"{number:0200}" for number in range(2500)]}]
        number = draft_request(quick_staffed.store, form(datasets=asked), actor="ana", now=NOW)
        with pytest.raises(Invalid, match="too long"):
            submit_request(quick_staffed.store, number, actor="ana", now=NOW)

    def test_a_form_just_below_goes_all_the_way(self, quick_staffed: World) -> None:
        asked = [{"dataset": "sejours", "columns": [f"{number:0180}" for number in range(2100)]}]
        submitted(quick_staffed, form(datasets=asked))
        for step in Step:
            answer(quick_staffed, step)
        assert quick_staffed.may("ana", Action.OPEN_WORKSPACE, project_slug="nouveau").allowed

    def test_who_is_named_is_told_once_the_file_is_complete(self, quick_staffed: World) -> None:
        submitted(quick_staffed)
        for step, told in ((Step.COMPLETENESS, False), (Step.COMMITTEE, True)):
            with quick_staffed.store.read() as session:
                assert any("vous nomme" in each.text.fr for each in notifications(session, "ben")) is told
            answer(quick_staffed, step)

    def test_a_submitted_form_stands(self, quick_staffed: World) -> None:
        number = submitted(quick_staffed)
        with pytest.raises(Conflict):
            change_request(quick_staffed.store, number, form(months=99), actor="ana", now=NOW)
        with pytest.raises(Conflict):
            submit_request(quick_staffed.store, number, actor="ana", now=NOW)


class TestSilence:
    def circuit(self, world: World, silence: Silence) -> None:
        rules = (
            StepRule(Step.COMPLETENESS, Actor.ADMINISTRATOR, 5, silence),
            StepRule(Step.OWNER, Actor.STEWARD, 5, silence),
        )
        set_circuit(world.store, "CHU", rules, actor="rita", now=NOW)

    @pytest.mark.parametrize(
        ("silence", "after", "end"),
        [
            (Silence.FAVOURABLE, 1, RequestState.ACCEPTED),
            (Silence.REFUSAL, 1, RequestState.REFUSED),
            (Silence.NOTHING, 0, RequestState.SUBMITTED),
        ],
    )
    def test_means_what_the_rule_says(
        self, quick_staffed: World, silence: Silence, after: int, end: RequestState
    ) -> None:
        self.circuit(quick_staffed, silence)
        number = submitted(quick_staffed)
        almost, due = NOW + 5 * DAY - timedelta(microseconds=1), NOW + 5 * DAY
        assert apply_silence(quick_staffed.store, now=almost) == 0
        assert apply_silence(quick_staffed.store, now=due) == after
        assert apply_silence(quick_staffed.store, now=due) == 0
        apply_silence(quick_staffed.store, now=NOW + 10 * DAY)
        assert state(quick_staffed, number) is end

    def test_a_late_step_is_shown_and_reminded_of(self, quick_staffed: World) -> None:
        number = submitted(quick_staffed)
        late = NOW + 7 * DAY
        assert where(quick_staffed, number, late)["completeness"] == StepState.LATE.value
        assert remind(quick_staffed.store, now=late) == 1
        assert "En retard depuis le" in told(quick_staffed, "rita")[0]
        before = len(quick_staffed.ledger.events)
        assert remind(quick_staffed.store, now=late) == 0
        assert len(quick_staffed.ledger.events) == before
        with quick_staffed.store.read() as session:
            assert len(to_remind(session, now=late + 7 * DAY)) == 1

    def test_a_consent_that_cannot_be_carried_out_keeps_no_other_from_ending(self, quick_staffed: World) -> None:
        self.circuit(quick_staffed, Silence.FAVOURABLE)
        stuck, other = submitted(quick_staffed), submitted(quick_staffed, form(slug="autre"))
        apply_silence(quick_staffed.store, now=NOW + 5 * DAY)
        quick_staffed.project("nouveau")
        assert apply_silence(quick_staffed.store, now=NOW + 10 * DAY) == 1
        assert (state(quick_staffed, stuck), state(quick_staffed, other)) == (
            RequestState.SUBMITTED,
            RequestState.ACCEPTED,
        )

    def test_a_running_request_keeps_the_rules_that_it_was_submitted_under(self, quick_staffed: World) -> None:
        number = submitted(quick_staffed)
        self.circuit(quick_staffed, Silence.FAVOURABLE)
        assert len(where(quick_staffed, number)) == 5
        assert apply_silence(quick_staffed.store, now=NOW + 30 * DAY) == 0

    def test_only_an_administrator_states_a_circuit(self, quick_staffed: World) -> None:
        with pytest.raises(Refused):
            set_circuit(quick_staffed.store, "CHU", DEFAULT_CIRCUIT, actor="stella", now=NOW)
        with pytest.raises(Invalid):
            set_circuit(quick_staffed.store, "", DEFAULT_CIRCUIT, actor="rita", now=NOW)


class TestRenewal:
    def renew(
        self, world: World, actor: str = "rita", now: datetime = NOW, reason: str = "Séance reportée."
    ) -> datetime:
        with world.store.read() as session:
            step = open_steps(session)[0].id
        return renew_step(world.store, step, actor=actor, now=now, reason=reason)

    def at_the_authority(self, world: World) -> str:
        number = submitted(world)
        for step in (Step.COMPLETENESS, Step.COMMITTEE):
            answer(world, step)
        return number

    def test_the_authority_s_time_is_renewed_once_with_a_reason_that_the_applicant_reads(self, staffed: World) -> None:
        number = self.at_the_authority(staffed)
        assert self.renew(staffed, now=NOW + 59 * DAY) == NOW + 120 * DAY
        assert where(staffed, number, NOW + 61 * DAY)["authority"] == "open"
        with staffed.store.read() as session:
            assert any("renouvelé" in each.text.fr for each in notifications(session, "ana"))
            assert open_steps(session)[0].renewed_why == "Séance reportée."
        assert staffed.ledger.of(Kind.ACCESS_STEP)[-1].subject["outcome"] == "renewed"
        with pytest.raises(Conflict, match="once"):
            self.renew(staffed, now=NOW + 70 * DAY)

    @pytest.mark.parametrize(
        ("actor", "late", "reason", "error"),
        [
            ("rita", True, "x", Conflict),
            ("rita", False, " ", Invalid),
            ("rita", False, "x" * 10_001, Invalid),
            ("carl", False, "x", Refused),
            ("ana", False, "x", Refused),
        ],
    )
    def test_never_late_nor_without_a_reason_nor_by_another(
        self, quick_staffed: World, actor: str, late: bool, reason: str, error: type[BureauError]
    ) -> None:
        self.at_the_authority(quick_staffed)
        with pytest.raises(error):
            self.renew(quick_staffed, actor, NOW + 60 * DAY if late else NOW, reason)

    def test_other_steps_have_their_time_once(self, quick_staffed: World) -> None:
        submitted(quick_staffed)
        with pytest.raises(Conflict, match="once"):
            self.renew(quick_staffed)


class TestStatistics:
    def test_too_few_cases_are_not_told(self) -> None:
        few = delay_of([DAY] * (LEAST_CASES - 1), late=0)
        assert (few.cases, few.median_days, few.late_share) == (4, None, None)

    def test_figures(self) -> None:
        figures = delay_of([day * DAY for day in range(1, 11)], late=3)
        assert (figures.cases, figures.median_days, figures.ninth_decile_days, figures.late_share) == (
            10,
            5.5,
            9.0,
            0.3,
        )

    def test_over_real_requests(self, quick_staffed: World) -> None:
        for number in range(LEAST_CASES):
            submitted(quick_staffed, form(slug=f"essai-{number}"))
            answer(quick_staffed, Step.COMPLETENESS, Outcome.UNFAVOURABLE, now=NOW + (number + 4) * DAY)
        with quick_staffed.store.read() as session:
            assert decision_delay(session).median_days == 6.0
            completeness = step_delays(session)[Step.COMPLETENESS]
            assert (completeness.median_days, completeness.late_share) == (6.0, 0.2)
            assert step_delays(session)[Step.OWNER].cases == 0
            assert owner_delays(session) == {}
            assert outcomes(session)[RequestState.REFUSED] == LEAST_CASES
            assert RequestState.DRAFT not in outcomes(session)

    def test_by_owner(self, quick_staffed: World) -> None:
        for number in range(LEAST_CASES):
            submitted(quick_staffed, form(slug=f"essai-{number}"))
            for step in (Step.COMPLETENESS, Step.COMMITTEE, Step.AUTHORITY):
                answer(quick_staffed, step)
            answer(quick_staffed, Step.OWNER, Outcome.UNFAVOURABLE, now=NOW + 3 * DAY)
        with quick_staffed.store.read() as session:
            (found,) = owner_delays(session).items()
        assert found[0] == ("CHU", Step.OWNER)
        assert (found[1].cases, found[1].median_days, found[1].late_share) == (LEAST_CASES, 3.0, 0.0)


def told(world: World, person: str) -> list[str]:
    """What a person was told, the latest first."""
    with world.store.read() as session:
        return [each.text_fr for each in notifications(session, person)]


class TestAgreement:
    def to_sign(self, world: World) -> tuple[str, str]:
        """A request whose agreement waits for its signatures; return the step's id and the text's hash."""
        submitted(world)
        for step in (Step.COMPLETENESS, Step.COMMITTEE, Step.AUTHORITY, Step.OWNER):
            answer(world, step)
        with world.store.read() as session:
            (step,) = open_steps(session)
            assert step.document is not None
            assert step.document_sha256 == document_hash(step.document)
            for words in ("Réadmissions", "Ana (ana), CHU, porteur", "age, duree", "Délais.", "DATA ACCESS AGREEMENT"):
                assert words in step.document
            for words in ("Responsable de traitement : CHU\n", "Numéro de professionnel de santé : non\n"):
                assert words in step.document
            return step.id, step.document_sha256

    def test_the_applicant_signs_first_and_both_sign_the_same_text(self, staffed: World) -> None:
        step, sha256 = self.to_sign(staffed)
        assert any("À vous d'agir" in each for each in told(staffed, "ana"))
        steward = {"actor": "stella", "now": NOW}
        with pytest.raises(Conflict, match="not signed"):
            answer_step(staffed.store, step, Outcome.FAVOURABLE, document_sha256=sha256, **steward)
        with pytest.raises(Conflict, match="no longer"):
            sign_agreement(staffed.store, step, "0" * 64, actor="ana", now=NOW)
        for stranger in ("ben", "rita", "stella"):
            with pytest.raises(Refused, match="not yours"):
                sign_agreement(staffed.store, step, sha256, actor=stranger, now=NOW)
        sign_agreement(staffed.store, step, sha256, actor="ana", now=NOW)
        signed = staffed.ledger.of(Kind.ACCESS_STEP)[-1]
        assert signed.subject["document_sha256"] == sha256
        assert document_hash((signed.content or b"").decode()) == sha256
        with pytest.raises(Conflict, match="nothing to sign"):
            sign_agreement(staffed.store, step, sha256, actor="ana", now=NOW)
        with pytest.raises(Conflict, match="not the agreement"):
            answer_step(staffed.store, step, Outcome.FAVOURABLE, document_sha256="", **steward)
        state_ = answer_step(staffed.store, step, Outcome.FAVOURABLE, document_sha256=sha256, **steward)
        assert state_ is RequestState.ACCEPTED
        opened, named = sorted(told(staffed, "ben"))
        assert named.startswith("La demande d'accès « Réadmissions » vous nomme")
        assert opened == "L'espace projet « Réadmissions » est ouvert."

    def test_other_steps_are_not_signed(self, quick_staffed: World) -> None:
        number = submitted(quick_staffed)
        with quick_staffed.store.read() as session:
            first = standing(session, number, now=NOW)[0].id
        with pytest.raises(Conflict, match="nothing to sign"):
            sign_agreement(quick_staffed.store, first, "", actor="ana", now=NOW)

    def test_no_field_writes_a_line_beside_its_own(self, quick_staffed: World) -> None:
        """Attack: a name that holds a line end forges a clause of the agreement."""
        submitted(quick_staffed, form(controller="CHU\nSont exclues : rien", title="A\nB"))
        for step in (Step.COMPLETENESS, Step.COMMITTEE, Step.AUTHORITY, Step.OWNER):
            answer(quick_staffed, step)
        with quick_staffed.store.read() as session:
            text = open_steps(session)[0].document or ""
        assert "Responsable de traitement : CHU Sont exclues : rien\n" in text
        assert "nouveau — A B\n" in text

    def test_the_linkage_is_signed_for_and_those_who_run_it_are_told(self, quick_staffed: World) -> None:
        submitted(quick_staffed, form(linkage=LINKAGE))
        for step in (Step.COMPLETENESS, Step.COMMITTEE, Step.AUTHORITY, Step.OWNER):
            answer(quick_staffed, step)
        with quick_staffed.store.read() as session:
            text = open_steps(session)[0].document or ""
        for words in (
            "Appariement : indirect",
            "Linkage: indirect",
            *(LINKAGE[each] for each in ("cohort", "criteria")),
        ):
            assert words in text
        assert not any("appariement" in each for each in told(quick_staffed, "rita"))
        answer(quick_staffed, Step.SIGNATURE)
        assert [each.startswith("Un appariement est à préparer") for each in told(quick_staffed, "rita")].count(
            True
        ) == 1


class TestCopies:
    def test_a_copy_has_no_name_yet_and_another_lead(self, quick_staffed: World) -> None:
        number = submitted(quick_staffed)
        copy = copy_request(quick_staffed.store, number, actor="ben", now=NOW)
        with quick_staffed.store.read() as session:
            row = get_request(session, copy)
            copied = read_form(row.form)
        assert (row.applicant, row.copied_from, copied.slug, copied.usernames) == ("ben", number, "", ())
        assert (copied.title, copied.organisation) == ("Réadmissions", "")
        with pytest.raises(Refused, match="not named"):
            copy_request(quick_staffed.store, number, actor="rita", now=NOW)

    def test_a_strangers_request_never_takes_the_short_way(self, quick_staffed: World) -> None:
        """An opinion was given on one team's project: another team that asks for the same data asks anew."""
        submitted(quick_staffed)
        for step in Step:
            answer(quick_staffed, step)
        quick_staffed.person("eva")
        for person, short in (("eva", False), ("ben", True)):
            asked = form(slug=f"de-{person}", people=[])
            number = draft_request(quick_staffed.store, asked, actor=person, now=NOW)
            submit_request(quick_staffed.store, number, actor=person, now=NOW)
            assert ("committee" not in where(quick_staffed, number)) is short


class TestWhoLeft:
    def leave(self, world: World, person: str) -> None:
        disable_person(world.store, person, actor=SYSTEM, now=NOW, reason="départ")

    def test_a_request_without_its_applicant_is_found_and_given_to_another(self, staffed: World) -> None:
        number = submitted(staffed)
        acts = {"actor": "rita", "now": NOW, "reason": "Ana est partie."}
        with pytest.raises(Conflict, match="has left"):
            reassign_request(staffed.store, number, "ben", **acts)
        self.leave(staffed, "ana")
        with staffed.store.read() as session:
            (stuck,) = stuck_requests(session)
        assert (stuck.what, stuck.request.id) == (Stuck.APPLICANT_LEFT, number)
        for person, error in (("nobody", NotFound), ("ana", Invalid), ("rita", Refused)):
            with pytest.raises(error):
                reassign_request(staffed.store, number, person, **acts)
        with pytest.raises(Invalid):
            reassign_request(staffed.store, number, "ben", actor="rita", now=NOW, reason=" ")
        with pytest.raises(Refused):
            reassign_request(staffed.store, number, "ben", actor="stella", now=NOW, reason="x")
        reassign_request(staffed.store, number, "ben", **acts)
        with staffed.store.read() as session:
            assert stuck_requests(session) == []
            assert read_form(get_request(session, number).form).usernames == ()
        for step in Step:
            answer(staffed, step)
        assert staffed.may("ben", Action.OPEN_WORKSPACE, project_slug="nouveau").allowed
        assert not staffed.may("ana", Action.OPEN_WORKSPACE, project_slug="nouveau").allowed

    def test_a_new_applicant_signs_anew(self, quick_staffed: World) -> None:
        step, sha256 = TestAgreement().to_sign(quick_staffed)
        sign_agreement(quick_staffed.store, step, sha256, actor="ana", now=NOW)
        self.leave(quick_staffed, "ana")
        with quick_staffed.store.read() as session:
            number = get_step(session, step).request
        reassign_request(quick_staffed.store, number, "ben", actor="rita", now=NOW, reason="départ")
        steward = {"actor": "stella", "now": NOW, "document_sha256": sha256}
        with pytest.raises(Conflict, match="not signed"):
            answer_step(quick_staffed.store, step, Outcome.FAVOURABLE, **steward)
        assert answer(quick_staffed, Step.SIGNATURE) is RequestState.ACCEPTED

    @pytest.mark.parametrize("signs", [True, False])
    def test_a_closed_account_gets_no_project_whichever_step_was_the_last(
        self, quick_staffed: World, signs: bool
    ) -> None:
        """Neither a person nor silence opens a project whose lead has left; others who left are left out of it."""
        rules = [replace(each, silence=Silence.FAVOURABLE) for each in (DEFAULT_CIRCUIT[0], DEFAULT_CIRCUIT[3])]
        circuit = (*rules, DEFAULT_CIRCUIT[4]) if signs else tuple(rules)
        set_circuit(quick_staffed.store, "CHU", circuit, actor="rita", now=NOW)
        quick_staffed.person("eva")
        number = submitted(quick_staffed, form(people=["ben", "eva"]))
        answer(quick_staffed, Step.COMPLETENESS)
        if signs:
            answer(quick_staffed, Step.OWNER)
            with quick_staffed.store.read() as session:
                (step,) = open_steps(session)
            sign_agreement(quick_staffed.store, step.id, step.document_sha256 or "", actor="ana", now=NOW)
        self.leave(quick_staffed, "ana")
        self.leave(quick_staffed, "ben")
        last = Step.SIGNATURE if signs else Step.OWNER
        with pytest.raises(Conflict, match="account is closed"):
            answer(quick_staffed, last)
        assert apply_silence(quick_staffed.store, now=NOW + 99 * DAY) == 0
        assert state(quick_staffed, number) is RequestState.SUBMITTED
        reassign_request(quick_staffed.store, number, "eva", actor="rita", now=NOW, reason="départ")
        assert answer(quick_staffed, last) is RequestState.ACCEPTED
        with quick_staffed.store.read() as session:
            assert [each.person for each in memberships(session, project="nouveau")] == ["eva"]
            assert {each.person for each in habilitations(session, project="nouveau")} == {"eva"}
        assert any("Compte fermé" in each and "(ben)" in each for each in told(quick_staffed, "eva"))

    def test_a_step_that_nobody_may_act_on_is_found_and_administrators_are_reminded(self, quick_staffed: World) -> None:
        submitted(quick_staffed)
        for step in (Step.COMPLETENESS, Step.COMMITTEE, Step.AUTHORITY):
            answer(quick_staffed, step)
        self.leave(quick_staffed, "stella")
        with quick_staffed.store.read() as session:
            (stuck,) = stuck_requests(session)
        assert stuck.what is Stuck.NOBODY_TO_ACT
        assert remind(quick_staffed.store, now=NOW + 24 * DAY) == 1
        assert "Accord du producteur" in told(quick_staffed, "rita")[0]
        quick_staffed.person("sven", PlatformRole.STEWARD)
        entrust(quick_staffed.store, "CHU", "sven", actor="rita", now=NOW)
        with quick_staffed.store.read() as session:
            assert stuck_requests(session) == []

    @pytest.mark.parametrize(
        ("owner", "person", "actor", "error"),
        [
            ("CHU", "ben", "rita", Invalid),
            ("CHU", "nobody", "rita", NotFound),
            ("Nobody's", "stella", "rita", NotFound),
            ("", "stella", "rita", Invalid),
            ("CHU", "stella", "stella", Refused),
            ("CHU", "stella", "carl", Refused),
        ],
    )
    def test_an_owner_is_entrusted_by_an_administrator_to_a_steward(
        self, quick_staffed: World, owner: str, person: str, actor: str, error: type[BureauError]
    ) -> None:
        with pytest.raises(error):
            entrust(quick_staffed.store, owner, person, actor=actor, now=NOW)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [((2026, 11, 25), 12, (2027, 11, 25)), ((2027, 1, 31), 1, (2027, 2, 28)), ((2026, 12, 15), 1, (2027, 1, 15))],
)
def test_months_later(start: tuple[int, int, int], months: int, end: tuple[int, int, int]) -> None:
    assert months_later(datetime(*start, tzinfo=UTC), months) == datetime(*end, tzinfo=UTC)


def test_both_forbidden_purposes_have_names() -> None:
    assert {each.value for each in Forbidden} == set(COMPLETE["disclaimed"])
