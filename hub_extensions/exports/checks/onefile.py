"""The checks of one file, in order: type, form, identifiers, rows, numbers; the normalised copy comes last.

Runs in the worker. Whatever can't be read is blocked with the reason; what raises is caught by the worker, which
reports
the file as not checked.
"""

from dataclasses import dataclass, field
from pathlib import Path

from hub_extensions.exports.checks.filetypes import ALLOWED, TrueType, true_type
from hub_extensions.exports.checks.findings import Finding, Verdict, block, verdict_of
from hub_extensions.exports.checks.identifiers import check_text, check_wrapped_nir
from hub_extensions.exports.checks.inspection import Inspected, Unreadable
from hub_extensions.exports.checks.inspectors import inspect
from hub_extensions.exports.checks.names import shown
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.secrets import check_secrets
from hub_extensions.exports.checks.tables import check_grid
from hub_extensions.exports.checks.textlines import placed

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


def _refused_type(found: TrueType) -> list[Finding]:
    accepted = ", ".join(sorted(ALLOWED))
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


def check_file(path: Path, name: str, policy: Policy, *, controlled: bool = False) -> Checked:
    """Return what the file's own content shows.

    Args:
        path: where the bytes are.
        name: the name its author gave, which may differ from *path*.
        policy: thresholds.
        controlled: whether the request holds a control of dominance for this file.
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
    checked.findings += content_findings(checked.inspected, policy, controlled=controlled)
    if kind in _LINES_ARE_ITS_OWN:
        checked.findings = placed(checked.findings, checked.inspected.text, policy)
    return checked


def content_findings(content: Inspected, policy: Policy, *, controlled: bool = False) -> list[Finding]:
    """Return what the text and the tables of *content* give away."""
    found = [
        *check_text(content.text, "texte"),
        *check_wrapped_nir(content.text, "texte"),
        *check_secrets(content.text, "texte"),
    ]
    for grid in content.grids:
        found += check_grid(grid, policy, content.text, controlled=controlled)
        found += check_secrets("\n".join(text for row in grid.rows for text in row if len(text) > 12), grid.where)
    return list(dict.fromkeys(found))


def write_normal(checked: Checked, out_dir: Path, index: int) -> Path | None:
    """Write the normalised bytes of a file that is not blocked, and return where."""
    if checked.inspected is None or checked.inspected.normal is None or verdict_of(checked.findings) is Verdict.BLOCK:
        return None
    stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in checked.path.stem)[:80] or "fichier"
    target = out_dir / f"{index:03d}-{stem}{checked.inspected.normal.suffix}"
    target.write_bytes(checked.inspected.normal.data)
    return target
