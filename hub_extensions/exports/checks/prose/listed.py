"""Counts in lines of their own: ``Corse : 4`` under « Effectifs », ``n_corse = 4``, ``- Centre B : 4 patients``.

A list is a table of two columns without its lines. Settings and scores are lists too, so a list counts persons only
when its heading, its labels or its numbers say so.
"""

import re
from collections.abc import Iterator, Sequence

from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import plain
from hub_extensions.exports.checks.tables.words import PERSON_WORDS, Role, role_of_header

#: Lines alike before they are a list.
FEWEST_LINES = 2
_ITEM = re.compile(
    r"\s*(?:[-*•+]\s+)?[\"']?(?P<label>[^\s:=|;,\t\"'][^:=|;\t]{0,80}?)[\"']?\s*[:=]\s*"
    r"(?P<number>\d{1,3}(?:[\u00a0\u202f ]\d{3})+|\d{1,7})"
    r"\s*(?P<unit>[^\W\d]{0,15})\s*[.;,]?\s*"
)
#: What counts persons in a heading: the words of columns of counts, one by one.
_SETTINGS = frozenset("folds fold seed depth epochs iterations estimators leaves trees jobs version page port".split())


def check_lists(text: str, policy: Policy, where: str) -> Iterator[Finding]:
    """Yield the first small count in a list that counts persons."""
    heading, run = "", list[tuple[int, re.Match[str]]]()
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        item = _ITEM.fullmatch(line)
        if item is not None:
            run.append((number, item))
            continue
        small = _small(heading, run, policy)
        if small is not None:
            yield block(
                "table.small_count",
                f"{where} ligne {small}",
                f"Effectif inférieur à {policy.min_persons} dans une liste : masquez-le ou regroupez.",
                f"Count under {policy.min_persons} in a list: suppress it or merge.",
            )
            return
        run = []
        heading = line if line.strip(" #*_:-=") else heading


def _small(heading: str, run: Sequence[tuple[int, re.Match[str]]], policy: Policy) -> int | None:
    """Return the line of the first small count of *run*, if it counts persons."""
    if len(run) < FEWEST_LINES:
        return None
    for number, item in run:
        value = int(re.sub(r"\D", "", item["number"]))
        if 0 < value < policy.min_persons and (_counts(heading) or _counts(item["label"]) or _persons(item["unit"])):
            return None if set(plain(item["label"]).split("_")) & _SETTINGS else number
    return None


def _persons(word: str) -> bool:
    return plain(word) in PERSON_WORDS or plain(word) in {"cas", "deces", "sejours", "deaths", "cases"}


def _counts(text: str) -> bool:
    """Whether a heading or a label speaks of persons counted, and of nothing else."""
    words = plain(text).split("_")
    return role_of_header(text) is Role.COUNT and bool(
        {"n", "nb", "effectif", "effectifs", "nombre"} & set(words) or any(map(_persons, words))
    )
