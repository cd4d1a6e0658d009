"""Charters, as administrators publish them: versions, what changed from one to the next, and who has not signed yet."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import End, Input, Nothing
from hub_extensions.portal.verbs.reach import reach_of, require_platform
from hub_extensions.portal.words import both, iso
from project_spaces.charters.models import CHARTER_MODELS
from project_spaces.charters.versions import (
    CharterVersion,
    charter_versions,
    publish_charter,
    signature_counts,
    to_sign,
)
from project_spaces.errors import NotFound
from project_spaces.people import list_people
from project_spaces.text import Text

Slug = Annotated[str, Field(min_length=1, max_length=30)]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[str, Field(min_length=1, max_length=200_000)]


class NewVersion(Input):
    """The next version of a charter; a new slug makes a new charter."""

    charter: Slug
    title_fr: Title
    title_en: Title
    text_fr: Words
    text_en: Words
    sign_by: End


def charters(call: Call, _body: Nothing) -> Page:
    """Every charter with its latest version, how many signed it, and models to start from."""
    with call.portal.store.read() as session:
        reach_of(session, call)
        latest = {each.charter: each for each in charter_versions(session)}
        counts = signature_counts(session)
        people = sum(each.disabled_at is None for each in list_people(session))
        rows = [{**_row(each), "signatures": counts.get((each.charter, each.number), 0)} for each in latest.values()]
    models = [
        {"slug": each.slug, "title": both(each.title), "text": both(each.text)}
        for each in CHARTER_MODELS
        if each.slug not in latest
    ]
    return {"charters": rows, "people": people, "models": models}


def charter(call: Call, _body: Nothing) -> Page:
    """One charter: every version, the changes of each to the one before, and who has not signed the latest."""
    slug = call["charter"]
    with call.portal.store.read() as session:
        reach = reach_of(session, call)
        versions = [each for each in charter_versions(session) if each.charter == slug]
        if not versions:
            raise NotFound(Text("Il n'y a pas de telle charte.", "There is no such charter."))
        counts = signature_counts(session)
        active = [each for each in list_people(session) if each.disabled_at is None and reach.person(each.username)]
        missing = [each for each in active if any(v.charter == slug for v in to_sign(session, each.username))]
        return {
            **_row(versions[-1]),
            "text": both(versions[-1].text),
            "versions": [
                {
                    **_row(each),
                    "signatures": counts.get((slug, each.number), 0),
                    "changes": None if before is None else _changes(before, each),
                }
                for before, each in zip([None, *versions[:-1]], versions, strict=True)
            ][::-1],
            "missing": [{"username": each.username, "display_name": each.display_name} for each in missing],
        }


def publish(call: Call, body: NewVersion) -> Page:
    """Publish the next version of a charter; everybody signs it by the deadline."""
    with call.portal.store.read() as session:
        require_platform(session, call)
    number = publish_charter(
        call.portal.store,
        body.charter,
        title=Text(body.title_fr, body.title_en),
        text=Text(body.text_fr, body.text_en),
        sign_by=body.sign_by,
        actor=call.actor,
        now=call.now,
    )
    return {"charter": body.charter, "number": number}


def _row(version: CharterVersion) -> Page:
    return {
        "slug": version.charter,
        "number": version.number,
        "title": both(version.title),
        "sha256": version.sha256,
        "published_at": iso(version.published_at),
        "published_by": version.published_by,
        "sign_by": iso(version.sign_by),
    }


def _changes(before: CharterVersion, after: CharterVersion) -> Page:
    """Lines that came, went and stayed, in each language."""
    return {
        language: list(_lines(old.splitlines(), new.splitlines()))
        for language, old, new in (("fr", before.text_fr, after.text_fr), ("en", before.text_en, after.text_en))
    }


def _lines(before: Sequence[str], after: Sequence[str]) -> Iterator[Page]:
    kinds = {"+ ": "added", "- ": "removed", "  ": "same"}
    for line in difflib.ndiff(before, after):
        if line[:2] in kinds:
            yield {"change": kinds[line[:2]], "line": line[2:]}
