"""Sentences that speak of persons: « 3 patients sont décédés » is a small cell, « 61 ans (18-107) » two persons' ages.

A number of persons said in words is blocked like a cell. Thresholds, rates, ratios, what each person has, numbers of
other things and of those who did the work are none; where the words leave it open, a person decides.
"""

import re
from collections.abc import Iterator

from hub_extensions.exports.checks.findings import Finding, Severity, flag, graded
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.noted import SPELT, speaks_of_persons
from hub_extensions.exports.checks.prose.saidends import check_said_ends

_CIVILITY = re.compile(
    r"\b(?:M\.|Mr|Mme|Mlle|Madame|Monsieur|Dr|Docteur|Pr|Professeur)\s+(?:[A-ZÉÈ][a-zéèêëïîç-]+\s+){0,2}[A-ZÉÈ][A-Za-zéèêëïîç-]{2,}"
)
_CLINICAL = re.compile(
    r"\b(?:hospitalis[ée]e?s?\s+(?:pour|le|du)|ant[ée]c[ée]dents?\s*:|motif d.hospitalisation|compte[- ]rendu (?:d.hospitalisation|op[ée]ratoire)|lettre de (?:sortie|liaison)|examen clinique|patiente?\s+(?:de|âg[ée]e?)\s+\d{1,3}\s+ans|conclusion\s*:\s*patient)",  # noqa: E501
    re.IGNORECASE,
)
_NUMBER = r"\d{1,3}(?:[\u00a0\u202f ]\d{3})+|\d{1,6}"
_ALONE = "un seul|une seule|a single|only one"
#: A number and whom it counts.
_COUNTED = re.compile(
    rf"(?<![\w.,=<>≥≤/-])(?<!\d[\u00a0\u202f ])({_NUMBER}|(?:{_ALONE}|{'|'.join(SPELT)}))\s+"
    r"(?P<whom>(?:patient|personne|sujet|participant|b[ée]n[ée]ficiaire|assur[ée]|individu|malade|femme|homme|fille|gar[çc]on"
    r"|d[ée]c[èe]s|person|people|subject|wom[ae]n|m[ae]n\b|death)[^\W\d]*|(?:enfant|child|cas\b|case|s[ée]jour|stay)[^\W\d]*)(?![\d.,]\d)",
    re.IGNORECASE,
)
#: A number of those who were just spoken of: « parmi eux, 9 sont décédés ».
_OF_THEM = re.compile(
    rf"\b(?:parmi|dont|among|of (?:these|them|whom)|d['’]entre (?:eux|elles))\b[^.\n]{{0,60}}?(?<![\w.,<>≥≤])({_NUMBER}|{'|'.join(SPELT)})\s+"  # noqa: E501
    r"(?:sont|ont|[ée]taient|avaient|were|had|died|have|are|pr[ée]sentaient)\b",
    re.IGNORECASE,
)
#: A size without a name.
_SIZED = re.compile(rf"(?<![\w.,=<>≥≤-])[nN]\s*=\s*({_NUMBER})(?![\d.,]\d)")
_GROUPED = re.compile(r"\b(?:bras|arm|groupe|group|patient\w*|patients|personne\w*|sujets?|subjects?)\b", re.IGNORECASE)
#: Before the number: what is laid down for each person, a ratio, the bound of a range, a heading, a scale.
_LAID_DOWN = re.compile(
    r"(?:(?:à|-|–|to|ou|or|entre \d{1,6} et|between \d{1,6} and|1\s*:|1\s+pour|maximum|max\.?|m[ée]nages? d[e'’]|households? of"  # noqa: E501
    r"|blocs? d[e'’]|blocks? of|groupes? d[e'’]|groups? of|lots? d[e'’]|chambres? (?:à|d[e'’])|rooms? of|stage|asa|nyha|killip|score"  # noqa: E501
    r"|appari[ée]\w* à|matched (?:to|with)|section|chapitre|chapter|exemple|example)"
    r"|(?:ayant|avec|with|having|had|ont|m[èe]res? de|parents? de|mothers? of)\s*(?:eu|au moins)?)[\s:]*$",
    re.IGNORECASE,
)
#: Behind it: a rate, a ratio, a number for each of something, work that was done, a bound.
_RATED = re.compile(
    r"\s{0,5}(?:(?:\w{1,30}\s{1,5})?(?:sur|out of|in|on|of)\s+(?:\d(?!\d)|10(?!\d)|deux|trois|quatre|cinq|dix|two|three|four|five|ten)\b"  # noqa: E501
    r"|(?:pour|for)\s+(?:\d|chaque|un\b|une\b|each|every)|(?:par|per)\s+\w|(?:et|ou|and|or) (?:plus|moins|more|fewer)|minimum|au (?:moins|minimum|plus)"  # noqa: E501
    r"|(?:de figure|d['’]usage|possibles?|distincts?|[ée]ch[ée]ant)\b"
    r"|[^.\n]{0,30}\b(?:relu|cod[ée]|saisi|ind[ée]pend|review|extract|v[ée]rifi|valid)|[:=])",
    re.IGNORECASE,
)
_UNSURE = ("enfant", "child", "cas", "case", "sejour", "séjour", "stay")
_NEAR = 40


