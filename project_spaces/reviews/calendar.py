"""Reviews open by themselves, remind, and end by themselves: every year, and before a project's end (SEC-HAB-5).

What nobody answered by the deadline is withdrawn, or waits: that is the installation's policy. A right that nobody
vouches for is the one a review is meant to find, so withdrawing is the default. Only the last administrator's role is
never lost that way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces.errors import Conflict
from project_spaces.facts import ProjectStatus
from project_spaces.memberships import Membership
from project_spaces.people import PlatformRoleRow
from project_spaces.projects import Project
from project_spaces.reviews.campaigns import (
    ONLY_ONE,
    Occasion,
    ReviewCampaign,
    ReviewDecision,
    campaigns,
    close_campaign,
    decide_item,
    items,
    open_campaign,
    tell_reviewers,
    undecided,
)
from project_spaces.reviews.rights import only_administrator
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.windows import moment

ACTOR = "system:worker"
#: How long before its deadline a review reminds.
REMIND_BEFORE = timedelta(days=7)
SILENCE = "Sans réponse à l'échéance de la revue. — No answer by the review's deadline."


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """When reviews open, how long they take, and what silence means.

    Parameters
    ----------
    every
        from one review of the platform to the next.
    answer_within
        from the opening to the deadline.
    before_end
        how long before its end a project is reviewed.
    withdraw
        what nobody answered is withdrawn at the deadline; otherwise the review stays open.
    """

    every: timedelta = timedelta(days=365)
    answer_within: timedelta = timedelta(days=30)
    before_end: timedelta = timedelta(days=30)
    withdraw: bool = True


def keep_calendar(store: Store, rules: ReviewRules, *, now: datetime) -> None:
    """Open what is due, remind once, and settle what is past its deadline; doing it again changes nothing."""
    with store.read() as session:
        openings = list(_due(session, rules, now))
    for occasion, project in openings:
        try:
            asked = {"project": project, "due_at": now + rules.answer_within}
            open_campaign(store, occasion, actor=ACTOR, now=now, **asked)  # type: ignore[arg-type]
        except Conflict:
            continue  # nothing to review there, or somebody opened one meanwhile
    _remind(store, now)
    if rules.withdraw:
        _settle(store, now)


def _due(session: Session, rules: ReviewRules, now: datetime) -> Iterator[tuple[Occasion, str | None]]:
    every = campaigns(session)
    if not any(
        each.project is None and (each.closed_at is None or now < each.opened_at + rules.every) for each in every
    ):
        granted = (Membership.granted_at, PlatformRoleRow.granted_at)
        begun = [session.scalars(select(func.min(each))).one() for each in granted]
        first = min((each for each in begun if each is not None), default=None)
        if first is not None and first + rules.every <= now:
            yield Occasion.YEARLY, None
    for project in session.scalars(select(Project).where(Project.status != ProjectStatus.CLOSED)):
        begins = project.ends_at - rules.before_end
        reviewed = any(each.project == project.slug and each.opened_at >= begins for each in every)
        if begins <= now < project.ends_at and not reviewed:
            yield Occasion.PROJECT_END, project.slug


def _remind(store: Store, now: datetime) -> None:
    with store.read() as session:
        waiting = [each for each in _open(session) if each.reminded_at is None and each.due_at - REMIND_BEFORE <= now]
        left = {each.id: undecided(session, each.id) for each in waiting}
    for each in waiting:
        subject: dict[str, str | int] = {"campaign": each.id, "undecided": left[each.id], "change": "reminded"}
        with store.write(Event(Kind.REVIEW_CAMPAIGN, ACTOR, each.project, now, subject)) as session:
            row = session.get_one(ReviewCampaign, each.id)
            row.reminded_at = now
            at = moment(row.due_at)
            text = Text(
                f"{left[each.id]} droits sont encore à revoir avant le {at.fr}.",
                f"{left[each.id]} rights are still to be reviewed by {at.en}.",
            )
            tell_reviewers(session, row, text, now)


def _settle(store: Store, now: datetime) -> None:
    with store.read() as session:
        late = [each for each in _open(session) if each.due_at <= now]
        unanswered = [item for each in late for item in items(session, each.id) if item.decision is None]
    for item in unanswered:
        with store.read() as session:
            last = only_administrator(session, item.reviewed)
        decision, evidence = (ReviewDecision.KEEP, ONLY_ONE) if last else (ReviewDecision.WITHDRAW, SILENCE)
        try:
            decide_item(store, item.id, decision, evidence=evidence, actor=ACTOR, now=now)
        except Conflict:
            continue  # somebody answered in the last moment
    for each in late:
        try:
            close_campaign(store, each.id, actor=ACTOR, now=now)
        except Conflict:
            continue


def _open(session: Session) -> list[ReviewCampaign]:
    return [each for each in campaigns(session) if each.closed_at is None]
