"""The audit: search the ledger, open an entry, prove it, verify the whole. A look is recorded before it shows anything.

Only auditors pass (``require_auditor``), and what they ask is in the ledger (``record_look``) before anything is
shown. The filter itself is a private fact (it may hold a name that was typed); the people whom a look is about are
persons of the entry, which is how they find it in their own trace: who was asked for, and whoever is named in what is
shown.
"""

import asyncio
import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from audit.canonical import loads_strict
from audit.errors import Malformed
from audit.events import SYSTEM_PREFIX, Kind, Scalar
from audit.index import Index, Row
from audit.message_checks import sealed_problem, tells_of
from audit.verify import Problem
from hub_extensions.oversight.looks import looks, people_of
from hub_extensions.portal.audit_words import GROUP_BY_ID, kind_label
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import End, Input, Nothing, Start
from hub_extensions.portal.ledger_view import NO_ENTRY, NO_LOG
from hub_extensions.portal.verification import Stage, Verification
from hub_extensions.portal.words import both, iso
from project_spaces.access import require
from project_spaces.decisions import Action
from project_spaces.errors import Invalid, NotFound, Unavailable
from project_spaces.text import Text

PAGE_SIZE = 50
#: Seconds for which the API waits for a verification before it answers how far it is.
VERIFY_WAIT_S = 120
GroupId = Literal["access", "work", "files", "shown", "workspaces", "exports", "rights", "data", "audit", "ledger"]
NO_SUCH_PERIOD = Text("La période finit avant de commencer.", "The period ends before it begins.")


class Filter(Input):
    """What is looked for: every field narrows it."""

    kind: Kind | None = None
    group: GroupId | None = None
    person: Annotated[str, Field(max_length=64)] | None = None
    project: Annotated[str, Field(max_length=30)] | None = None
    dataset: Annotated[str, Field(max_length=96)] | None = None
    #: ``any``, a rule's name, or a rule in one version (``name@2``).
    rule: Annotated[str, Field(max_length=32)] | None = None
    workspace: Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | None = None
    since: Start | None = None
    until: End | None = None

    def asked(self) -> dict[str, Any]:
        """As the index is asked."""
        if self.since is not None and self.until is not None and self.until < self.since:
            raise Invalid(NO_SUCH_PERIOD)
        kinds = None if self.group is None else [kind.value for kind in GROUP_BY_ID[self.group].kinds]
        return {
            "kind": self.kind.value if self.kind is not None else kinds,
            "person": self.person,
            "project": self.project,
            "dataset": self.dataset,
            "rule": True if self.rule == "any" else self.rule,
            "workspace": self.workspace,
            "since": self.since,
            "until": self.until,
        }

    def written(self) -> dict[str, str]:
        """The filter as text, for the private part of the record and for a document's head."""
        return {name: str(value) for name, value in self.model_dump(mode="json").items() if value not in {None, ""}}


