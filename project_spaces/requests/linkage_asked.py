"""The linkage that a request asks for: which sources are joined, how, on what, and why (S-86).

It is asked for with the data, so that committee, authority and owners judge both together. The linkage itself is done
in the partitioned space by those who administer it (see ``project_spaces.linkage``); the project receives its result.
"""

from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field

from project_spaces.requests.form_parts import FormPart, Slug, Words, same_words
from project_spaces.text import Text

#: A linkage joins so many sources at least, the own cohort among them.
LEAST_SOURCES = 2


class LinkageWay(StrEnum):
    """How the same person is found in two sources."""

    DIRECT = "direct"
    INDIRECT = "indirect"


WAY_LABELS: dict[LinkageWay, Text] = {
    LinkageWay.DIRECT: Text("direct, sur un identifiant commun", "direct, on a common identifier"),
    LinkageWay.INDIRECT: Text("indirect, sur des critères communs", "indirect, on common criteria"),
}


class LinkageAsked(FormPart):
    """What is to be joined.

    *datasets* are among those of the request; *cohort* describes an own cohort that is joined with them, empty where
    there is none; *criteria* says which identifier or which variables the sources have in common.
    """

    way: LinkageWay
    datasets: tuple[Slug, ...] = Field((), max_length=50)
    cohort: Words = ""
    criteria: Words = ""
    why: Words = ""

    @property
    def sources(self) -> int:
        """How many sources are joined."""
        return len(set(self.datasets)) + bool(self.cohort.strip())

    def lacking(self, asked: tuple[str, ...]) -> Iterator[tuple[Text, str]]:
        """Say what is missing or wrong beside the data sets *asked* for, and about which of them."""
        if self.sources < LEAST_SOURCES:
            two = Text(
                "Un appariement joint au moins deux sources : cochez-les, ou décrivez votre cohorte.",
                "A linkage joins two sources at least: tick them, or describe your cohort.",
            )
            yield two, ""
        for slug in dict.fromkeys(self.datasets):
            if slug not in asked:
                elsewhere = Text(
                    f"« {slug} » est à apparier sans être demandé.", f"“{slug}” is to be linked and not asked for."
                )
                yield elsewhere, slug
        if not self.criteria.strip():
            yield Text("Dites sur quoi les sources se rejoignent.", "Say on what the sources are joined."), ""
        if not self.why.strip():
            yield Text("Justifiez l'appariement.", "Justify the linkage."), ""


def no_more_than(asked: LinkageAsked | None, before: LinkageAsked | None) -> bool:
    """Tell whether a linkage goes no further than one that was accepted: no other source, way, cohort or criterion."""
    if asked is None:
        return True
    return (
        before is not None
        and asked.way is before.way
        and set(asked.datasets) <= set(before.datasets)
        and (not asked.cohort.strip() or same_words(asked.cohort, before.cohort))
        and same_words(asked.criteria, before.criteria)
    )
