"""The smallest and the largest value of persons, as programs print them: R's ``summary()``, ``range()``, pandas' ``max()``.

``summary()`` of a data frame prints ``Max.   :107.00`` in cells of text that are no table; of a vector, a line of names
over a line of numbers.
"""  # noqa: E501

import re
from collections.abc import Iterator

from hub_extensions.exports.checks.findings import Finding, flag, graded
from hub_extensions.exports.checks.policy import Policy

_CELL = re.compile(r"\bM(?:in|ax)\.[^\S\n]{0,6}:[^\S\n]{0,12}\"?-?\d")
_LINE = re.compile(r"[#\s>\"|]{0,60}Min\.\s{1,30}1st\s{1,5}Qu\.\s{1,30}Median\b")
#: A call that gives one person's value, and what stands below it.
_CALL = re.compile(
    r"\s*>\s.{0,200}?\b(?:range|min|max|fivenum|boxplot\.stats)\(\s*[\w.]{1,40}[$\[]|\s*>\s.{0,200}?\b(?:aggregate|tapply|sapply|by)\(.{0,200}?,\s*(?:FUN\s*=\s*)?(?:max|min|range)\b"
    r"|\s*(?:>>>|In \[\d{1,5}\]:)\s.{0,200}?\.(?:max|min|idxmax|nlargest|nsmallest)\("
)
_ANSWER = re.compile(r"[^\S\n]{0,20}(?:\[1\]|Out\[\d{1,5}\]:)?[\w. -]{0,80}\d")
#: SAS's lists of extremes; R's quantiles from the first to the last.
_LISTED = re.compile(
    r"\s{0,60}(?:Extreme (?:Observations|Values)|Observations extr[êe]mes|(?:100% Max|0% Min)\s{1,40}-?\d[^\n]{0,80})\s{0,60}"  # noqa: E501
)
_FROM_FIRST = re.compile(r"[#\s]{0,30}0%\s(?:\s{0,20}\d{1,2}(?:\.\d{1,3})?%){0,20}\s{0,20}100%\s{0,20}")
_RESIDUALS = re.compile(
    r"\s*(?:(?:Scaled|Deviance|Pearson|Weighted|Working|Standardi[sz]ed Within-Group)\s+)?Residuals:?\s*", re.IGNORECASE
)
#: Names above the five numbers that R prints of residuals.
_FIVE = re.compile(r"\s*Min\s+(?:1Q|Q1)\s+Med(?:ian)?\s+(?:3Q|Q3)\s+Max\s*")


def without_residuals(lines: list[str]) -> list[str]:
    """Return *lines* without the five numbers that R prints of a model's residuals, as many as before."""
    kept = list(lines)
    for number, line in enumerate(lines):
        if number and _FIVE.fullmatch(line) and _RESIDUALS.fullmatch(lines[number - 1]):
            kept[number : number + 2] = [""] * len(kept[number : number + 2])
    return kept


def check_printed_ends(text: str, policy: Policy, where: str = "texte") -> Iterator[Finding]:
    """Yield minima and maxima of persons that a program printed, and those of residuals for a person to judge."""
    lines = text.splitlines()
    if without_residuals(lines) != lines:
        yield flag(
            "regression.residual_ends",
            where,
            "Le plus petit et le plus grand résidu sont ceux d'une personne : vérifiez, ou retirez-les.",
            "The smallest and the largest residual are one person's: check them, or remove them.",
        )
    for number, line in enumerate(lines):
        below = lines[number + 1] if number + 1 < len(lines) else ""
        above = lines[number - 1] if number else ""
        summed = (
            _CELL.search(line) or _LISTED.fullmatch(line) or (_FROM_FIRST.fullmatch(line) and re.search(r"\d", below))
        )
        summed = summed or (_LINE.match(line) and re.search(r"\d", below) and "esidual" not in above)
        if summed or (_CALL.match(line) and any(_ANSWER.match(each) for each in lines[number + 1 : number + 3])):
            yield graded(
                policy.min_max,
                "table.min_max",
                f"{where} · ligne {number + 1}",
                "Un minimum ou un maximum est la valeur d'une personne : donnez un centile ou retirez-le.",
                "A minimum or a maximum is one person's value: give a percentile or remove it.",
            )
            return
