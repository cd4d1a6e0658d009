"""Reviews of habilitations: every year, and at the end of a project (référentiel 8.2, SEC-HAB-5).

A campaign freezes what there is to review: each membership and each habilitation of a project, or of all of them with
the roles, perimeters and stewardships of the platform (see ``rights``). For each, somebody keeps or withdraws it, with
the evidence looked at. Withdrawing takes the right away in the same transaction. Nobody reviews own rights, and a
campaign is closed only when nothing is left undecided. The role of the only administrator is kept, and said to be:
there is nobody to decide on it, and without it nobody could give a role again.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UnicodeText, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.columns import Base, Chosen
from project_spaces.errors import Conflict, Invalid, NotFound
from project_spaces.facts import Place, PlatformRole
from project_spaces.notifications import Topic, notify
from project_spaces.people import Person, holders, require_administrator
from project_spaces.projects import Project, get_project
from project_spaces.records.places import Perimeter, project_places
from project_spaces.reviews.rights import (
    ReviewedRight,
    RightKind,
    about_words,
    only_administrator,
    rights_to_review,
    withdraw_right,
    withdrawal_event,
)
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text
from project_spaces.windows import moment

#: Who keeps what nobody may decide on, and why.
KEEPER = "system:reviews"
ONLY_ONE = (
    "Seul administrateur : personne d'autre n'en décide. Nommez-en un second. "
    "— The only administrator: nobody else decides. Name a second one."
)


class Occasion(StrEnum):
    """Why rights are reviewed."""

    YEARLY = "yearly"
    PROJECT_END = "project_end"


class ReviewDecision(StrEnum):
    """What was decided."""

    KEEP = "keep"
    WITHDRAW = "withdraw"


class ReviewCampaign(Base):
    """One review, of a project or (None) of the platform, to be done by a moment."""

    __tablename__ = "review_campaign"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    occasion: Mapped[Occasion] = mapped_column(Chosen(Occasion))
    project: Mapped[str | None] = mapped_column(ForeignKey(Project.slug))
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(64))
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(64))
    reminded_at: Mapped[datetime | None]


class ReviewItem(Base):
    """One right as it stood when the campaign was opened, and what was decided about it."""

    __tablename__ = "review_item"
    __table_args__ = (Index("ix_review_item_campaign", "campaign"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    campaign: Mapped[str] = mapped_column(ForeignKey(ReviewCampaign.id))
    kind: Mapped[RightKind] = mapped_column(Chosen(RightKind))
    right: Mapped[str] = mapped_column(String(200))
    person: Mapped[str] = mapped_column(ForeignKey(Person.username))
    project: Mapped[str | None] = mapped_column(ForeignKey(Project.slug))
    dataset: Mapped[str | None] = mapped_column(String(30))
    about: Mapped[str | None] = mapped_column(String(200))
    ends_at: Mapped[datetime | None]
    decision: Mapped[ReviewDecision | None] = mapped_column(Chosen(ReviewDecision))
    evidence: Mapped[str | None] = mapped_column(UnicodeText)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    event: Mapped[str | None] = mapped_column(String(32))

    @property
    def reviewed(self) -> ReviewedRight:
        """The right itself."""
        return ReviewedRight(
            self.kind, self.right, self.person, self.project, self.dataset, about=self.about, ends_at=self.ends_at
        )


def campaigns(session: Session) -> Sequence[ReviewCampaign]:
    """Return every campaign, the latest first."""
    return session.scalars(select(ReviewCampaign).order_by(ReviewCampaign.opened_at.desc(), ReviewCampaign.id)).all()


def items(session: Session, campaign_id: str) -> Sequence[ReviewItem]:
    """Return what a campaign reviews: what is done for the platform first, then by project, person and data set."""
    query = select(ReviewItem).where(ReviewItem.campaign == campaign_id)
    project, dataset = func.coalesce(ReviewItem.project, ""), func.coalesce(ReviewItem.dataset, "")
    return session.scalars(query.order_by(project, ReviewItem.person, dataset, ReviewItem.kind, ReviewItem.right)).all()


def undecided(session: Session, campaign_id: str) -> int:
    """Return how many rights of a campaign nobody has decided on."""
    query = select(func.count()).where(ReviewItem.campaign == campaign_id, ReviewItem.decision.is_(None))
    return session.scalars(query).one()


def open_campaign(
    store: Store, occasion: Occasion, *, project: str | None, due_at: datetime, actor: str, now: datetime
) -> str:
    """Open a review of every right that has not ended, and return its id.

    Raises
    ------
    Invalid
        the review at a project's end names no project, or it is due before now.
    Conflict
        a review of the same is open, or there is nothing to review.
    NotFound, Refused
        no such project; *actor* is not an administrator.
    """
    if due_at <= now or (occasion is Occasion.PROJECT_END and project is None):
        raise Invalid(
            Text(
                "Une revue a une échéance à venir et porte sur quelque chose.",
                "A review has a deadline in the future, and is about something.",
            )
        )
    number = uuid.uuid4().hex
    subject = {"campaign": number, "occasion": occasion.value, "due_at": due_at.isoformat(), "change": "opened"}
    with store.write(Event(Kind.REVIEW_CAMPAIGN, actor, project, now, subject)) as session:
        require_administrator(session, actor, now, within=_places(session, project))
        if project is not None:
            get_project(session, project)
        same = select(ReviewCampaign.id).where(ReviewCampaign.closed_at.is_(None), ReviewCampaign.project == project)
        rights = rights_to_review(session, project, now)
        if session.scalars(same).first() is not None or not rights:
            raise Conflict(
                Text(
                    "Une revue est déjà ouverte, ou il n'y a rien à revoir.",
                    "A review is open already, or there is nothing to review.",
                )
            )
        campaign = ReviewCampaign(
            id=number, occasion=occasion, project=project, opened_at=now, opened_by=actor, due_at=due_at
        )
        session.add(campaign)
        session.flush()
        at = moment(due_at)
        text = Text(
            f"Une revue des habilitations est ouverte : {len(rights)} droits à revoir avant le {at.fr}.",
            f"A review of habilitations is open: {len(rights)} rights to be reviewed by {at.en}.",
        )
        tell_reviewers(session, campaign, text, now)
        session.add_all(_item(number, right) for right in rights)
        session.flush()
        _keep_the_only_administrator(session, number, now)
    return number


def decide_item(
    store: Store, item_id: str, decision: ReviewDecision, *, evidence: str, actor: str, now: datetime
) -> None:
    """Keep or withdraw one right, saying what that rests on; a withdrawal takes effect at once.

    A right that was kept may still be withdrawn while the campaign is open, never the other way round.

    Raises
    ------
    Invalid, NotFound
        there is no evidence; no such item.
    Conflict
        the campaign is closed, or it was decided.
    Refused
        *actor* is not an administrator, or the right is his own.
    """
    if not evidence.strip():
        raise Invalid(Text("Indiquez sur quoi la décision repose.", "Say what the decision rests on."))
    with store.read() as session:
        found = _get_item(session, item_id)
    events = _decision_events(found, decision, evidence, actor, now)
    with store.write(*events) as session:
        row = _get_item(session, item_id)
        require_administrator(session, actor, now, beneficiary=row.person, within=_places(session, row.project))
        _require_undecided(session, row, decision)
        row.decision, row.evidence, row.decided_at, row.decided_by = decision, evidence.strip(), now, actor
        row.event = events[0].id
        if decision is ReviewDecision.WITHDRAW:
            withdraw_right(session, row.reviewed, reason=evidence, actor=actor, now=now)
            notify(session, to=row.person, kind=Topic.RIGHTS, text=_told(row), link="habilitations", now=now)


def close_campaign(store: Store, campaign_id: str, *, actor: str, now: datetime) -> None:
    """Close a campaign in which everything is decided; what was decided stays.

    Raises
    ------
    Conflict
        something is undecided, or it is closed.
    NotFound, Refused
        no such campaign; *actor* is not an administrator.
    """
    with store.read() as session:
        found = _get_campaign(session, campaign_id)
        kept = _count(session, campaign_id, ReviewDecision.KEEP)
        withdrawn = _count(session, campaign_id, ReviewDecision.WITHDRAW)
    subject: dict[str, str | int] = {"campaign": campaign_id, "kept": kept, "withdrawn": withdrawn, "change": "closed"}
    with store.write(Event(Kind.REVIEW_CAMPAIGN, actor, found.project, now, subject)) as session:
        require_administrator(session, actor, now, within=_places(session, found.project))
        row = _get_campaign(session, campaign_id)
        if row.closed_at is not None or undecided(session, campaign_id):
            raise Conflict(
                Text("Cette revue est close, ou il reste à décider.", "This review is closed, or decisions are left.")
            )
        row.closed_at, row.closed_by = now, actor


def tell_reviewers(session: WriteSession, campaign: ReviewCampaign, text: Text, now: datetime) -> None:
    """Tell who may answer a review: the platform's administrators, and those of the hub that the project is of."""
    names = {each.username for each in holders(session, PlatformRole.ADMINISTRATOR)}
    places = None if campaign.project is None else project_places(session, campaign.project)
    for each in session.scalars(select(Perimeter)):
        if each.window.holds(now) and (places is None or each.facts.place in places):
            names.add(each.person)
    for name in sorted(names):
        notify(session, to=name, kind=Topic.TASK, text=text, link=f"admin/reviews/{campaign.id}", now=now)


