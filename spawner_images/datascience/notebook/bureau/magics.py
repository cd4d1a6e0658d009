"""``%bureau_check df`` checks what a name holds; ``%%bureau_check`` runs a cell and checks what it ends with."""

import sys
from typing import Any

from bureau.checking import check
from bureau.words import in_language


def current_shell() -> Any:
    """Return the shell of this notebook; None in a plain Python, where there are no magics."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def register(shell: Any) -> None:
    """Add the magic to a shell."""

    def bureau_check(line: str, cell: str | None = None) -> Any:
        if cell is None:
            return check(shell.ev(line))
        done = shell.run_cell(cell, store_history=False)
        if not done.success:
            return None
        if done.result is None:
            print(in_language("La cellule ne se termine pas par un résultat.", "The cell does not end with a result."))
            return None
        return check(done.result, name=line.strip() or None)

    shell.register_magic_function(bureau_check, "line_cell", "bureau_check")
