"""One entry as it is found and as an auditor sees it: what a leaf tells the index, and what is still known of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

from audit import leaf as leaves
from audit import merkle
from audit.errors import Malformed
from audit.postings import By, Traits
from audit.verify import Problem

#: Stands among the rules for "any rule".
ANY_RULE = ""
#: Kind of an entry whose leaf is not one of ours; it stays in the log and can be seen.
UNREADABLE = "unreadable"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as an auditor sees it."""

    index: int
    at: datetime
    kind: str
    #: Pseudonym, or ``system:…``.
    actor: str
    #: None once the name is forgotten.
    actor_name: str | None
    project: str | None
    subject: Mapping[str, Any]
    #: Other people, part → pseudonym.
    persons: Mapping[str, str]
    #: Names behind the pseudonyms of this row, as far as they are still known.
    names: Mapping[str, str]
    private: Mapping[str, str]
    #: Size bucket of the sealed message, None without one.
    size: int | None
    leaf: bytes = field(repr=False)
    #: Detection rules that the entry hit, as ``name@version``.
    rules: tuple[str, ...] = ()
    #: What is wrong with the entry, or with what stands beside it; only looked for where a reader must be told.
    problem: Problem | None = None
    #: Whether the leaf is the one that the log signed, as far as anybody looked.
    signed: bool = True

    @property
    def leaf_hash(self) -> bytes:
        """RFC 6962 hash of the leaf."""
        return merkle.hash_leaf(self.leaf)


class Asked(TypedDict, total=False):
    """The questions of ``Index.places_of``."""

    kind: str | Sequence[str] | None
    actor: str | None
    besides: str | None
    person: str | None
    project: str | None
    dataset: str | None
    rule: str | bool | None
    workspace: str | None
    since: datetime | None
    until: datetime | None
    before: int | None
    after: int | None


class Read:
    """What the index takes from one leaf."""

    def __init__(self, entry: bytes) -> None:
        body = body_of(entry)
        subject = body["subject"]
        self.at: int = (datetime.fromisoformat(body["at"]) - EPOCH) // MICROSECOND
        self.id: bytes | None = bytes.fromhex(body["id"]) if "id" in body else None
        self.actor: str = body["actor"]
        found = {(By.KIND, body["kind"]), (By.PERSON, body["actor"])}
        found.update((By.PERSON, person) for person in body.get("persons", {}).values())
        found.update((By.RULE, rule) for rule in _rule_names(_rules(body)))
        named = ((By.PROJECT, body.get("project")), (By.DATASET, subject.get("dataset")))
        for by, value in (*named, (By.WORKSPACE, subject.get("workspace"))):
            if isinstance(value, str):
                found.add((by, value))
        self.traits: Traits = tuple(sorted(found))


def body_of(entry: bytes) -> dict[str, Any]:
    """Return what a leaf says; one that is not ours is ``unreadable``, and nothing is taken from it."""
    try:
        body = leaves.parse(entry)
        datetime.fromisoformat(body["at"])
        bytes.fromhex(body.get("id", ""))
        ours = all(map(_is_text, (body["kind"], body["actor"], *body.get("persons", {}).values())))
        ours = ours and isinstance(body["subject"], dict)
    except (Malformed, AttributeError, KeyError, TypeError, ValueError):
        ours = False
    nothing = {"kind": UNREADABLE, "actor": "", "at": "1970-01-01T00:00:00.000000Z", "subject": {}}
    return body if ours else nothing


def nothing_of(entry: bytes) -> dict[str, Any]:
    """Return what is read of a leaf that the log did not sign: when it says that it was, and nothing else."""
    return {**body_of(b""), "at": body_of(entry)["at"]}


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _rules(body: Mapping[str, Any]) -> list[str]:
    rules = body.get("rules", [])
    return [rule for rule in rules if isinstance(rule, str)] if isinstance(rules, list) else []


def _rule_names(rules: Iterable[str]) -> set[str]:
    """Under which names a hit is found: the rule in its version, the rule in any, any rule."""
    return {name for rule in rules for name in (rule, rule.partition("@")[0], ANY_RULE)}


def row_of(place: int, entry: bytes, body: dict[str, Any], names: Mapping[str, str], facts: Mapping[str, str]) -> Row:
    """Return the row of a leaf with the names and private facts that are still known."""
    persons = body.get("persons", {})
    mine = {pseudonym: names[pseudonym] for pseudonym in (body["actor"], *persons.values()) if pseudonym in names}
    return Row(
        index=place,
        at=datetime.fromisoformat(body["at"]),
        kind=body["kind"],
        actor=body["actor"],
        actor_name=mine.get(body["actor"]),
        project=body.get("project"),
        subject=body["subject"],
        persons=persons,
        names=mine,
        private=facts,
        size=body.get("size"),
        leaf=entry,
        rules=tuple(_rules(body)),
    )