def _places(session: Session, project: str | None) -> tuple[Place, ...]:
    """A review of the whole platform, and what is done for it, lie in no perimeter."""
    return () if project is None else project_places(session, project)


def _item(campaign: str, right: ReviewedRight) -> ReviewItem:
    return ReviewItem(
        id=uuid.uuid4().hex,
        campaign=campaign,
        kind=right.kind,
        right=right.right,
        person=right.person,
        project=right.project,
        dataset=right.dataset,
        about=right.about,
        ends_at=right.ends_at,
    )


def _keep_the_only_administrator(session: WriteSession, campaign: str, now: datetime) -> None:
    for row in items(session, campaign):
        if only_administrator(session, row.reviewed):
            (event,) = _decision_events(row, ReviewDecision.KEEP, ONLY_ONE, KEEPER, now)
            session.also(event)
            row.decision, row.evidence, row.decided_at, row.decided_by = ReviewDecision.KEEP, ONLY_ONE, now, KEEPER
            row.event = event.id


def _told(item: ReviewItem) -> Text:
    if item.about is not None:
        about = about_words(item.kind, item.about)
        return Text(
            f"La revue des habilitations vous a retiré ce que vous faites pour la plateforme : {about.fr}.",
            f"The review of habilitations withdrew what you do for the platform: {about.en}.",
        )
    return Text(
        f"La revue des habilitations a retiré un de vos droits dans l'espace projet {item.project}.",
        f"The review of habilitations withdrew one of your rights in project space {item.project}.",
    )