class Search(Filter):
    """A filter, and the cursor that another page gave: *before* goes to older entries, *after* to newer ones."""

    before: Annotated[int, Field(ge=0, lt=1 << 53)] | None = None
    after: Annotated[int, Field(ge=0, lt=1 << 53)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = PAGE_SIZE

    def filter(self) -> Filter:
        """Without the cursor."""
        return Filter.model_validate(self.model_dump(exclude={"before", "after", "limit"}))


def require_auditor(call: Call) -> None:
    """Let auditors pass; raises ``Refused`` with the reasons."""
    with call.portal.store.read() as session:
        require(session, call.actor, Action.READ_AUDIT, now=call.now)


def looking(call: Call, **subject: Scalar) -> None:
    """Let auditors pass, and record what is looked at."""
    require_auditor(call)
    record_look(call, **subject)


def record_look(call: Call, about: Iterable[str] = (), asked: Filter | None = None, **subject: Scalar) -> None:
    """Record who looks at what; without the record nothing is shown (rule 1). Whoever calls has let the caller pass.

    Parameters
    ----------
    about
        user names of the people whom the look is about. A leaf is small: of many, each few have a record.
    asked
        the filter; a private fact.
    subject
        public-safe facts: ``what`` is looked at.

    Raises
    ------
    Unavailable
        the ledger does not take the record.
    """
    written = {} if asked is None else asked.written()
    private = {"filter": json.dumps(written, ensure_ascii=False, sort_keys=True)[:2048]} if written else None
    call.portal.store.record(*looks(call.actor, call.now, subject, about, private))


def search(call: Call, body: Search) -> Page:
    """Entries of the ledger, newest first, one page of them; ``next`` and ``previous`` are cursors."""
    require_auditor(call)
    asked, wanted = body.asked(), body.filter()
    kind = None if body.kind is None else body.kind.value
    with call.portal.ledger.open() as index:
        places = index.places_of(**asked, before=body.before, after=body.after, limit=body.limit + 1)
        more = len(places) > body.limit
        shown = places[-body.limit :] if body.after is not None else places[: body.limit]
        criteria = {name: value for name, value in asked.items() if name not in {"since", "until"}}
        rows = index.held_against(index.rows(shown), **criteria)
        record_look(
            call,
            [*meant(call, body.person), *people_of(*rows)],
            wanted,
            what="search",
            searched=kind or body.group,
            about_project=body.project,
            before=body.before,
            after=body.after,
        )
        found = [entry_of(row) for row in rows]
        return {"entries": found, **_cursors(index, asked, body, shown, more=more), **_extent(index, asked)}


def entry(call: Call, _body: Nothing) -> Page:
    """One entry: all that is kept of it, and its neighbours in the same workspace."""
    require_auditor(call)
    number = int(call["index"])
    with call.portal.ledger.open() as index:
        row = row_at(index, number)
        record_look(call, people_of(row), what="entry", entry=number, about_project=row.project)
        return {**entry_of(row), **kept_of(index, row), "neighbours": neighbours(index, row)}


def proof(call: Call, _body: Nothing) -> Page:
    """The proof that one entry is in the log, in both formats, with the key: for a verifier who does not believe us."""
    require_auditor(call)
    number = int(call["index"])
    with call.portal.ledger.open() as index:
        row = row_at(index, number)
    record_look(call, people_of(row), what="proof", entry=number, about_project=row.project)
    return proof_of(call, number)


async def verify(call: Call, body: Nothing) -> Page:
    """Verify the whole log from its published tiles and its signature; answers when it is done, or how far it is."""
    run = await asyncio.to_thread(start_verification, call)
    await call.portal.ledger.verifications.wait(run, VERIFY_WAIT_S)
    if run.stage is Stage.FAILED:
        raise Unavailable(NO_LOG)
    return verification_of(run) if run.stage is Stage.DONE else await asyncio.to_thread(verification, call, body)


def start_verification(call: Call, _body: Nothing | None = None) -> Verification:
    """Begin a verification, or join the one that runs; recorded."""
    looking(call, what="verify")
    try:
        return call.portal.ledger.verifications.start()
    except (Malformed, OSError) as error:
        raise Unavailable(NO_LOG) from error


def verification(call: Call, _body: Nothing) -> Page:
    """How far the verification is, or what the last one found. Shows no entry, so it is not recorded."""
    require_auditor(call)
    return verification_of(call.portal.ledger.verifications.latest)


def verification_of(run: Verification) -> Page:
    """A verification as data; ``good`` is None until there is a result."""
    report = {"good": None} | {name: value for name, value in run.report.items() if name != "note"}
    spent = None if run.begun is None or run.ended is None else round((run.ended - run.begun).total_seconds() * 1000)
    state = {"stage": run.stage.value, "percent": run.percent, "done": run.done, "of": run.size}
    return {**report, **state, "begun": iso(run.begun), "ended": iso(run.ended), "milliseconds": spent}


def proof_of(call: Call, number: int) -> Page:
    """The proof as data."""
    found = call.portal.ledger.prove(number)
    return {
        "index": found.index,
        "size": found.size,
        "entry": found.entry.decode(),
        "proof": found.proof,
        "spicy": found.spicy,
        "vkey": found.vkey,
    }


def row_at(index: Index, number: int) -> Row:
    """Return one row; raises ``NotFound``."""
    if not 0 <= number < index.size:
        raise NotFound(NO_ENTRY)
    return index.rows([number])[0]


def entry_of(row: Row) -> dict[str, Any]:
    """One entry as data."""
    return {
        "index": row.index,
        "at": row.at.isoformat(),
        "kind": row.kind,
        "kind_label": both(kind_label(row.kind)),
        "actor": row.actor_name or row.actor,
        "actor_known": row.actor_name is not None or row.actor.startswith(SYSTEM_PREFIX),
        "project": row.project,
        "subject": dict(row.subject),
        "persons": {part: row.names.get(pseudonym, pseudonym) for part, pseudonym in row.persons.items()},
        "private": dict(row.private),
        "rules": list(row.rules),
        "sealed_size": row.size,
        "leaf_hash": row.leaf_hash.hex(),
        "problem": problem_of(row.problem),
    }


def problem_of(problem: Problem | None) -> Page | None:
    """What is wrong, and in which file; None when nothing is."""
    return None if problem is None else {"where": problem.where, "text": {"fr": problem.fr, "en": problem.en}}


def kept_of(index: Index, row: Row) -> Page:
    """What a page of one entry adds: the leaf, the pseudonyms, and what retention has taken."""
    body = _leaf(row) if row.signed else {}
    sealed = body.get("sealed")
    message = None if sealed is None else index.sealed(row.index)
    gone = sealed is not None and message is None
    deletion = _deletion(index, row) if gone else None
    problem = sealed_problem(row.index, sealed, message) if message is not None or (gone and deletion is None) else None
    return {
        "leaf": row.leaf.decode("utf-8", "replace"),
        "pseudonyms": {"actor": row.actor, **dict(row.persons)},
        "sealed_sha256": sealed,
        "key": body.get("key"),
        "deleted": gone and deletion is not None,
        "deleted_by": deletion,
        "sealed_problem": problem_of(problem),
        "signed": row.signed,
    }


def neighbours(index: Index, row: Row, each_side: int = 4) -> list[Page]:
    """The entries just before and after in the same workspace, oldest first, this one among them."""
    workspace = row.subject.get("workspace")
    if not isinstance(workspace, str):
        return []
    later = index.places_of(workspace=workspace, after=row.index, limit=each_side)
    earlier = index.places_of(workspace=workspace, before=row.index, limit=each_side)
    return [entry_of(each) for each in index.rows([*later, row.index, *earlier][::-1])]


def _deletion(index: Index, row: Row) -> Page | None:
    """The entry that tells of the deletion: the one whose list, as it was recorded, names this place."""
    after: int | None = row.index
    while after is not None:
        places = index.places_of(kind=Kind.AUDIT_DELETED.value, project=row.project, after=after, limit=PAGE_SIZE)
        for each in reversed(index.rows(places)):
            if each.problem is None and tells_of(index.places, each, row.index):
                return {"index": each.index, "at": each.at.isoformat()}
        after = places[0] if places else None
    return None


def _leaf(row: Row) -> dict[str, Any]:
    try:
        body = loads_strict(row.leaf)
    except Malformed:
        body = {}
    return body if isinstance(body, dict) else {}


def meant(call: Call, typed: str | None) -> list[str]:
    """Who is meant by what was typed, so that the person finds the look; a name that nobody has is no person's."""
    if typed is None:
        return []
    with call.portal.ledger.open() as index:
        name = index.person(typed)
    return [] if name is None else [name]


def _cursors(index: Index, asked: dict[str, Any], body: Search, shown: Sequence[int], *, more: bool) -> Page:
    if not shown:
        return {"next": None, "previous": None}
    older = more if body.after is None else bool(index.places_of(**asked, before=shown[-1], limit=1))
    newer = (
        more
        if body.after is not None
        else body.before is not None and bool(index.places_of(**asked, after=shown[0], limit=1))
    )
    return {"next": shown[-1] if older else None, "previous": shown[0] if newer else None}


def _extent(index: Index, asked: dict[str, Any]) -> Page:
    """How many there are where that is known at once, and how much of the log the index holds."""
    known = asked["since"] is None and asked["until"] is None and not isinstance(asked["kind"], list)
    terms = {name: value for name, value in asked.items() if name not in {"since", "until"}}
    return {"total": index.count(**terms) if known else None, "size": index.size}
