"""Attacks the models that wait for reviewers, one after another, and lays the figures beside what the checks said.

Runs in the worker, which alone reaches the container engine. A request is never held by it: a model is a reviewer's
question in any case, and until its figures are there the file says that they are awaited. What could not be tried is a
finding too, so that a model which breaks its attacks is seen as one.
"""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from audit import canonical
from audit.events import Event, Kind, Scalar
from hub_extensions.exports.attacks.evidence import declared, lay_out
from hub_extensions.exports.attacks.figures import findings_of
from hub_extensions.exports.attacks.space import AttackSpace, attack
from hub_extensions.exports.checks.findings import Finding, flag
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.desk import SYSTEM, Desk
from hub_extensions.exports.requests import ExportFile, ExportRequest
from hub_extensions.exports.standing import data_of
from hub_extensions.exports.states import UNDER_REVIEW
from project_spaces.errors import BureauError, Conflict, NotFound, Unavailable
from project_spaces.text import Text

#: What is attacked; sacroml needs a model that it can call.
ATTACKED = "skops"
RULE = "model.attack"
_CHANGED = Text("Le modèle a changé pendant l'attaque.", "The model changed during the attack.")


@dataclass(frozen=True)
class _Model:
    """One file that waits for its figures."""

    id: str
    request: str
    project: str
    path: str
    sha256: str
    policy: Policy


def attack_waiting(desk: Desk, space: AttackSpace, *, now: datetime) -> Iterator[str]:
    """Attack each waiting model and yield its request; the engine's absence leaves the rest waiting."""
    for model in _waiting(desk):
        found = _figures(desk, space, model)
        if _keep(desk, model, found, now):
            yield model.request


def _waiting(desk: Desk) -> list[_Model]:
    asked = (
        select(ExportFile)
        .join(ExportRequest)
        .where(ExportRequest.state.in_(UNDER_REVIEW), ExportFile.type == ATTACKED, ExportFile.removed_at.is_(None))
    )
    with desk.store.read() as session:
        return [
            _Model(
                file.id,
                file.request_id,
                file.request.project,
                file.path,
                str(file.sha256),
                data_of(session, file.request.project, base=desk.policy, dataset_dir=desk.dataset_dir).policy,
            )
            for file in session.scalars(asked)
            if not _attacked(file)
        ]


def _attacked(file: ExportFile) -> bool:
    return any(str(said.get("rule", "")).startswith(RULE) for said in file.findings)


def _figures(desk: Desk, space: AttackSpace, model: _Model) -> list[Finding]:
    root, where = desk.project_dir(model.project), Path(model.path).name
    with tempfile.TemporaryDirectory(prefix="attack-", dir=desk.vault.scratch) as name:
        folder = Path(name)
        _readable(folder / "input")
        try:
            said = declared(root, model.path)
            lay_out(root, model.path, said, {"seconds": dict(space.seconds)}, folder / "input")
            shutil.copyfile(desk.vault.path(model.sha256), folder / "input" / "model.skops")
            for file in (folder / "input").iterdir():
                file.chmod(0o644)
            return findings_of(attack(space, model.id, folder), where, model.policy)
        except NotFound:
            return [
                flag(
                    f"{RULE}.none",
                    where,
                    "Aucune attaque n'a été menée : les lignes d'apprentissage ne sont pas déclarées "
                    f"(« {where}.model.json »).",
                    f"No attack was made: the rows it was trained on are not declared ({where}.model.json).",
                )
            ]
        except Unavailable:  # no engine now: the model goes on waiting
            raise
        except BureauError as error:
            fr, en = error.text
            return [
                flag(
                    f"{RULE}.failed",
                    where,
                    f"L'attaque de ce modèle n'a pas abouti : {fr} Jugez-le sans chiffres, ou refusez-le.",
                    f"The attack on this model did not succeed: {en} Judge it without figures, or refuse it.",
                )
            ]


def _keep(desk: Desk, model: _Model, found: list[Finding], now: datetime) -> bool:
    """Lay the figures beside the file, with their record, unless it changed meanwhile."""
    facts: dict[str, Scalar] = {"what": "attacks on a model", "request": model.request, "findings": len(found)}
    content = canonical.dumps({"sha256": model.sha256, "rules": sorted({each.rule for each in found})})
    event = Event(Kind.EXPORT_CHECKED, SYSTEM, model.project, now, facts, content)
    try:
        with desk.store.write(event) as session:
            file = session.get(ExportFile, model.id)
            if file is None or file.removed_at is not None or file.sha256 != model.sha256 or _attacked(file):
                raise Conflict(_CHANGED)
            file.findings = [*file.findings, *(each.to_wire() for each in found)]
    except Conflict:
        return False
    return True


def _readable(folder: Path) -> None:
    """Make a folder that the container's user may read; the one around it is this process's alone."""
    folder.mkdir()
    folder.chmod(0o755)