def _decision_events(
    item: ReviewItem, decision: ReviewDecision, evidence: str, actor: str, now: datetime
) -> list[Event]:
    subject = {"campaign": item.campaign, "right": item.right, "decision": decision.value, "change": "decided"}
    persons, private = {"beneficiary": item.person}, {"reason": evidence}
    events = [Event(Kind.REVIEW_CAMPAIGN, actor, item.project, now, subject, private=private, persons=persons)]
    if decision is ReviewDecision.WITHDRAW:
        events.append(withdrawal_event(item.reviewed, reason=evidence, actor=actor, now=now))
    return events


def _require_undecided(session: Session, item: ReviewItem, decision: ReviewDecision) -> None:
    campaign = _get_campaign(session, item.campaign)
    later = item.decision is ReviewDecision.KEEP and decision is ReviewDecision.WITHDRAW
    if campaign.closed_at is not None or (item.decision is not None and not later):
        raise Conflict(Text("Cette ligne est déjà décidée.", "This line is decided already."))


def _count(session: Session, campaign_id: str, decision: ReviewDecision) -> int:
    query = select(func.count()).where(ReviewItem.campaign == campaign_id, ReviewItem.decision == decision)
    return session.scalars(query).one()


def _get_item(session: Session, item_id: str) -> ReviewItem:
    row = session.get(ReviewItem, item_id)
    if row is None:
        raise NotFound(Text("Il n'y a rien de tel à revoir.", "There is no such thing to review."))
    return row


def _get_campaign(session: Session, campaign_id: str) -> ReviewCampaign:
    row = session.get(ReviewCampaign, campaign_id)
    if row is None:
        raise NotFound(Text("Il n'y a pas de telle revue.", "There is no such review."))
    return row