def _value(text: str) -> int:
    spelt = SPELT.get(text.casefold())
    if spelt is not None:
        return spelt
    return 1 if re.fullmatch(_ALONE, text, re.IGNORECASE) else int(re.sub(r"\D", "", text))


def _heads_a_line(text: str, start: int, whom: str) -> bool:
    """Whether a number begins a line as that of a title: ``3 Patients et méthodes``."""
    line = text.rfind("\n", 0, start) + 1
    return whom[:1].isupper() and not text[line:start].strip(" \t#*")


def _small(text: str, policy: Policy) -> Iterator[Severity]:
    """Yield how sure each small number of persons of *text* is."""
    for found in _COUNTED.finditer(text):
        start, end, whom = found.start(), found.end(), found["whom"]
        if not 0 < _value(found.group(1)) < policy.min_persons or not speaks_of_persons(text, start, end):
            continue
        before, after = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
        if _LAID_DOWN.search(before) or _RATED.match(after) or _heads_a_line(text, start, whom):
            continue
        yield Severity.FLAG if whom.casefold().startswith(_UNSURE) else Severity.BLOCK
    for found in _OF_THEM.finditer(text):
        start, end = found.span(1)
        if 0 < _value(found.group(1)) < policy.min_persons and speaks_of_persons(text, start, end):
            yield Severity.BLOCK
    for found in _SIZED.finditer(text):
        if 0 < _value(found.group(1)) < policy.min_persons and speaks_of_persons(text, found.start(), found.end()):
            line = text[text.rfind("\n", 0, found.start()) + 1 :].partition("\n")[0][:400]
            yield Severity.BLOCK if _GROUPED.search(line) else Severity.FLAG


def check_sentences(text: str, policy: Policy, where: str = "texte", *, of_results: bool = True) -> Iterator[Finding]:
    """Yield small numbers of persons said in words, and hints that a text speaks of one person.

    Args:
        text: what is read.
        policy: gives the threshold.
        where: the place to say.
        of_results: whether it tells results; the comments of a program may as well tell what it does.
    """
    sure = set(_small(text, policy))
    if sure:
        worst = Severity.BLOCK if of_results and Severity.BLOCK in sure else Severity.FLAG
        yield graded(
            worst,
            "text.small_count",
            where,
            f"Le texte cite un effectif inférieur à {policy.min_persons} : "
            + ("retirez-le ou regroupez." if worst is Severity.BLOCK else "vérifiez."),
            f"The text quotes a count under {policy.min_persons}: "
            + ("remove it or merge groups." if worst is Severity.BLOCK else "check it."),
        )
    if _CIVILITY.search(text):
        yield flag(
            "text.name",
            where,
            "Le texte semble nommer une personne : vérifiez.",
            "The text seems to name a person: check it.",
        )
    if _CLINICAL.search(text):
        yield flag(
            "text.clinical",
            where,
            "Le texte ressemble à un écrit clinique : vérifiez.",
            "The text looks like a clinical note: check it.",
        )
    if of_results:
        yield from check_said_ends(text, policy, where)
