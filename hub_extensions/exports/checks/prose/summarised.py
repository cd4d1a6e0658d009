"""Counts of classes as R's ``summary()`` of a data frame prints them: ``III:  3`` under the name of a variable."""

import re
from collections.abc import Iterator

from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import plain

#: One cell: a label, padded, and a number behind its colon.
_CELL = r"[^\s:][^:\n]{0,24}?[ ]{0,12}:[ ]{0,8}[\w.\"-]{1,20}"
_LINE = re.compile(rf"[#>]{{0,2}}[ ]{{0,20}}{_CELL}(?:[ ]{{2,40}}{_CELL}){{0,12}}[ ]{{0,80}}")
_COUNTED = re.compile(r"(?P<label>[^\s:][^:\n]{0,24}?)[ ]{0,12}:[ ]{0,8}(?P<count>\d{1,9})(?=\s|$)")
#: What summary() says of numbers and words.
_STATISTICS = frozenset("min 1st_qu median mean 3rd_qu max na_s length class mode".split())
#: Lines that are cut alike before they are a summary.
FEWEST_LINES = 2


def check_summaries(text: str, policy: Policy, where: str = "texte") -> Iterator[Finding]:
    """Yield the first class of few persons in a summary of several variables."""
    run: list[tuple[int, str]] = []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if _LINE.fullmatch(line):
            run.append((number, line))
            continue
        small = _small(run, policy)
        if small is not None:
            yield block(
                "table.small_count",
                f"{where} ligne {small}",
                f"Effectif inférieur à {policy.min_persons} dans un résumé : regroupez des classes.",
                f"Count under {policy.min_persons} in a summary: merge classes.",
            )
            return
        run = []


def _small(run: list[tuple[int, str]], policy: Policy) -> int | None:
    """Return the line of a small count, if the lines are a summary: two variables side by side, numbers behind both."""
    cells = [(number, list(_COUNTED.finditer(line))) for number, line in run]
    abreast = sum(len(found) > 1 for _, found in cells)
    if len(run) < FEWEST_LINES or abreast < FEWEST_LINES:
        return None
    for number, found in cells:
        for cell in found:
            counted = plain(cell["label"]) not in _STATISTICS
            if counted and 0 < int(cell["count"]) < policy.min_persons:
                return number
    return None
