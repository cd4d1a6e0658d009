"""My projects and my workspaces in them: the cards of the home page."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from hub_extensions.portal.context import Call, Page, Portal
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.words import CLASS_LABELS, MEMBER_LABELS, both, iso, reasons
from hub_extensions.portal.workspaces import STATE_LABELS, Standing, State
from project_spaces.access import may
from project_spaces.conditions import Reason
from project_spaces.datasets import Dataset, get_dataset, latest_version
from project_spaces.decisions import Action, Decision
from project_spaces.errors import NotFound
from project_spaces.facts import MemberRole
from project_spaces.habilitations import habilitations
from project_spaces.memberships import Membership, memberships
from project_spaces.projects import Project, get_project
from project_spaces.text import Text

#: A project's or a right's end is pointed out from this long before.
SOON = timedelta(days=30)

NOT_SEALED = Text(
    "Mode d'essai : seules des données ouvertes ou de synthèse sont montées.",
    "Trial mode: only open or synthetic data are mounted.",
)


async def projects(call: Call, _body: Nothing) -> Page:
    """My projects, each with my workspace in it."""
    cards = await asyncio.to_thread(_cards, call)
    standings = await call.portal.workspaces.standings(call.actor, [card["slug"] for card in cards], call.now)
    return {"projects": [_with_workspace(call, card, standings[card["slug"]]) for card in cards]}


async def project(call: Call, _body: Nothing) -> Page:
    """One of my projects."""
    found = (await projects(call, _body))["projects"]
    for card in found:
        if card["slug"] == call["project"]:
            return card  # type: ignore[no-any-return]
    raise NotFound(Text("Ce projet n'est pas parmi les vôtres.", "This project is not among yours."))


async def workspace(call: Call, _body: Nothing) -> Page:
    """My workspace in one project."""
    standings = await call.portal.workspaces.standings(call.actor, [call["project"]], call.now)
    return shown(call, call["project"], standings[call["project"]])


async def start(call: Call, body: Nothing) -> Page:
    """Start my workspace; answers at once, the start goes on."""
    await call.portal.workspaces.start(call.actor, call["project"], call.now)
    return await workspace(call, body)


async def stop(call: Call, body: Nothing) -> Page:
    """Stop my workspace; files are kept, kernels are not."""
    await call.portal.workspaces.stop(call.actor, call["project"])
    return await workspace(call, body)


def _cards(call: Call) -> list[Page]:
    with call.portal.store.read() as session:
        mine = memberships(session, person=call.actor)
        slugs = sorted({each.project for each in mine})
        found = [_card(session, call, slug, [each for each in mine if each.project == slug]) for slug in slugs]
    return sorted(found, key=lambda card: (not card["opening"]["allowed"], card["title"]))


def _card(session: Session, call: Call, slug: str, mine: Sequence[Membership]) -> Page:
    """One project as its member sees it, without the workspace's state."""
    person, now = call.actor, call.now
    found = get_project(session, slug)
    opening = may(session, person, Action.OPEN_WORKSPACE, now=now, project_slug=slug)
    current = [each for each in mine if each.window.holds(now)] or list(mine)
    return {
        "slug": slug,
        "title": found.title,
        "purpose": found.purpose,
        "status": found.status.value,
        "starts_at": iso(found.starts_at),
        "ends_at": iso(found.ends_at),
        "role": both(MEMBER_LABELS[current[-1].role]),
        "leading": any(each.role is MemberRole.LEAD for each in current if each.window.holds(now)),
        "member_until": iso(current[-1].window.last),
        "opening": decided(opening, now),
        "exporting": may(session, person, Action.SUBMIT_EXPORT, now=now, project_slug=slug).allowed,
        "quota": quota_of(found),
        "datasets": [
            dataset_of(session, call, slug, name)
            for name in sorted({each.dataset for each in habilitations(session, person=person, project=slug)})
        ],
    }


def dataset_of(session: Session, call: Call, project: str, slug: str) -> Page:
    """One data set of one project: would it be mounted for the caller now, until when, and if not, why not."""
    person, now = call.actor, call.now
    found = get_dataset(session, slug)
    decision = may(session, person, Action.MOUNT_DATASET, now=now, project_slug=project, dataset_slug=slug)
    version = latest_version(session, slug)
    return {
        "slug": slug,
        "title": both(found.title),
        "owner": found.owner,
        "classification": found.classification.value,
        "class_label": both(CLASS_LABELS[found.classification]),
        "version": None if version is None else version.version,
        **decided(_here(call.portal, found, decision), now),
    }


def decided(decision: Decision, now: datetime) -> Page:
    """A decision: allowed, until when (*soon* when that is near), and every reason when it is no."""
    return {
        "allowed": decision.allowed,
        "until": iso(decision.until),
        "soon": decision.until is not None and decision.until - now < SOON,
        "reasons": reasons(decision.reasons),
    }


def quota_of(found: Project) -> dict[str, Any]:
    """Limits of a project: cores, MiB, processes, GiB, devices."""
    quota = found.quota
    return {
        "cpu": quota.cpu,
        "memory_mb": quota.memory_mb,
        "pids": quota.pids,
        "storage_gb": quota.storage_gb,
        "gpu_count": quota.gpu_count,
    }


def shown(call: Call, project_slug: str, standing: Standing) -> Page:
    """A workspace's standing as data; *url* opens it, on an origin of its own."""
    running = standing.state is State.RUNNING
    origin = call.portal.workspace_origin(call.actor)
    return {
        "project": project_slug,
        "state": standing.state.value,
        "state_label": both(STATE_LABELS[standing.state]),
        "step": both(standing.step),
        "progress": standing.progress,
        "reason": both(standing.reason),
        "reasons": [both(reason) for reason in standing.reasons],
        "since": iso(standing.since),
        "mounted": [{"dataset": dataset, "version": version} for dataset, version in standing.mounted],
        "url": f"{origin}/user/{call.actor}/{project_slug}/lab" if running else None,
    }


def _with_workspace(call: Call, card: Page, standing: Standing) -> Page:
    return {**card, "workspace": shown(call, card["slug"], standing)}


def _here(portal: Portal, found: Dataset, decision: Decision) -> Decision:
    """Where workspaces are not sealed, sensitive data stay out even when the person is habilitated."""
    allowed = portal.classifications
    if allowed is None or found.classification in allowed or not decision.allowed:
        return decision
    return Decision(allowed=False, reasons=(Reason("workspace_not_sealed", NOT_SEALED),), until=None)
