"""Letting files in: my imports, a new one, what it holds, its submission; and the steward's side."""

from typing import Annotated

from pydantic import Field

from hub_extensions.imports import composing, reading, reviewing, views
from hub_extensions.imports.acting import By
from hub_extensions.imports.composing import Declaration, Target
from hub_extensions.imports.records import CONTENT_LABELS, Content
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing
from hub_extensions.portal.words import both
from project_spaces.access import may
from project_spaces.datasets import list_datasets
from project_spaces.decisions import Action
from project_spaces.memberships import memberships
from project_spaces.projects import get_project

Slug = Annotated[str, Field(min_length=1, max_length=30)]
Long = Annotated[str, Field(min_length=1, max_length=10_000)]


class NewImport(Input):
    """Where it goes: a project, or a data set and the name of the version."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    project: Slug | None = None
    dataset: Slug | None = None
    version: Annotated[str, Field(min_length=1, max_length=40)] | None = None


class Declared(Input):
    """What the owner of the files says of them."""

    content: Content = Content.DATA
    origin: Long
    legal_basis: Long
    licence: Annotated[str, Field(min_length=1, max_length=500)]
    health_data: bool = False


class ReceivedFile(Input):
    """One file of an import."""

    file_id: Annotated[str, Field(max_length=32)]


class Reason(Input):
    """A sentence for the sender."""

    message: Long


def mine(call: Call, _body: Nothing) -> Page:
    """My imports and those of my projects, the latest change first."""
    return {"imports": views.mine(call.portal.imports, call.actor, now=call.now)}


def queue(call: Call, _body: Nothing) -> Page:
    """Imports that wait for me to judge them."""
    return {"imports": views.queue(call.portal.imports, call.actor, now=call.now)}


def create(call: Call, body: NewImport) -> Page:
    """Open an import; files are received and described afterwards."""
    target = Target(body.project, body.dataset, body.version)
    return {"id": composing.create(call.portal.imports, target, body.title, by(call))}


def detail(call: Call, _body: Nothing) -> Page:
    """One import, as the caller may see it."""
    return views.detail(call.portal.imports, call["request"], call.actor, now=call.now)


def declare(call: Call, body: Declared) -> Page:
    """Say what the files are: origin, legal basis, licence, whether they hold health data."""
    said = Declaration(body.content, body.origin, body.legal_basis, body.licence, body.health_data)
    composing.declare(call.portal.imports, call["request"], said, by(call))
    return detail(call, Nothing())


def remove_file(call: Call, body: ReceivedFile) -> Page:
    """Take a file out of an import."""
    composing.remove_file(call.portal.imports, call["request"], body.file_id, by(call))
    return detail(call, Nothing())


def submit(call: Call, _body: Nothing) -> Page:
    """Seal the import: it is scanned, looked into, and then judged by a steward."""
    composing.submit(call.portal.imports, call["request"], by(call))
    return detail(call, Nothing())


def withdraw(call: Call, _body: Nothing) -> Page:
    """Give an import up."""
    composing.withdraw(call.portal.imports, call["request"], by(call))
    return detail(call, Nothing())


def approve(call: Call, _body: Nothing) -> Page:
    """Accept an import: it is put in its place, read-only."""
    reviewing.approve(call.portal.imports, call["request"], by(call))
    return detail(call, Nothing())


def send_back(call: Call, body: Reason) -> Page:
    """Send an import back with what has to change."""
    reviewing.return_(call.portal.imports, call["request"], body.message, by(call))
    return detail(call, Nothing())


def reject(call: Call, body: Reason) -> Page:
    """End an import with a no."""
    reviewing.reject(call.portal.imports, call["request"], body.message, by(call))
    return detail(call, Nothing())


def remove(call: Call, body: Reason) -> Page:
    """Take what came in out of the project again."""
    reviewing.remove(call.portal.imports, call["request"], body.message, by(call))
    return detail(call, Nothing())


def file_to_look_at(call: Call, _body: Nothing) -> reading.Waiting:
    """A quarantined file, for the eyes of whoever judges it."""
    return reading.read_file(call.portal.imports, call["request"], call["file"], by(call))


def choices(call: Call, _body: Nothing) -> Page:
    """Where the caller may send something now: projects, and data sets for whose owner the caller speaks."""
    with call.portal.store.read() as session:
        slugs = sorted({each.project for each in memberships(session, person=call.actor)})
        projects = [
            {"slug": slug, "title": get_project(session, slug).title}
            for slug in slugs
            if may(session, call.actor, Action.SUBMIT_IMPORT, now=call.now, project_slug=slug).allowed
        ]
        datasets = [
            {"slug": each.slug, "title": both(each.title)}
            for each in list_datasets(session)
            if each.withdrawn_at is None
            and may(session, call.actor, Action.DELIVER_DATASET, now=call.now, owners=(each.owner,)).allowed
        ]
    return {"projects": projects, "datasets": datasets}


def contents() -> list[Page]:
    """Kinds of content, for a list of choices."""
    return [{"value": each.value, "label": both(label)} for each, label in CONTENT_LABELS.items()]


def by(call: Call) -> By:
    """Who acts, for the desk."""
    return By(call.actor, call.now)
