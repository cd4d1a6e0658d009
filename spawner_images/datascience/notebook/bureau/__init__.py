"""Help before submission: ``import bureau`` in a cell of a workspace.

``bureau.check(df)`` gives the verdict that the export desk would give, ``.mend("suppress")`` a table that passes,
``bureau.table(...)`` a table that carries its population, ``bureau.policy()`` the rules that hold. Nothing leaves and
nothing is submitted from here.
"""

from bureau.channel import NotAnswered, Refused
from bureau.checking import check, check_acro
from bureau.magics import current_shell, register
from bureau.policy import Policy, policy
from bureau.tables import PopulationTable, table
from bureau.verdict import Verdict
from bureau.words import set_language

__all__ = [
    "NotAnswered",
    "Policy",
    "PopulationTable",
    "Refused",
    "Verdict",
    "check",
    "check_acro",
    "policy",
    "set_language",
    "table",
]


def load_ipython_extension(shell: object) -> None:
    """Add ``%bureau_check`` and ``%%bureau_check`` (``%load_ext bureau``; an ``import bureau`` does it too)."""
    register(shell)


_SHELL = current_shell()
if _SHELL is not None:
    load_ipython_extension(_SHELL)
