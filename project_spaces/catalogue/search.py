"""Search over what is public: words by their beginning, accents folded, and facets that count what they would leave.

The words of each card are sorted once and found by bisection, so that a question reads no table, be there ten or ten
thousand, and a card that changes costs its own words only. A data set is found when every word begins a word of its
own: of its title, its card, or one of its tables and columns. Where the title says it, it comes first.
"""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial

from project_spaces.catalogue.cards import Bilingual, TableCard, VersionCard
from project_spaces.catalogue.publications import Standing

_WORD = re.compile(r"[a-z0-9]+")
#: Words of a question that count: nobody types more, and each costs a look-up.
MOST_WORDS = 12
#: Answers that each data set keeps ready: people look for the same words.
KEPT_WORDS = 1000
#: Tables named with a data set that was found through its dictionary.
MOST_TABLES = 8


@dataclass(frozen=True, slots=True)
class Described:
    """A public data set with its card; ``closed`` hides the dictionary (an embargo holds)."""

    standing: Standing
    described: VersionCard
    closed: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for; years bound the history that a data set must touch."""

    words: str = ""
    theme: str | None = None
    owner: str | None = None
    classification: str | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One data set that answers, and the tables that the words were found in."""

    slug: str
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, best first, and for each facet how many data sets each choice would leave."""

    hits: tuple[Hit, ...]
    facets: Mapping[str, Mapping[str, int]]


def fold(text: str) -> str:
    """Return *text* without accents, ligatures and capitals: « Été à l'hôpital, cœur » → « ete a l'hopital, coeur »."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(each for each in plain if not unicodedata.combining(each))


def words_of(text: str) -> list[str]:
    """Return the folded words of *text*."""
    return _WORD.findall(fold(text))


class Part:
    """The words of one data set: how much each weighs, and the tables it occurs in. Made once for a card."""

    def __init__(self, each: Described) -> None:
        self._weights: dict[str, int] = {}
        self._tables: dict[str, set[str]] = {}
        standing, card = each.standing, each.described.card
        if not each.closed:
            for table in each.described.tables:
                self._add_table(table)
        general = [standing.owner, *_both(card.description), *card.keywords.fr, *card.keywords.en]
        general += [*_both(card.population), *_both(card.coverage.place), *(coding.name for coding in card.codings)]
        self._weights |= dict.fromkeys(words_of(" ".join(general)), 2)
        self._weights |= dict.fromkeys(words_of(f"{standing.title.fr} {standing.title.en} {standing.slug}"), 3)
        self._words = sorted(self._weights)
        self.find = lru_cache(KEPT_WORDS)(self._find)

    def _add_table(self, table: TableCard) -> None:
        texts = [table.name, *_both(table.title)]
        for column in table.columns:
            texts += [column.name, *_both(column.label)]
        for word in set(words_of(" ".join(texts))):
            self._weights[word] = 1
            named = self._tables.setdefault(word, set())
            if len(named) < MOST_TABLES:
                named.add(table.name)

    def _find(self, word: str) -> tuple[int, frozenset[str]]:
        """Return how well *word* begins a word of the data set (0: not at all), and the tables in which it does."""
        best, tables, at = 0, frozenset[str](), bisect_left(self._words, word)
        while at < len(self._words) and (known := self._words[at]).startswith(word):
            best = max(best, self._weights[known] * 2 + (known == word))
            if len(tables) < MOST_TABLES:
                tables |= self._tables.get(known, frozenset())
            at += 1
        return best, tables


class Index:
    """Answers questions over one set of public data sets; *parts* are kept by those who ask for many sets."""

    def __init__(self, described: Iterable[Described], parts: Mapping[str, Part] | None = None) -> None:
        self.entries = {each.standing.slug: each for each in described}
        self._parts = parts or {slug: Part(each) for slug, each in self.entries.items()}

    def ask(self, question: Question) -> Answer:
        """Return what answers *question*."""
        scores, tables = self._found(question.words)
        filters = _filters(question)
        kept = [slug for slug in scores if all(test(self.entries[slug]) for test in filters.values())]
        kept.sort(key=lambda slug: (-scores[slug], fold(self.entries[slug].standing.title.fr), slug))
        hits = tuple(Hit(slug, tuple(sorted(tables.get(slug, ())))[:MOST_TABLES]) for slug in kept)
        return Answer(hits, self._facets(scores, filters))

    def _found(self, text: str) -> tuple[dict[str, int], dict[str, set[str]]]:
        scores = dict.fromkeys(self.entries, 0)
        tables: dict[str, set[str]] = {}
        for word in words_of(text)[:MOST_WORDS]:
            for slug in list(scores):
                weight, names = self._parts[slug].find(word)
                if weight:
                    scores[slug] += weight
                    tables.setdefault(slug, set()).update(names)
                else:
                    del scores[slug]
        return scores, tables

    def _facets(
        self, found: Iterable[str], filters: Mapping[str, Callable[[Described], bool]]
    ) -> dict[str, dict[str, int]]:
        """Count each choice of a facet under all other filters: choosing it never leads to an empty page."""
        facets: dict[str, dict[str, int]] = {}
        entries = [self.entries[slug] for slug in found]
        for name, values in _CHOICES.items():
            others = [test for other, test in filters.items() if other != name]
            kept = [each for each in entries if all(test(each) for test in others)]
            counted = Counter(value for each in kept for value in values(each))
            facets[name] = dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))
        return facets


_CHOICES: Mapping[str, Callable[[Described], Sequence[str]]] = {
    "theme": lambda each: [theme.value for theme in each.described.card.themes],
    "owner": lambda each: [each.standing.owner],
    "classification": lambda each: [each.standing.classification],
}


def _filters(question: Question) -> dict[str, Callable[[Described], bool]]:
    filters: dict[str, Callable[[Described], bool]] = {
        name: partial(_is, name, wanted) for name in _CHOICES if (wanted := getattr(question, name)) is not None
    }
    if question.since is not None or question.until is not None:
        filters["period"] = partial(_touches, question.since, question.until)
    return filters


def _is(name: str, wanted: str, each: Described) -> bool:
    return wanted in _CHOICES[name](each)


def _touches(since: int | None, until: int | None, each: Described) -> bool:
    """Tell whether the history touches the years; one that states no years answers no question about them."""
    coverage = each.described.card.coverage
    if coverage.start is None:
        return False
    last = coverage.end or date.max
    return (until is None or coverage.start.year <= until) and (since is None or last.year >= since)


def _both(text: Bilingual | None) -> tuple[str, ...]:
    return () if text is None else (text.fr, text.en)
