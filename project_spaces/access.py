"""Reads the facts that a decision needs and asks ``decide``: what every room calls before it acts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ParamSpec

from sqlalchemy import select
from sqlalchemy.orm import Session

from project_spaces.agreements import DatasetAgreement, Embargo, agreements, embargoes
from project_spaces.approvals import approvals
from project_spaces.conditions import Reason
from project_spaces.datasets import Dataset
from project_spaces.decisions import READS_FILES, USES_DATA, Action, ConditionState, Decision, decide, explain
from project_spaces.errors import NotFound, Refused
from project_spaces.facts import Classification, DatasetFacts, Place, ProjectFacts, Resource, Subject
from project_spaces.habilitations import Habilitation, habilitations
from project_spaces.memberships import memberships
from project_spaces.people import signed_in_as, subject_of
from project_spaces.projects import Project
from project_spaces.records import rules_of
from project_spaces.records.used_data import used_in
from project_spaces.requirements import Requirement
from project_spaces.slugs import is_slug
from project_spaces.windows import Window

Facts = ParamSpec("Facts")
#: Code of the reason that somebody never was a member of the project.
STRANGER = "membership_missing"
_ByDataset = Mapping[str, tuple[Window, ...]]


def may(
    session: Session,
    username: str,
    action: Action,
    *,
    now: datetime,
    project_slug: str | None = None,
    dataset_slug: str | None = None,
    mounted: Sequence[str] = (),
    author: str | None = None,
    recipient: str | None = None,
    beneficiary: str | None = None,
    concerned: Sequence[str] = (),
    owners: Sequence[str] = (),
    within: Sequence[Place] = (),
) -> Decision:
    """Decide whether *username* may do *action*, with what the database says now.

    Parameters
    ----------
    dataset_slug
        the data set to mount.
    mounted
        every data set mounted in the workspace that a message or a file goes to.
    author, recipient, beneficiary
        who made the export request, who is named on the link, who would receive a right.
    concerned
        everybody who is named in a request for access.
    owners
        the owners of data of whom one must be spoken for.
    within
        the places in which what is administered lies.
    """
    case = (author, recipient, beneficiary, tuple(concerned), tuple(owners), tuple(within))
    asked = _Asked(project_slug, dataset_slug, mounted, *case)
    return decide(*_facts(session, username, action, asked), now)


def may_in_sessions(
    session: Session,
    username: str,
    action: Action,
    names: Sequence[str | None],
    *,
    now: datetime,
    project_slug: str | None = None,
    mounted: Sequence[str] = (),
) -> tuple[Decision, Mapping[str | None, Decision]]:
    """Decide as ``may``, and for each of these browser sessions of the person by its own sign-in; None is a program's.

    The rest of the facts is read once: many sessions cost little more than one.
    """
    subject, _, resource = _facts(session, username, action, _Asked(project_slug, mounted=mounted))
    each = {name: decide(signed_in_as(session, subject, name), action, resource, now) for name in names}
    return decide(subject, action, resource, now), each


def why(
    session: Session,
    username: str,
    action: Action,
    *,
    now: datetime,
    project_slug: str | None = None,
    dataset_slug: str | None = None,
) -> list[ConditionState]:
    """Return the state of every condition behind ``may``, those that hold too: the page "why can't I?"."""
    asked = _Asked(project_slug, dataset_slug)
    return explain(*_facts(session, username, action, asked), now)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a question names; see ``may``."""

    project_slug: str | None = None
    dataset_slug: str | None = None
    mounted: Sequence[str] = ()
    author: str | None = None
    recipient: str | None = None
    beneficiary: str | None = None
    concerned: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    within: tuple[Place, ...] = ()


def _facts(session: Session, username: str, action: Action, asked: _Asked) -> tuple[Subject, Action, Resource]:
    named = [asked.dataset_slug] if asked.dataset_slug is not None else list(asked.mounted)
    slugs = named if action in USES_DATA else []
    resource = replace(
        _resource(session, username, action, asked.project_slug, slugs),
        author=asked.author,
        recipient=asked.recipient,
        beneficiary=asked.beneficiary,
        concerned=asked.concerned,
        owners=asked.owners,
        within=asked.within,
    )
    return subject_of(session, username, action), action, resource


def allowed(decision: Decision) -> Decision:
    """Return *decision* when it allows; raise ``Refused`` with every reason, ``NotFound`` for an unknown project.

    Who never was a member is told that alone, whatever the project is: open, stopped, approved, or not there.
    """
    if not decision.allowed:
        reasons = told(decision)
        unknown = any(reason.code == "project_unknown" for reason in reasons)
        error = NotFound if unknown else Refused
        raise error(reasons[0].text, [reason.text for reason in reasons], [reason.code for reason in reasons])
    return decision


