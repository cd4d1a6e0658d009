"""A linkage from its file to a registered version that a project can mount, with a trace of every step.

The order is the product's rule: the wish is recorded, and the ledger has it, before the container starts; the files are
complete before their version is registered; a run that ends badly is recorded too. Killed in between, nothing is
registered, and asking again starts from nothing (DESIGN section 3, rules 1 and 3; S-96, S-186).
"""

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from audit.errors import LedgerError
from audit.events import Event, Kind
from hub_extensions.exports.checks.strictest import owners_mapping, owners_policy, strictest
from hub_extensions.installation.secret_files import secret
from hub_extensions.linkage.circuit import Delivery, PartitionedSpace, run_linkage
from project_spaces.datasets import Dataset, get_dataset, register_manifest, versions
from project_spaces.decisions import Action
from project_spaces.errors import BureauError, Conflict, NotFound, Refused, Unavailable
from project_spaces.facts import Classification
from project_spaces.linkage.accepted import require_accepted
from project_spaces.linkage.origins import origin
from project_spaces.linkage.quality import Quality
from project_spaces.linkage.specification import LinkageSpec, Source, Truth, parse_spec
from project_spaces.linkage.tables import LinkagePlan, plan_linkage
from project_spaces.manifests import Manifest, make_readable, read_verified
from project_spaces.people import require_administrator
from project_spaces.projects import get_project
from project_spaces.store import ReadSession, Store
from project_spaces.text import Text

#: Folder of the data set version (data set, version); :meth:`project_spaces.layout.Layout.dataset_dir` is one.
FolderOf = Callable[[str, str], Path]


@dataclass(frozen=True)
class Linkages:
    """What running linkages needs of an installation.

    Parameters
    ----------
    keys
        folder of the projects' pseudonym keys (mode 0700), apart from data and from every workspace.
    """

    store: Store
    space: PartitionedSpace
    folder_of: FolderOf
    keys: Path


@dataclass(frozen=True)
class Outcome:
    """What became of one linkage; nothing is registered unless *delivered*."""

    linkage: str
    project: str
    dataset: str
    version: str
    delivered: bool
    manifest_sha256: str
    quality: Quality

    def as_json(self) -> dict[str, Any]:
        """The outcome for programs."""
        facts = {name: value for name, value in vars(self).items() if name != "quality"}
        return {**facts, "quality": self.quality.as_json()}


@dataclass(frozen=True)
class _Ready:
    """A linkage that may run: its plan, its inputs' manifests and folders, and the version it will be."""

    spec: LinkageSpec
    plan: LinkagePlan
    manifests: Mapping[str, Manifest]
    folders: Mapping[str, Path]
    version: str

    @property
    def source(self) -> str:
        """How the delivered version says where it comes from; its beginning ties the data set to one project."""
        left, right = self.plan.left, self.plan.right
        begin = origin(self.spec.linkage, self.spec.project)
        return f"{begin} : {left.dataset} {left.version} × {right.dataset} {right.version}"


def deliver(linkages: Linkages, text: str, *, actor: str, clock: Callable[[], datetime]) -> Outcome:
    """Run the linkage that the YAML *text* states and register its result for the project.

    Parameters
    ----------
    actor
        a data steward or an administrator, or ``system:…`` for the installation itself.
    clock
        gives the time, aware and in UTC; a run takes time, so its steps have several.

    Raises
    ------
    Invalid, Refused, NotFound
        the file, its columns, its inputs, or what the project's accepted request asks for; nothing ran.
    Conflict
        the output data set belongs to something else, or this linkage is running.
    Unavailable
        ledger, database or engine does not answer; nothing was delivered.
    """
    spec = parse_spec(text)
    try:
        ready = _prepare(linkages, spec, actor, clock())
    except Refused as refusal:
        linkages.store.record(_refused(spec, actor, clock(), refusal))
        raise
    facts = _facts(ready, linkages.space.image)
    _announce(linkages.store, _event(ready, actor, clock(), {**facts, "phase": "started"}, text.encode()))
    target = linkages.folder_of(ready.spec.output.dataset, ready.version)
    try:
        outcome = _run(linkages, ready, target)
        if outcome.delivered:
            manifest = Manifest.from_bytes((target / "manifest.json").read_bytes())
            register_manifest(linkages.store, manifest, actor=actor, now=clock())
    except (BureauError, OSError) as error:
        shutil.rmtree(target, ignore_errors=True)
        ended = {**facts, "phase": "failed", "why": type(error).__name__}
        linkages.store.record(_event(ready, actor, clock(), ended))
        raise
    found = {"linked": outcome.quality.persons, "pairs": outcome.quality.pairs}
    phase = {"phase": "delivered" if outcome.delivered else "not good enough", "result": outcome.manifest_sha256}
    linkages.store.record(_event(ready, actor, clock(), {**facts, **found, **phase}))
    return outcome


def _refused(spec: LinkageSpec, actor: str, now: datetime, refusal: Refused) -> Event:
    reason = " ".join(each.en for each in refusal.reasons or (refusal.text,))
    subject = {"what": "linkage", "status": refusal.status}
    return Event(Kind.REFUSAL, actor, spec.project, now, subject, private={"reason": reason[:1024]})


def _announce(store: Store, event: Event) -> None:
    """Have the wish in the ledger, its text sealed, before anything happens; nothing is done without."""
    store.require_settled()
    try:
        store.ledger.append(event)
    except LedgerError as error:
        raise Unavailable(Text(error.fr, error.en)) from error


