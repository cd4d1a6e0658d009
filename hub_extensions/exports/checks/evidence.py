"""What authors put beside a table to show that it is safe: control files of dominance, and ACRO's own results.

Evidence is read to find fault, never to acquit by itself: a control that shows a dominant contributor blocks the sum
that it controls, and a declaration that contradicts our own checks is blocked with the file that it praises.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from hub_extensions.exports.checks.cells import Kind
from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.grid import Grid
from hub_extensions.exports.checks.magnitudes import check_dominance, check_ratio_max_sum
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.roles import Column, Table, table_of
from hub_extensions.exports.checks.tidy import label_key
from hub_extensions.exports.checks.words import Role

_CONTROL = re.compile(r"contr[oô]l|evidence|dominance|(?:^|[_.-])max(?:[_.-]|$)|top_?\d", re.IGNORECASE)
_READ = frozenset({".csv", ".tsv", ".xlsx", ".json"})
_LARGEST = 1 << 20
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
    return [other for other in beside if other.suffix.lower() in _READ and _is_small(other)][:_MOST]


def _is_small(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST


def has_sums(grids: Sequence[Grid]) -> bool:
    """Whether a table shows sums or means, which one contributor may dominate."""
    return any(table_of(grid).of(Role.SUM, Role.MEAN) for grid in grids)


def check_control(main: Sequence[Grid], control: Sequence[Grid], name: str, policy: Policy) -> Iterator[Finding]:
    """Yield a block when *control* shows that one contributor dominates a sum of *main*.

    Args:
        main: the tables that would leave.
        control: the tables of the control file.
        name: the control file's name, for the sentence.
        policy: the share above which a contributor dominates.
    """
    tables = [table_of(grid) for grid in control]
    shown = any(any(check_dominance(table, policy)) or any(check_ratio_max_sum(table, policy)) for table in tables)
    joined = any(_joined(table_of(grid), table, policy) for grid in main for table in tables)
    if shown or joined:
        yield block(
            "table.dominance",
            name,
            f"Le fichier de contrôle « {name} » montre un contributeur qui dépasse {policy.dominance:.0%}.",
            f"The control file {name} shows a contributor above {policy.dominance:.0%}.",
        )


def _joined(table: Table, control: Table, policy: Policy) -> bool:
    """Whether a maximum of the control makes up most of the sum that has the same labels."""
    sums = table.of(Role.SUM)
    largest = control.of(Role.MAX)
    if not sums or not largest:
        return False
    totals, maxima = _by_label(table, sums[0]), _by_label(control, largest[0])
    return any(total > 0 and maxima.get(key, 0) / total > policy.dominance for key, total in totals.items())


def _by_label(table: Table, column: Column) -> dict[tuple[str, ...], float]:
    return {
        tuple(label_key(text) for text in table.labels(row)): cells[column.index].value
        for row, cells in enumerate(table.grid.cells)
        if cells[column.index].kind is Kind.NUMBER
    }


def contradicted(name: str) -> Finding:
    """Return the finding for declared evidence that calls a blocked file safe."""
    return block(
        "evidence.contradicted",
        name,
        f"La pièce déclarée contredit le contrôle de « {name} », qui est bloqué.",
        f"The declared evidence contradicts the check of {name}, which is blocked.",
    )
