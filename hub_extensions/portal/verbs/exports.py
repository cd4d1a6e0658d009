"""Taking results out: my requests, a new one, its files, its submission, its links and its download."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from hub_extensions.exports import details, downloads, drafting, recalls, reviewing, submitting, views
from hub_extensions.exports.drafting import Declaration
from hub_extensions.exports.publishing import publications
from hub_extensions.exports.requests import OUTPUT_KIND_LABELS, OutputKind
from hub_extensions.exports.rules_in_words import criteria_of, rules_page
from hub_extensions.exports.standing import data_of
from hub_extensions.exports.states import Owner, State
from hub_extensions.exports.submitting import Checked
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing, People, Words
from hub_extensions.portal.metered import metered
from hub_extensions.portal.project_files import list_files
from hub_extensions.portal.words import both
from project_spaces.access import may, require
from project_spaces.decisions import Action
from project_spaces.memberships import memberships
from project_spaces.projects import get_project

Title = Annotated[str, Field(min_length=1, max_length=200)]
Long = Annotated[str, Field(min_length=1, max_length=10_000)]
Optional = Annotated[str, Field(max_length=10_000)]
FilePath = Annotated[str, Field(min_length=1, max_length=500)]


class NewRequest(Input):
    """A new request; *files* are paths in the project folder, declared in a second step when context is empty."""

    project: Annotated[str, Field(max_length=30)]
    title: Title
    purpose: Long
    recipients: Words = ()
    outside: People = ()
    public: bool = False
    files: tuple[FilePath, ...] = Field(default=(), max_length=1000)
    kind: OutputKind = OutputKind.TABLE
    context: Optional = ""
    controls: Optional = ""
    code: Optional = ""


class Description(Input):
    """What is changed of a request."""

    title: Title | None = None
    purpose: Long | None = None
    recipients: Words | None = None
    outside: People | None = None
    public: bool | None = None


class FileDeclaration(Input):
    """What the author says of one file."""

    kind: OutputKind = OutputKind.TABLE
    context: Long
    controls: Optional = ""
    code: Optional = ""

    def declaration(self) -> Declaration:
        """For the desk."""
        return Declaration(self.kind, self.context, self.controls, self.code)


class NewFile(FileDeclaration):
    """A file to put into a request."""

    path: FilePath


class FileRef(Input):
    """One file of a request."""

    file_id: Annotated[str, Field(max_length=32)]


class ChangedFile(FileDeclaration):
    """One file of a request, declared anew."""

    file_id: Annotated[str, Field(max_length=32)]


class Message(Input):
    """A sentence for the other side."""

    message: Long


class OptionalMessage(Input):
    """A sentence that may be left out."""

    message: Optional = ""


class Answer(Input):
    """An author's answer, about one file or the whole."""

    message: Long
    file_id: Annotated[str, Field(max_length=32)] | None = None


class Paths(Input):
    """Files of the project folder."""

    paths: tuple[FilePath, ...] = Field(min_length=1, max_length=50)


class Deposit(Input):
    """In which of the installation's repositories."""

    repository: Annotated[str, Field(min_length=1, max_length=30)]


class LinkFor(Input):
    """Who gets a fresh link."""

    recipient: Annotated[str, Field(max_length=30)]


def mine(call: Call, _body: Nothing) -> Page:
    """My requests, the latest change first, and the packages that wait for me."""
    desk = call.portal.desk
    return {
        "exports": views.mine(desk, call.actor, now=call.now),
        "received": views.received(desk, call.actor, now=call.now),
    }


def create(call: Call, body: NewRequest) -> Page:
    """Open a draft, with its files when they are given: all of them, or nothing."""
    declaration = Declaration(body.kind, body.context or body.purpose, body.controls, body.code)
    request_id = drafting.create(
        call.portal.desk,
        project=body.project,
        title=body.title,
        purpose=body.purpose,
        recipients=body.recipients,
        outside=[each.outsider() for each in body.outside],
        public=body.public,
        files=[(path, declaration) for path in body.files],
        actor=call.actor,
        now=call.now,
    )
    return {"id": request_id}


def detail(call: Call, _body: Nothing) -> Page:
    """One request, as the caller may see it."""
    return details.detail(call.portal.desk, call["request"], call.actor, now=call.now)


def describe(call: Call, body: Description) -> Page:
    """Change title, purpose or recipients of a draft."""
    drafting.describe(
        call.portal.desk,
        call["request"],
        actor=call.actor,
        now=call.now,
        title=body.title,
        purpose=body.purpose,
        recipients=body.recipients,
        outside=None if body.outside is None else [each.outsider() for each in body.outside],
        public=body.public,
    )
    return detail(call, Nothing())


def add_file(call: Call, body: NewFile) -> Page:
    """Put one file into a request."""
    file_id = drafting.add_file(
        call.portal.desk, call["request"], body.path, body.declaration(), actor=call.actor, now=call.now
    )
    return {"id": file_id}


def change_file(call: Call, body: ChangedFile) -> Page:
    """Declare a file anew."""
    drafting.change_file(
        call.portal.desk, call["request"], body.file_id, body.declaration(), actor=call.actor, now=call.now
    )
    return detail(call, Nothing())


