"""Reads one cell the way a French or English table means it: numbers, percentages, masked counts, dates, labels.

A checker that takes ``1 204`` for text counts nothing and passes everything; one that takes ``< 11`` for text can't
tell
a masked table from a broken one. Nothing here guesses what a column means: that is :mod:`.roles`.
"""

import math
import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What a cell holds."""

    NUMBER = "number"
    MASKED = "masked"
    DATE = "date"
    LABEL = "label"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Cell:
    """A parsed cell. ``value`` is in the unit shown (12.5 for ``12,5 %``); ``decimals`` are the digits shown.

    A masked cell knows the interval that its own label gives away: ``<11`` means 0 to 10.
    """

    kind: Kind
    text: str
    value: float = 0.0
    decimals: int = 0
    percent: bool = False
    low: float | None = None
    high: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether a whole number is shown."""
        return self.kind is Kind.NUMBER and self.value == int(self.value)


#: Spaces that French typography puts between thousands: space, no-break, narrow no-break, thin, figure.
_SPACES = " \u00a0\u202f\u2009\u2007’'"
_GROUPED = re.compile(rf"^[+-]?\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?:[.,]\d+)?$")
_PLAIN = re.compile(r"^[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?$")
_ENGLISH = re.compile(r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$")
_GERMAN = re.compile(r"^[+-]?\d{1,3}(?:\.\d{3})+,\d+$")
_UNIT = re.compile(r"(?<!\s)\s*(%|‰|€|euros?|eur|k€|ans?|jours?|j|ms?|mg|kg)\.?$", re.IGNORECASE)
_PAIRED = re.compile(
    r"^([^()\[\]]*\d)\s*(?:\(\s*[<≤±]?\s*[\d.,]+\s*%?\s*\)|[\[(]\s*[\d.,]+\s*(?:[-–—;à]|to)\s*[\d.,]+\s*[\])])$"
)
_BELOW = re.compile(
    r"^\s*(?:<|<=|≤|&lt;|inf(?:érieur)?\.?\s*(?:à|a)|moins de|less than|under)\s*(\d+)\s*$", re.IGNORECASE
)
_RANGE = re.compile(r"^\s*(?:\[\s*)?(\d+)\s*(?:-|–|à|to|;)\s*(\d+)\s*\]?\s*$")
#: Marks that print nothing: zero width, direction, byte order.
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
#: Small numbers written out.
_SPELT = {
    word: value
    for words in (
        "un deux trois quatre cinq six sept huit neuf dix",
        "one two three four five six seven eight nine ten",
    )
    for value, word in enumerate(words.split(), start=1)
}
#: What people write around a count: ``n=4``, ``≈ 4``, ``(4)``, ``4*``, ``4 patients``.
_DRESSED = re.compile(
    r"^(?:n\s*=\s*|[≈~∼]\s*|env(?:iron|\.)\s*|ca\.\s*)?(?:\(([^()]*\d)\)|(.*?\d))\s*(?:[*†‡§]+|(?:patiente?|personne|sujet|individu"
    r"|s[ée]jour|cas|d[ée]c[èe]s|b[ée]n[ée]ficiaire|assur[ée]e?|homme|femme|case|person|subject|death|stay)s?)?$",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"^\s*(?:(?:19|20)\d{2}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|1[0-2])[-/.](?:19|20)\d{2})"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?\s*$"
)
_MASKS = frozenset(
    {
        "*",
        "**",
        "***",
        "ns",
        "n.s",
        "n.s.",
        "s",
        "s.",
        "c",
        "c.",
        "x",
        "xx",
        "xxx",
        "nd",
        "n.d",
        "n.d.",
        "secret",
        "[redacted]",
        "redacted",
        "masqué",
        "masque",
        "supprimé",
        "supprime",
        "suppressed",
        "confidentiel",
        "[c]",
        "[x]",
        ":",
        ":c",
        "..",
        "...",
        "#",
        "n<11",
        "effectif faible",
        "petit effectif",
    }
)
#: Cases among persons, in one cell: ``4/120``, ``4 sur 120``. Scores out of 5 or 10 are labels.
_AMONG = re.compile(r"(\d{1,7})\s*(?:/|sur|of|out of)\s*(\d{2,8})(?:\s*\([^()]*\))?")
FEWEST_AMONG = 11
_EMPTY = frozenset({"", "-", "–", "—", "na", "n/a", "nan", "none", "null", "<na>", ".", "nat"})


def plain(text: str) -> str:
    """Return *text* in lower case without accents, with runs of separators as one underscore: for comparing names."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9%<>|/]+", "_", bare.lower()).strip("_")


def _decimal_text(raw: str) -> str | None:
    """Return *raw* as Python writes numbers, or ``None`` when it is no number."""
    text = raw.replace("−", "-")
    if _GROUPED.match(text):
        return re.sub(rf"[{_SPACES}]", "", text).replace(",", ".")
    if _ENGLISH.match(text) and ("." in text or text.count(",") > 1):
        return text.replace(",", "")
    if _GERMAN.match(text):
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", ".") if _PLAIN.match(text) else None


def _number(raw: str) -> Cell | None:
    """Return a number, with its unit or with a second one in brackets: ``620 (51,5 %)``, ``62,3 (12,1)``."""
    paired = _PAIRED.match(raw)
    if paired:
        raw = paired.group(1)
    unit = _UNIT.search(raw)
    bare = raw[: unit.start()].strip() if unit else raw
    text = _decimal_text(bare)
    if text is None:
        return None
    value = float(text)
    if math.isnan(value) or abs(value) > 1e300:
        return None
    mantissa = text.lower().split("e")[0]
    decimals = len(mantissa.split(".")[1]) if "." in mantissa else 0
    return Cell(Kind.NUMBER, raw, value, decimals, percent=bool(unit) and unit.group(1) == "%")


def _masked(raw: str) -> Cell | None:
    below = _BELOW.match(raw)
    if below:
        bound = int(below.group(1))
        strict = "≤" not in raw and "<=" not in raw
        return Cell(Kind.MASKED, raw, low=0, high=bound - 1 if strict else bound)
    if raw.casefold() in _MASKS:
        return Cell(Kind.MASKED, raw)
    return None


def parse_cell(raw: str) -> Cell:
    """Return what *raw* holds. Never fails: what is not understood is a label."""
    text = INVISIBLE.sub("", raw).strip().strip('«»"“”').strip()
    if text.casefold() in _EMPTY:
        return Cell(Kind.EMPTY, text)
    found = _masked(text)
    if found is not None:
        return found
    if _DATE.match(text):
        return Cell(Kind.DATE, text)
    return _number(text) or _dressed(text) or Cell(Kind.LABEL, text)


#: Emphasis, raised notes and marks of Markdown and HTML: they change nothing of the number inside.
_NOTED = re.compile(
    r"<(sup|sub)\b[^<>]{0,60}>[^<>]{0,20}</\1>|\[\^\w{1,10}\]|</?[a-z]{1,10}\b[^<>]{0,120}>|\\(?=\*)", re.IGNORECASE
)
_EMPHASISED = re.compile(r"(\*{1,3}|_{1,3}|`{1,2}|~~)(?=[\d<≤])([^*_`~]{1,40})\1")


def _unmarked(text: str) -> str:
    """Return a cell without the marks of Markdown or HTML around its number."""
    bare = _NOTED.sub("", text).strip()
    found = _EMPHASISED.fullmatch(bare)
    return found.group(2).strip() if found else bare


def _dressed(text: str) -> Cell | None:
    """Return the number of a cell that writes something around it."""
    bare = _unmarked(text)
    if bare != text:
        inside = parse_cell(bare)
        return replace(inside, text=text) if inside.kind in {Kind.NUMBER, Kind.MASKED} else None
    among = _AMONG.fullmatch(text)
    if among:
        part, whole = int(among.group(1)), int(among.group(2))
        dated = part <= 12 and 1900 <= whole <= 2100
        return Cell(Kind.NUMBER, text, float(part)) if part <= whole >= FEWEST_AMONG and not dated else None
    if text.casefold() in _SPELT:
        return Cell(Kind.NUMBER, text, float(_SPELT[text.casefold()]))
    found = _DRESSED.match(text)
    bare = (found.group(1) or found.group(2)).strip() if found else ""
    number = _number(bare) if bare and bare != text else None
    return None if number is None else replace(number, text=text)


def masked_range(text: str) -> tuple[int, int] | None:
    """Return the bounds of ``1-10`` or ``[1;10]``; such a cell in a column of counts is a masked count."""
    found = _RANGE.match(text)
    if not found:
        return None
    low, high = int(found.group(1)), int(found.group(2))
    return (low, high) if low < high else None