def _prepare(linkages: Linkages, spec: LinkageSpec, actor: str, now: datetime) -> _Ready:
    with linkages.store.read() as session:
        require_administrator(session, actor, now, action=Action.REGISTER_DATASET)
        get_project(session, spec.project)
        require_accepted(session, spec)
        registered = {slug: _registered(session, spec, slug) for slug in spec.inputs}
        version = _next_version(session, linkages.folder_of, spec)
    tables = {slug: _tables_of(spec, slug) for slug in spec.inputs}
    folders = {slug: linkages.folder_of(slug, found[0]) for slug, found in registered.items()}
    manifests = {slug: read_verified(folders[slug], found[1], tables[slug]) for slug, found in registered.items()}
    return _Ready(spec, plan_linkage(spec, manifests), manifests, folders, version)


def _registered(session: ReadSession, spec: LinkageSpec, slug: str) -> tuple[str, str]:
    """Return (version, hash of its manifest) of an input: the one asked for, or the latest."""
    dataset = get_dataset(session, slug)
    if dataset.withdrawn_at is not None:
        raise Refused(
            Text(f"Le jeu {slug} a été retiré par son producteur.", f"Data set {slug} was withdrawn by its owner.")
        )
    asked = {source.version for source in (spec.left, spec.right) if source.dataset == slug} - {None}
    for found in versions(session, slug):
        if not asked or found.version in asked:
            return found.version, found.manifest_sha256
    wanted = ", ".join(sorted(str(each) for each in asked))
    raise NotFound(
        Text(
            f"Le jeu {slug} n'a pas de version {wanted}.",
            f"Data set {slug} has no version {wanted}.",
        )
    )


def _tables_of(spec: LinkageSpec, slug: str) -> list[str]:
    parts: list[Source | Truth] = [spec.left, spec.right, *([spec.truth] if spec.truth else [])]
    return [part.table for part in parts if part.dataset == slug]


def _next_version(session: ReadSession, folder_of: FolderOf, spec: LinkageSpec) -> str:
    """Return the number after the last; the output data set must be new, or this project's from this linkage."""
    slug = spec.output.dataset
    dataset = session.get(Dataset, slug)
    if dataset is None:
        return "1"
    earlier = versions(session, slug)
    mine = dataset.classification is Classification.PSEUDONYMISED and all(
        read_verified(folder_of(slug, each.version), each.manifest_sha256).source.startswith(
            f"{origin(spec.linkage, spec.project)} :"
        )
        for each in earlier
    )
    if not mine:
        raise Conflict(
            Text(
                f"Le jeu {slug} n'est pas le résultat de cet appariement pour ce projet.",
                f"Data set {slug} is not the result of this linkage for this project.",
            )
        )
    return str(1 + max((int(each.version) for each in earlier), default=0))


def _run(linkages: Linkages, ready: _Ready, target: Path) -> Outcome:
    if target.exists():  # a run that was killed before it was registered
        shutil.rmtree(target)
    spec = ready.spec
    linkages.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = bytes.fromhex(secret(linkages.keys, spec.project))
    name = f"{spec.project}-{spec.linkage}"
    delivery = run_linkage(linkages.space, ready.plan, name=name, inputs=ready.folders, key=key, target=target)
    manifest = _manifest(ready, delivery)
    good = delivery.quality.good_enough(spec.rule.required_share)
    if good:
        manifest.write(target)
        make_readable(target)
    else:
        shutil.rmtree(target)
    return Outcome(
        linkage=spec.linkage,
        project=spec.project,
        dataset=manifest.dataset,
        version=manifest.version,
        delivered=good,
        manifest_sha256=manifest.sha256,
        quality=delivery.quality,
    )


def owners_strictest(sides: Sequence[Manifest]) -> dict[str, Any]:
    """Return what the owners of both sides ask of results made from the linked data: of each rule, the stricter."""
    asked = [
        owners_policy(side.export_policy, min_persons=side.min_persons, person_column=None)
        for side in sides
        if side.export_policy
    ]
    return owners_mapping(strictest(asked)) if asked else {}


def _manifest(ready: _Ready, delivery: Delivery) -> Manifest:
    sides = [ready.manifests[ready.plan.left.dataset], ready.manifests[ready.plan.right.dataset]]
    title = ready.spec.output.title
    return Manifest(
        dataset=ready.spec.output.dataset,
        version=ready.version,
        title=Text(title.fr, title.en),
        owner=" ; ".join(dict.fromkeys(side.owner for side in sides)),
        classification=Classification.PSEUDONYMISED.value,
        min_persons=max(side.min_persons for side in sides),
        person_column=ready.plan.pseudonym,
        licence=" ; ".join(dict.fromkeys(side.licence for side in sides)),
        source=ready.source,
        citation=" ; ".join(dict.fromkeys(side.citation for side in sides)),
        tables=delivery.tables,
        export_policy=owners_strictest(sides),
    )


def _facts(ready: _Ready, image: str) -> dict[str, str | int | bool | None]:
    """What the log says of every step of this linkage, public-safe."""
    return {
        "linkage": ready.spec.linkage,
        "left": f"{ready.plan.left.dataset} {ready.plan.left.version}",
        "right": f"{ready.plan.right.dataset} {ready.plan.right.version}",
        "output": f"{ready.spec.output.dataset} {ready.version}",
        "plan_sha256": hashlib.sha256(repr(ready.plan).encode()).hexdigest(),
        "image": image.removeprefix("sha256:")[:64],
    }


def _event(
    ready: _Ready, actor: str, now: datetime, subject: dict[str, str | int | bool | None], content: bytes | None = None
) -> Event:
    return Event(Kind.LINKAGE_RUN, actor, ready.spec.project, now, subject, content=content)