def remove_file(call: Call, body: FileRef) -> Page:
    """Take a file out of a request."""
    drafting.remove_file(call.portal.desk, call["request"], body.file_id, actor=call.actor, now=call.now)
    return detail(call, Nothing())


def submit(call: Call, _body: Nothing) -> Page:
    """Freeze the files, have them checked and hand the request to the reviewers; a blocked file keeps it a draft."""
    done = submitting.submit(call.portal.desk, call["request"], actor=call.actor, now=call.now)
    return {"state": done.state.value, "files": [checked(file) for file in done.files]}


def withdraw(call: Call, body: OptionalMessage) -> Page:
    """Give the request up."""
    drafting.withdraw(call.portal.desk, call["request"], actor=call.actor, now=call.now, message=body.message)
    return detail(call, Nothing())


def answer(call: Call, body: Answer) -> Page:
    """Answer the reviewers."""
    reviewing.answer(
        call.portal.desk, call["request"], body.message, actor=call.actor, now=call.now, file_id=body.file_id
    )
    return detail(call, Nothing())


def revoke(call: Call, body: Message) -> Page:
    """Take a released package back: every link dies, running downloads too."""
    downloads.revoke(call.portal.desk, call["request"], actor=call.actor, now=call.now, message=body.message)
    return detail(call, Nothing())


def publish(call: Call, body: Deposit) -> Page:
    """Deposit a released, public export in a repository: the project lead's choice."""
    publications.publish(call.portal.desk, call["request"], body.repository, actor=call.actor, now=call.now)
    return detail(call, Nothing())


def attest(call: Call, body: Message) -> Page:
    """Say that a recalled package, which I had fetched, is destroyed."""
    recalls.attest(call.portal.desk, call["request"], actor=call.actor, now=call.now, statement=body.message)
    return detail(call, Nothing())


def recall_register(call: Call, _body: Nothing) -> Page:
    """Every recall: why, who had fetched the package, who attested its destruction."""
    with call.portal.store.read() as session:
        require(session, call.actor, Action.ADMINISTER, now=call.now)
        return {"recalls": list(recalls.register(session))}


def issue_link(call: Call, body: LinkFor) -> Page:
    """Give a recipient a fresh link in place of the old one."""
    link = downloads.issue_link(call.portal.desk, call["request"], body.recipient, actor=call.actor, now=call.now)
    return {"id": link}


def check(call: Call, body: Paths) -> Page:
    """Say what the checks would say; nothing is stored."""
    done = submitting.pre_check(call.portal.desk, call["project"], body.paths, actor=call.actor, now=call.now)
    return metered(call, {"files": [checked(file) for file in done]})


def files(call: Call, _body: Nothing) -> Page:
    """The files of the project folder that could be taken out: names and sizes."""
    with call.portal.store.read() as session:
        require(session, call.actor, Action.SUBMIT_EXPORT, now=call.now, project_slug=call["project"])
    listing = list_files(call.portal.project_dir(call["project"]))
    page = {
        "project": call["project"],
        "complete": listing.complete,
        "files": [
            {
                "path": file.path,
                "size": file.size,
                "modified_at": datetime.fromtimestamp(file.modified_s, UTC).isoformat(),
            }
            for file in listing.files
        ],
    }
    return metered(call, page)


def rules(call: Call, _body: Nothing) -> Page:
    """The rules that results of a project must hold to: the strictest of the installation and all its data sets."""
    desk = call.portal.desk
    with call.portal.store.read() as session:
        require(session, call.actor, Action.SUBMIT_EXPORT, now=call.now, project_slug=call["project"])
        data = data_of(session, call["project"], base=desk.policy, dataset_dir=desk.dataset_dir)
    return rules_page(criteria_of(data.policy))


def choosable(call: Call) -> list[Page]:
    """Projects out of which the caller may take results now."""
    with call.portal.store.read() as session:
        slugs = sorted({each.project for each in memberships(session, person=call.actor)})
        return [
            {"slug": slug, "title": get_project(session, slug).title}
            for slug in slugs
            if may(session, call.actor, Action.SUBMIT_EXPORT, now=call.now, project_slug=slug).allowed
        ]


def checked(file: Checked) -> Page:
    """What the checks said of one file."""
    return {
        "path": file.path,
        "verdict": file.verdict.value,
        "type": file.type,
        "findings": [{**each.as_json(), "message": both(each.message)} for each in file.findings],
    }


def kinds() -> list[Page]:
    """Kinds of output, for a list of choices."""
    return [{"value": kind.value, "label": both(label)} for kind, label in OUTPUT_KIND_LABELS.items()]


#: The way of a request that meets no obstacle, for the row of steps on its page.
WAY: Sequence[State] = (State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.APPROVED, State.RELEASED)


def way_of(state: str) -> list[dict[str, Any]]:
    """Where a request is on the way: each step done, current, or ahead."""
    order = [each.value for each in WAY]
    near = {State.REVIEWED.value: State.IN_REVIEW.value, State.RETURNED.value: State.DRAFT.value}
    place = near.get(state, state)
    at = order.index(place) if place in order else -1
    return [
        {"state": each, "done": number < at or (at == len(order) - 1 == number), "current": number == at}
        for number, each in enumerate(order)
    ]


def is_author(page: Page) -> bool:
    """Tell whether a detail page is seen by the request's author."""
    return bool(page["viewer_role"] == Owner.AUTHOR.value)
