"""Reviews open, remind and settle by themselves; silence takes a right away, an answer keeps it."""

from dataclasses import replace
from datetime import datetime

import pytest

from audit.events import Kind
from project_spaces.decisions import Action
from project_spaces.facts import PlatformRole
from project_spaces.notifications import notifications
from project_spaces.reviews.calendar import ReviewRules, keep_calendar
from project_spaces.reviews.campaigns import Occasion, ReviewDecision, campaigns, decide_item, items
from tests.project_spaces.conftest import DAY, NOW, World

RULES = ReviewRules()
#: The project of the world ends a hundred days from now.
ENDS = NOW + 100 * DAY
WORK = {"project_slug": "etude", "mounted": ["sejours"]}


def opened(world: World) -> list[tuple[Occasion, str | None]]:
    with world.store.read() as session:
        return [(each.occasion, each.project) for each in campaigns(session)]


def told(world: World, who: str) -> list[str]:
    with world.store.read() as session:
        return [each.text.en for each in notifications(session, who)]


class TestOpening:
    @pytest.mark.parametrize(
        ("at", "found"),
        [
            (ENDS - 31 * DAY, []),
            (ENDS - 30 * DAY, [(Occasion.PROJECT_END, "etude")]),
            (ENDS - DAY, [(Occasion.PROJECT_END, "etude")]),
            (ENDS, []),
        ],
    )
    def test_before_a_projects_end_once(self, quick_world: World, at: datetime, found: list) -> None:
        quick_world.member("ben", "etude", days=400)
        keep_calendar(quick_world.store, RULES, now=at)
        assert opened(quick_world) == found
        keep_calendar(quick_world.store, RULES, now=at)
        assert opened(quick_world) == found

    def test_every_year_from_the_first_right_on(self, quick_world: World) -> None:
        quick_world.member("ben", "etude", days=900)
        keep_calendar(quick_world.store, RULES, now=NOW + 364 * DAY)
        assert opened(quick_world) == []
        keep_calendar(quick_world.store, RULES, now=NOW + 365 * DAY)
        assert opened(quick_world) == [(Occasion.YEARLY, None)]
        keep_calendar(quick_world.store, RULES, now=NOW + 500 * DAY)
        assert opened(quick_world) == [(Occasion.YEARLY, None)], "the first one was settled, the next is not due"
        quick_world.habilitate("ana", "etude", "sejours", days=900)
        keep_calendar(quick_world.store, RULES, now=NOW + 730 * DAY)
        assert opened(quick_world) == [(Occasion.YEARLY, None)] * 2

    def test_nothing_opens_where_there_is_nothing_to_review(self, quick_world: World) -> None:
        keep_calendar(quick_world.store, RULES, now=NOW + 800 * DAY)
        assert opened(quick_world) == []


class TestDeadline:
    def begin(self, world: World) -> datetime:
        world.person("root", PlatformRole.ADMINISTRATOR)
        world.habilitate("ana", "etude", "sejours", days=200)
        world.member("ben", "etude", days=200)
        keep_calendar(world.store, RULES, now=ENDS - 30 * DAY)
        return ENDS

    def test_a_reminder_comes_once_a_week_before(self, quick_world: World) -> None:
        due = self.begin(quick_world)
        for at in (due - 8 * DAY, due - 7 * DAY, due - 6 * DAY):
            keep_calendar(quick_world.store, RULES, now=at)
        reminders = [text for text in told(quick_world, "root") if "still to be reviewed" in text]
        assert len(reminders) == 1

    def test_what_nobody_answered_is_withdrawn_and_its_person_told(self, world: World) -> None:
        due = self.begin(world)
        with world.store.read() as session:
            review = campaigns(session)[0]
            kept = next(each for each in items(session, review.id) if each.person == "ben")
        decide_item(world.store, kept.id, ReviewDecision.KEEP, evidence="liste", actor="root", now=due - DAY)
        keep_calendar(world.store, RULES, now=due)
        keep_calendar(world.store, RULES, now=due)
        with world.store.read() as session:
            (closed,) = campaigns(session)
            decided = {(each.person, each.kind.value): each for each in items(session, closed.id)}
        assert closed.closed_by == "system:worker"
        assert decided["ben", "membership"].decision is ReviewDecision.KEEP
        assert decided["ana", "habilitation"].decision is ReviewDecision.WITHDRAW
        assert "No answer" in decided["ana", "habilitation"].evidence
        assert not world.may("ana", Action.SEND_MESSAGE, due, **WORK).allowed
        assert any("withdrew one of your rights" in text for text in told(world, "ana"))
        assert len(world.ledger.of(Kind.HABILITATION_REVOKED)) == 1

    def test_silence_never_takes_the_last_administrator(self, quick_world: World) -> None:
        """Attack: let a review lapse, and nobody can give a role any more."""
        for name in ("root", "rita"):
            quick_world.person(name, PlatformRole.ADMINISTRATOR)
        quick_world.person("vera", PlatformRole.REVIEWER)
        for at in (NOW + 365 * DAY, NOW + 395 * DAY):
            keep_calendar(quick_world.store, RULES, now=at)
        with quick_world.store.read() as session:
            (review,) = campaigns(session)
            decided = {each.person: each.decision for each in items(session, review.id) if each.kind.value == "role"}
        assert decided == {
            "rita": ReviewDecision.WITHDRAW,
            "root": ReviewDecision.KEEP,
            "vera": ReviewDecision.WITHDRAW,
        }
        assert review.closed_at == NOW + 395 * DAY
        assert quick_world.may("root", Action.ADMINISTER, NOW + 396 * DAY).allowed

    def test_where_the_policy_waits_nothing_is_withdrawn(self, quick_world: World) -> None:
        due = self.begin(quick_world)
        keep_calendar(quick_world.store, replace(RULES, withdraw=False), now=due + 9 * DAY)
        with quick_world.store.read() as session:
            assert [each.closed_at for each in campaigns(session)] == [None]
        assert quick_world.ledger.of(Kind.HABILITATION_REVOKED) == []
