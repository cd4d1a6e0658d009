"""How many persons a title, a note or a header says a table is about: ``n = 1 204``, ``chez 8 patients``.

A percentage or a mean is as small as what it is computed on, wherever that stands. Numbers of other things (centres,
folds, years), thresholds and rates are none of persons.
"""

import re
from collections.abc import Iterator, Sequence

from hub_extensions.exports.checks.tables.cells import Kind, parse_cell

_NUMBER = r"\d{1,3}(?:[\u00a0\u202f ,]\d{3})+|\d{1,7}"
_PERSONS = (
    r"(?:patient|personne|sujet|participant|b[ée]n[ée]ficiaire|assur[ée]|individu|malade|femme|homme|enfant|cas\b"
    r"|d[ée]c[èe]s|s[ée]jour|person|people|subject|case|wom[ae]n|child|death|stay)\w*"
)
#: Small numbers written out.
SPELT = {
    word: value
    for words in ("deux trois quatre cinq six sept huit neuf dix", "two three four five six seven eight nine ten")
    for value, word in enumerate(words.split(), start=2)
}
#: A name of a number of persons, then the number.
_NAMED = re.compile(
    rf"(?<![\w<>≤≥])(?:n|n_\w+|nobs|effectifs?|population|total|d[ée]nominateur|sample size|[ée]chantillon|{_PERSONS}"
    rf"|(?:number of|no\.?|nombre (?:total )?d(?:e|es|'|’)) ?\w+)"
    rf"(?:\s*\([^()\n]{{0,20}}\)|\s+(?:total|de l\W[ée]tude|analys[ée]\w*|inclus\w*|[ée]tudi[ée]\w*))?"
    rf"\s*(?:=|:|≈)\s*({_NUMBER})(?!\d)",
    re.IGNORECASE,
)
#: A number, then what it counts.
_COUNTED = re.compile(
    rf"(?<![\w.,=<>≥≤/-])(?<!\d[\u00a0\u202f ])({_NUMBER}|(?:{'|'.join(SPELT)})(?!\s+cas))\s+{_PERSONS}",
    re.IGNORECASE,
)
#: What stands before a number that is a threshold, a rate or the name of something.
_NOT_COUNTED = re.compile(
    r"(?:moins de|plus de|inf[ée]rieure?s? (?:ou [ée]ga\w+ )?[àa]|sup[ée]rieure?s? (?:ou [ée]ga\w+ )?[àa]|sous|seuil\w*"
    r"|au moins|jusqu.[àa]|[àa] partir de|au.del[àa] de|minimum|minimale?|min\.?|under|below|(?:fewer|less|more) than"
    r"|over|above|at least|up to|threshold|pour|par|per|tous les|chaque|every|tableau|table|figure|fig\.?|annexe"
    r"|[ée]tape|phase|groupe?|niveau|stade|grade|classe?|type|n[°o]\.?|page|lot|bloc|module|feuille|version"
    r"|r[èe]gle\w*|rule|<|≤|>|≥)\s*(?:de\s+|of\s+|:\s*|=\s*|n\s*=\s*)?$",
    re.IGNORECASE,
)
#: What follows a number that counts other things than persons, or that is a rate.
_OTHER_THINGS = re.compile(
    r"\s*(?:%|‰|=|:(?!\s*\n)|(?:[àa]|to|[-–])\s*\d|centres?|h[ôo]pita\w+|hospitals?|services?|[ée]tablissements?|r[ée]gions?|d[ée]partements?|departments?"
    r"|communes?|ann[ée]es?|years?|ans\b|mois|months?|semaines?|weeks?|jours?|days?|plis?|folds?|imputations?|mod[èe]les?"
    r"|models?|it[ée]rations?|variables?|modalit[ée]s?|classes?|cat[ée]gories?|sites?|arbres?|trees?|pays|countries"
    r"|points?|bins?|clusters?|groupes?|groups?|lignes?|rows?|colonnes?|columns?|(?:\w+\s+)?(?:pour|par|per|sur)\s+"
    r"(?:100\b|1[ \u00a0\u202f,]?000|cent|mille|year|an\b|mois|jour|personne-))",
    re.IGNORECASE,
)
_BEFORE = 40
#: Values up to which a number behind the name of a class of persons is its code: ``homme = 1, femme = 2``.
_CODES = 2
_NAMES_A_CLASS = re.compile(_PERSONS, re.IGNORECASE)


def _value(text: str) -> float:
    spelt = SPELT.get(text.casefold())
    if spelt is not None:
        return float(spelt)
    cell = parse_cell(text.replace(",", "").strip())
    return cell.value if cell.kind is Kind.NUMBER else 0.0


def speaks_of_persons(text: str, start: int, end: int) -> bool:
    """Whether the number in ``text[start:end]`` is no threshold, no rate, no name and no number of other things."""
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _BEFORE]
    return not _NOT_COUNTED.search(before) and not _OTHER_THINGS.match(after)


def _said(text: str) -> Iterator[float]:
    for pattern in (_NAMED, _COUNTED):
        for found in pattern.finditer(text):
            value = _value(found.group(1))
            coded = pattern is _NAMED and value <= _CODES and _NAMES_A_CLASS.match(found.group())
            if not coded and speaks_of_persons(text, found.start(), found.end()):
                yield value


def persons_said(texts: Sequence[str]) -> list[float]:
    """Return the numbers of persons that *texts* give, one by one; never a threshold, a rate or a number of things."""
    return [value for text in texts for value in _said(text) if value >= 1]
