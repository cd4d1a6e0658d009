"""The smallest and the largest value of persons, said in a sentence: « 61 ans (18-107) », « âge maximal : 104 ans ».

Each is one person's. Two numbers are ends when a word says so and they measure persons: an age, a cost, a stay. What
criteria, scores, confidence intervals and periods span is laid down or computed, and is none.
"""

import re
from collections.abc import Iterator

from hub_extensions.exports.checks.findings import Finding, graded
from hub_extensions.exports.checks.policy import Policy

_UNIT = r"\s{0,3}(?:ans?|years?|jours?|days?|mois|months?|€|euros?|kg|cm)?\s{0,3}"
_NUMBER = r"-?\d[\d.,\u00a0\u202f]{0,12}"
#: A word that announces the two ends, then both.
_SPAN = re.compile(
    r"(?:\bmin(?:imum)?\s{0,2}[-–/;,]\s{0,2}max(?:imum)?\b|\b[ée]tendue\b(?! inter)|\bextr[êe]mes?\b|(?<!quartile )\brange\b"  # noqa: E501
    r"|\brang(?:ed|ing)\s+from\b|\b(?:allant|allai(?:t|ent)|vari(?:ant|ait|aient)|s['’][ée]tend\w{0,6})\s+(?=de\s))"
    rf"[^\d\n\]]{{0,20}}(?P<low>{_NUMBER}){_UNIT}(?:[-–—;,]|à|to|et|and)\s{{0,3}}(?P<high>{_NUMBER})(?P<after>{_UNIT})",
    re.IGNORECASE,
)
#: One end of what persons have.
_END = re.compile(
    r"\b(?:[âa]ges?|cost|co[ûu]t|dur[ée]e(?: de s[ée]jour)?|d[ée]lai|imc|bmi|crp|montant|length of stay|stay)\s+(?:maxim(?:um|ale?)|minim(?:um|ale?))"  # noqa: E501
    rf"\s{{0,3}}(?:[ée]tait de|[ée]tait|est de|de|was|is|:|=)?\s{{0,3}}{_NUMBER}"
    r"|\b(?:maximum|minimum|oldest|youngest)\s+(?:age|cost|bmi|length of stay|stay|patient)\s{0,3}(?:was|is|:|=)?\s{0,3}\d"  # noqa: E501
    r"|\b(?:patiente?|personne|malade)\s+(?:la |le )?plus\s+(?:[âa]g[ée]e?|jeune)\s{0,3}(?:avait|a|:)\s{0,3}\d"
    r"|\bde\s+\d{1,3}\s+à\s+\d{1,3}\s+ans\s{0,3}\([ée]tendue\)",
    re.IGNORECASE,
)
#: A median age and what stands in brackets behind it.
_AGED = re.compile(
    r"\b(?:[âa]ge|aged?)\b[^\n\d\[(]{0,40}\d{1,3}(?:[.,]\d)?\s{0,3}(?:ans|years)?\s{0,3}[\[(]\s{0,3}(?P<low>\d{1,3})(?:[.,]\d)?\s{0,3}[-–—;,]\s{0,3}"
    r"(?P<high>\d{1,3})(?:[.,]\d)?\s{0,3}[\])]",
    re.IGNORECASE,
)
#: Years between the two, above which they are no quartiles.
WIDEST_QUARTILES = 50
#: What persons are measured by.
_MEASURED = re.compile(
    r"\b(?:[âa]g[ée]?e?s?|ages?|aged|ans|years|co[ûu]ts?|costs?|montants?|d[ée]penses?|dur[ée]es?|d[ée]lais?|s[ée]jours?|stays?|imc|bmi|poids|weight"
    r"|taille|height|tension|pression|pressure|crp|hba1c|cr[ée]atinine|albumine)\b",
    re.IGNORECASE,
)
#: What is laid down or computed.
_GIVEN = re.compile(
    r"\b(?:crit[èe]res?|criteria|[ée]ligib\w{0,6}|inclu(?:sion|re)|seuils?|threshold|hyperparam\w{0,8}|grille|grid|borne|folds?|plis|auc|auroc|ci|ic"
    r"|odds|hazard|ratios?|p-?values?|scores?|th[ée]orique|theoretical|normal|normale?s?|reference|r[ée]f[ée]rence|follow-up|suivi|p[ée]riode"
    r"|taux|rates?|centres?|hospitals?|r[ée]gions?|par conception|by design)\b",
    re.IGNORECASE,
)
_BEFORE, _AFTER = 80, 40


def _number(text: str) -> float:
    digits = re.sub(r"[^\d.]", "", text.replace(",", ".").rstrip(".,"))
    return float(digits) if digits.count(".") <= 1 and digits.strip(".") else 0.0


def _years(*ends: str) -> bool:
    """Whether two numbers are years of a calendar."""
    return all(re.fullmatch(r"(?:19|20)\d{2}[.,]?", end) for end in ends)


def _shows(text: str, found: re.Match[str], *, needs_measure: bool) -> bool:
    """Whether what was found are ends of persons: not laid down around it, and of something that persons have."""
    line, stop = text.rfind("\n", 0, found.start()) + 1, text.find("\n", found.end())
    before = text[max(line, found.start() - _BEFORE) : found.start()]
    after = text[found.end() : min(found.end() + _AFTER, stop if stop >= 0 else len(text))]
    sentence = before.rpartition(". ")[2]
    if _GIVEN.search(sentence) or _GIVEN.search(after.partition(". ")[0]):
        return False
    return not needs_measure or bool(_MEASURED.search(f"{sentence} {found.group()}"))


def check_said_ends(text: str, policy: Policy, where: str) -> Iterator[Finding]:
    """Yield the smallest and the largest value of persons that a sentence gives."""
    spans = (each for each in _SPAN.finditer(text) if not _years(each["low"], each["high"]))
    aged = (each for each in _AGED.finditer(text) if _number(each["high"]) - _number(each["low"]) >= WIDEST_QUARTILES)
    found = [
        *(each for each in spans if _shows(text, each, needs_measure=True)),
        *(each for each in (*_END.finditer(text), *aged) if _shows(text, each, needs_measure=False)),
    ]
    if found:
        yield graded(
            policy.min_max,
            "table.min_max",
            where,
            "Un minimum ou un maximum est la valeur d'une personne : donnez un centile ou retirez-le.",
            "A minimum or a maximum is one person's value: give a percentile or remove it.",
        )
