"""One mend on one file: read, changed, written as CSV, and judged again by the checks that refused it."""

import tempfile
from pathlib import Path

from hub_extensions.exports.checks.filetypes import true_type
from hub_extensions.exports.checks.findings import Verdict, verdict_of
from hub_extensions.exports.checks.inspection import Inspected, Unreadable
from hub_extensions.exports.checks.inspectors import inspect
from hub_extensions.exports.checks.onefile import check_file
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.mends.coefficients import coefficients
from hub_extensions.exports.mends.drawing import rastered
from hub_extensions.exports.mends.kinds import MENDABLE, MENDABLE_BY, CannotMend, Mend, Mended
from hub_extensions.exports.mends.recoding import merged, rounded, trimmed, without_identifiers
from hub_extensions.exports.mends.suppressing import suppressed
from hub_extensions.exports.mends.tables import Draft
from project_spaces.text import Text

_NO_TABLE = Text(
    "Ce fichier n'est pas d'une sorte qui puisse être corrigée ainsi.",
    "This file is not of a kind that can be mended so.",
)
_NO_USE = Text("Cette correction ne changerait rien ici.", "This mend would change nothing here.")
_NOT_ENOUGH = Text(
    "Cette correction ne suffit pas : le tableau resterait bloqué. Essayez-en une autre, ou des classes plus larges.",
    "This mend is not enough: the table would stay blocked. Try another one, or wider classes.",
)


def mend_file(path: Path, name: str, mend: Mend, policy: Policy) -> Mended:
    """Return the file mended; the caller has confined itself when the file comes from the untrusted side.

    Raises:
        CannotMend: the file holds no table, the mend does not apply, or what it gives is still refused.
    """
    mended = _mended(path, name, mend, policy)
    if mended is None:
        raise CannotMend(_NO_USE)
    with tempfile.TemporaryDirectory(prefix="bv-mend-") as scratch:
        made = Path(scratch) / f"{Path(name).stem}{mended.suffix}"
        made.write_bytes(mended.data)
        if verdict_of(check_file(made, made.name, policy).findings) is Verdict.BLOCK:
            raise CannotMend(_NOT_ENOUGH)
    return mended


def _mended(path: Path, name: str, mend: Mend, policy: Policy) -> Mended | None:
    found = true_type(path, Path(name).suffix.lower().lstrip("."))
    kind = found.declared if found.declared and found.matches else found.kind
    if kind not in MENDABLE_BY.get(mend, MENDABLE):
        raise CannotMend(_NO_TABLE)
    try:
        if mend is Mend.COEFFICIENTS:
            return Mended(".csv", *coefficients(path, kind, policy))
        inspected = inspect(kind, path, policy)
    except Unreadable as refusal:
        raise CannotMend(Text(refusal.fr, refusal.en)) from refusal
    if mend is Mend.RASTER:
        return Mended(".png", *rastered(path, kind, inspected))
    return _applied(_draft(inspected), mend, policy)


def _draft(inspected: Inspected) -> Draft:
    grids = inspected.grids
    if len(grids) != 1 or not grids[0].rows or not grids[0].has_header:
        raise CannotMend(_NO_TABLE)
    return Draft(grids[0])


def _applied(draft: Draft, mend: Mend, policy: Policy) -> Mended | None:
    if mend is Mend.MERGE:
        joined = merged(draft, policy)
        return None if joined is None else Mended(".csv", joined[0].written(), joined[1], {"classes": joined[2]})
    if mend is Mend.SUPPRESS:
        found = suppressed(draft, policy)
    elif mend is Mend.TRIM:
        found = trimmed(draft)
    elif mend is Mend.DROP:
        found = without_identifiers(draft)
    else:
        found = rounded(draft, 5 if mend is Mend.ROUND_5 else 10, policy)
    return None if found is None else Mended(".csv", found[0].written(), found[1])
