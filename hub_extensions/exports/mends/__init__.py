"""Mends: what may be done to a table that the checks refuse, at one click, each giving a new file and a sentence.

A mend is a pure function from a table to a table; ``mend_file`` reads a file, applies one, and has its result judged by
the same checks: what they still refuse is no mend. The trusted side runs it in a confined worker (``running.py``).
"""

from hub_extensions.exports.mends.kinds import LABELS, CannotMend, Mend, Mended, offered
from hub_extensions.exports.mends.mending import mend_file
from hub_extensions.exports.mends.running import run_mend

__all__ = ["LABELS", "CannotMend", "Mend", "Mended", "mend_file", "offered", "run_mend"]
