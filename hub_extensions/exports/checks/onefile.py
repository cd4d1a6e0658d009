"""The checks of one file, in order: type, form, identifiers, rows, numbers; the normalised copy comes last.

Runs in the worker. Whatever can't be read is blocked with the reason; what raises is caught by the worker, which
reports
the file as not checked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hub_extensions.exports.checks.filetypes import ALLOWED, TrueType, true_type
from hub_extensions.exports.checks.findings import Finding, Verdict, block, verdict_of
from hub_extensions.exports.checks.identifiers import check_text, check_wrapped_nir
from hub_extensions.exports.checks.inspection import Inspected, Unreadable
from hub_extensions.exports.checks.inspectors import inspect
from hub_extensions.exports.checks.names import shown
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.spelled import check_spelled
from hub_extensions.exports.checks.prose.textlines import placed
from hub_extensions.exports.checks.secrets import check_secrets
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.tables.roles import Table
from hub_extensions.exports.checks.tables.rules import check_grid
from hub_extensions.exports.checks.together.loose import check_within

#: Read although never released, to say what they hold.
_EXPLAINED = frozenset({"pickle", "zip"})
#: Types whose text has the lines of the file.
_LINES_ARE_ITS_OWN = frozenset({"text", "code"})


@dataclass
class Checked:
    """What is known of one file after its own checks."""

    path: Path
    kind: str
    findings: list[Finding] = field(default_factory=list)
    inspected: Inspected | None = None


#: Formats of models that are not read here, by their extension.
_MODELS = frozenset(
    "pkl pickle joblib dill pt pth ckpt bin h5 hdf5 keras pb tflite rds rda rdata pmml bst ubj model cbm mlmodel gguf"
    " npb sav".split()
)


def _refused_model(found: TrueType) -> Finding:
    return block(
        "model.format",
        found.extension,
        "Un modèle dans ce format n'est pas lu : enregistrez-le en skops, ONNX ou safetensors, ou n'exportez que ses "
        "coefficients.",
        "A model in this format isn't read: save it as skops, ONNX or safetensors, or export its coefficients alone.",
    )


def _refused_type(found: TrueType) -> list[Finding]:
    accepted = ", ".join(sorted(ALLOWED))
    if not found.declared and (found.extension in _MODELS or found.kind in {"hdf5", "rds", "rdata"}):
        return [_refused_model(found)]
    if not found.matches:
        return [
            block(
                "type.mismatch",
                found.extension,
                f"Le nom dit « {found.extension} », le contenu est « {found.kind} » : exportez le bon format.",
                f"The name says {found.extension}, the content is {found.kind}: export the right format.",
            )
        ]
    return [
        block(
            "type.refused",
            found.extension or found.kind,
            f"Type non accepté ({found.kind}) ; acceptés : {accepted}.",
            f"Type not accepted ({found.kind}); accepted: {accepted}.",
        )
    ]


def _kind(found: TrueType) -> str:
    return found.declared if found.declared and found.matches else found.kind


def check_file(path: Path, name: str, policy: Policy, *, controls: Sequence[Table] = ()) -> Checked:
    """Return what the file's own content shows.

    Args:
        path: where the bytes are.
        name: the name its author gave, which may differ from *path*.
        policy: thresholds.
        controls: tables of the control files of dominance beside this file or in its request.
    """
    extension = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    found = true_type(path, extension)
    kind = _kind(found)
    checked = Checked(path, kind, list(check_text(name.rsplit(".", 1)[0].replace("_", " "), f"nom {shown(name)[:40]}")))
    if not found.declared or not found.matches:
        checked.findings += _refused_type(found)
        if kind not in _EXPLAINED:
            return checked
    try:
        checked.inspected = inspect(kind, path, policy)
    except Unreadable as refusal:
        checked.findings.append(block("content.unreadable", name, refusal.fr, refusal.en))
        return checked
    checked.findings += checked.inspected.findings
    checked.findings += content_findings(checked.inspected, policy, controls=controls)
    if kind in _LINES_ARE_ITS_OWN:
        checked.findings = placed(checked.findings, checked.inspected.text, policy)
    return checked


def content_findings(content: Inspected, policy: Policy, *, controls: Sequence[Table] = ()) -> list[Finding]:
    """Return what the text and the tables of *content* give away."""
    found = [
        *check_text(content.text, "texte"),
        *check_wrapped_nir(content.text, "texte"),
        *check_secrets(content.text, "texte"),
        *check_spelled(content.text, "texte"),
    ]
    context = "\n".join((content.text, *_said_elsewhere(content.grids)))
    for grid in content.grids:
        found += check_grid(grid, policy, context, controls=controls)
        found += check_secrets("\n".join(text for row in grid.rows for text in row if len(text) > 12), grid.where)
    return list(dict.fromkeys([*found, *check_within(content.grids, policy)]))


def _said_elsewhere(grids: Sequence[Grid]) -> Iterator[str]:
    """Yield what a sheet of notes says of the tables on the others."""
    for grid in grids if len(grids) > 1 else ():
        if len(grid.header) == 1:
            yield from (*grid.header, *(row[0] for row in grid.rows if row))


def write_normal(checked: Checked, out_dir: Path, index: int) -> Path | None:
    """Write the normalised bytes of a file that is not blocked, and return where."""
    if checked.inspected is None or checked.inspected.normal is None or verdict_of(checked.findings) is Verdict.BLOCK:
        return None
    stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in checked.path.stem)[:80] or "fichier"
    target = out_dir / f"{index:03d}-{stem}{checked.inspected.normal.suffix}"
    target.write_bytes(checked.inspected.normal.data)
    return target