def told(decision: Decision) -> tuple[Reason, ...]:
    """Return the reasons of a refusal that its subject may know."""
    if any(reason.code == STRANGER for reason in decision.reasons):
        return tuple(reason for reason in decision.reasons if not of_project(reason.code))
    return decision.reasons


def of_project(code: str) -> bool:
    """Tell whether a condition is about the project itself: its state is for those who have to do with it."""
    return code.startswith(("project", "approval", "stopped_project"))


def _raising(question: Callable[Facts, Decision]) -> Callable[Facts, Decision]:
    """Return *question* with a refusal raised as ``Refused``."""

    def asked(*arguments: Facts.args, **named: Facts.kwargs) -> Decision:
        return allowed(question(*arguments, **named))

    return asked


#: As ``may``, but a refusal is raised, with every reason.
require = _raising(may)


def _resource(
    session: Session, username: str, action: Action, project_slug: str | None, slugs: Sequence[str]
) -> Resource:
    known = project_slug is not None and is_slug(project_slug)
    project = session.get(Project, project_slug) if known else None
    workspace = rules_of(session).workspace
    if project is None:
        return Resource(datasets=tuple(_datasets(session, username, None, slugs)), workspace=workspace)
    mine = tuple(each.facts for each in memberships(session, person=username, project=project.slug))
    others = _others_used(session, project.slug, slugs) if mine and action in READS_FILES else []
    found = tuple(_datasets(session, username, project.slug, [*slugs, *others]))
    return Resource(
        project=project_facts(session, project),
        memberships=mine,
        datasets=found[: len(slugs)],
        in_files=found[len(slugs) :],
        workspace=workspace,
    )


def in_files(session: Session, username: str, project: str) -> tuple[DatasetFacts, ...]:
    """Return every data set of which the files of *project* may hold extracts, with the rights of *username* to it."""
    return tuple(_datasets(session, username, project, used_in(session, project)))


def _others_used(session: Session, project: str, slugs: Sequence[str]) -> list[str]:
    """Who never was in the project is told nothing of its data: this is not asked for them."""
    return [each for each in used_in(session, project) if each not in slugs]


def project_facts(session: Session, project: Project) -> ProjectFacts:
    """Return a project as decisions see it, with its approvals where any are asked for, and its frozen time."""
    rules = rules_of(session)
    approved = approvals(session, project.slug) if rules.ask("approvals") else ()
    return replace(
        project.facts,
        approvals=tuple(each.facts for each in approved),
        frozen=project.frozen(rules.ends.export_window),
    )


def _datasets(session: Session, username: str, project: str | None, slugs: Sequence[str]) -> Iterator[DatasetFacts]:
    """Read all of *slugs* at once, so that ten data sets cost as many queries as one.

    An unknown data set counts as withdrawn and without habilitation: it never allows anything.
    """
    wanted = [slug for slug in slugs if is_slug(slug)]
    if not slugs:
        return
    found = {each.slug: each for each in session.scalars(select(Dataset).where(Dataset.slug.in_(wanted)))}
    held = _windows(habilitations(session, person=username, project=project)) if project is not None else {}
    closed = _windows(embargoes(session, wanted))
    asks = {slug: _asks(session, dataset) for slug, dataset in found.items()}
    signing = project is not None and any(each.agreement for each in asks.values())
    signed = _windows(agreements(session, project or "", wanted)) if signing else {}
    for slug in slugs:
        dataset = found.get(slug)
        if dataset is None:
            yield DatasetFacts(slug, Classification.PSEUDONYMISED, withdrawn=True)
            continue
        yield DatasetFacts(
            slug,
            dataset.classification,
            withdrawn=dataset.withdrawn_at is not None,
            habilitations=held.get(slug, ()),
            asks=asks[slug],
            agreements=signed.get(slug, ()),
            embargoes=closed.get(slug, ()),
        )


def _asks(session: Session, dataset: Dataset) -> Requirement:
    tier = rules_of(session).of_tier(dataset.classification)
    return replace(tier, agreement=tier.agreement or dataset.agreement_required)


def _windows(rows: Sequence[Habilitation] | Sequence[DatasetAgreement] | Sequence[Embargo]) -> _ByDataset:
    windows: dict[str, tuple[Window, ...]] = {}
    for row in rows:
        windows[row.dataset] = (*windows.get(row.dataset, ()), row.window)
    return windows
