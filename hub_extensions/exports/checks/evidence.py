"""What authors put beside a table to show that it is safe: control files of dominance, and ACRO's own results.

Evidence is read to find fault, never to acquit by its name: a control that shows a dominant contributor blocks the sum
that it controls, one that shows none takes away a question for the rows it speaks of (``largest``), and a declaration
that contradicts our own checks is blocked with the file that it praises.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from hub_extensions.exports.checks.findings import Finding, Severity, block
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import Kind
from hub_extensions.exports.checks.tables.dominance import Dominant, dominant, dominated_cells
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.tables.largest import labels_of
from hub_extensions.exports.checks.tables.roles import Column, Table
from hub_extensions.exports.checks.tables.settling import table_of
from hub_extensions.exports.checks.tables.words import Role
from project_spaces.text import Text

_CONTROL = re.compile(r"contr[oô]l|evidence|dominance|(?:^|[_.-])max(?:[_.-]|$)|top_?\d", re.IGNORECASE)
_READ = frozenset({".csv", ".tsv", ".xlsx", ".json"})
_LARGEST = 1 << 20
#: Rules on what numbers give away to somebody outside.
_STATISTICS = ("table.", "curve.", "regression.")
_MOST = 5


def is_control_of(control: str, main: str) -> bool:
    """Whether a file is named as the control of another: the other's name and a word for it, or that word alone."""
    ours, theirs = Path(control).stem.casefold(), Path(main).stem.casefold()
    if theirs in ours and theirs != ours:
        return bool(_CONTROL.search(ours.replace(theirs, "_", 1)))
    return bool(_CONTROL.search(ours)) and not _CONTROL.search(theirs) and ours not in theirs


def controls_beside(path: Path) -> list[Path]:
    """Return the ordinary small files beside *path* that carry its name and are named as its control."""
    stem = path.stem.casefold()
    with os.scandir(path.parent) as entries:
        named = sorted(each.name for each in entries if stem in each.name.casefold())
    beside = [path.parent / name for name in named if is_control_of(name, path.name)]
    return [other for other in beside if is_read(other)][:_MOST]


def is_read(path: Path) -> bool:
    """Whether a control is a small ordinary file of a type that is read."""
    small = path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST
    return small and path.suffix.lower() in _READ


def has_sums(grids: Sequence[Grid]) -> bool:
    """Whether a table shows sums or means, which one contributor may dominate."""
    return any(table_of(grid).of(Role.SUM, Role.MEAN) for grid in grids)


def check_control(main: Sequence[Grid], tables: Sequence[Table], name: str, policy: Policy) -> Iterator[Finding]:
    """Yield a block when a control shows that one contributor, or two, dominate a sum of *main*.

    Args:
        main: the tables that would leave.
        tables: the tables of the control file.
        name: the control file's name, for the sentence.
        policy: the shares above which one contributor dominates, and two.
    """
    if not has_sums(main):
        return
    who = {who for table in tables for _, who in dominated_cells(table, policy)}
    who |= {each for grid in main for table in tables for each in _joined(table_of(grid), table, policy)}
    if who:
        yield _shown(min(who), name, policy)


def _shown(who: Dominant, name: str, policy: Policy) -> Finding:
    alone = who is Dominant.ONE
    share = f"{policy.dominance if alone else policy.dominance_two:.0%}"
    fr = f"un contributeur qui dépasse {share}" if alone else f"deux contributeurs qui dépassent {share} (règle NK)"
    en = f"a contributor above {share}" if alone else f"two contributors above {share} (NK rule)"
    said = Text(f"Le fichier de contrôle « {name} » montre {fr}.", f"The control file {name} shows {en}.")
    return block("table.dominance", name, *said)


def _joined(table: Table, control: Table, policy: Policy) -> Iterator[Dominant]:
    """Yield who makes most of a sum, by what the control says of the same labels."""
    sums = table.of(Role.SUM)
    totals = _by_label(table, sums[0]) if sums else {}
    for largest in (*control.of(Role.MAX)[:1], *control.of(Role.TOP_TWO)[:1]):
        for key, top in _by_label(control, largest).items():
            share = top / totals[key] if totals.get(key, 0) > 0 else 0.0
            who = dominant(share if largest.role is Role.MAX else 0.0, share, policy)
            if who is not None:
                yield who


def _by_label(table: Table, column: Column) -> dict[frozenset[str], float]:
    return {
        labels_of(table, row): cells[column.index].value
        for row, cells in enumerate(table.grid.cells)
        if cells[column.index].kind is Kind.NUMBER
    }


def as_evidence(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield what counts of a file that never leaves: its numbers are for the reviewers' eyes, and only said.

    Rows of persons, identifiers and whatever can't be shown safely stay what they are: reviewers see the file.
    """
    for said in findings:
        if not said.rule.startswith("difference."):
            yield replace(said, severity=Severity.INFO) if said.rule.startswith(_STATISTICS) else said


def contradicted(name: str) -> Finding:
    """Return the finding for declared evidence that calls a blocked file safe."""
    return block(
        "evidence.contradicted",
        name,
        f"La pièce déclarée contredit le contrôle de « {name} », qui est bloqué.",
        f"The declared evidence contradicts the check of {name}, which is blocked.",
    )
