"""What a draft shows of the columns of a data set: what the catalogue would, and nothing while an embargo holds."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hub_extensions.portal.testing import ANA, NOW, SETUP, World
from project_spaces.catalogue.cards import VersionCard
from project_spaces.catalogue.publications import describe_version
from project_spaces.embargoes.setting import lift_embargo, set_embargo
from tests.portal.cards import CARD
from tests.portal.request_people import DATASET, FORM, STELLA, staff
from tests.portal.test_api import Caller, call
from tests.portal.test_pages import Browser, browser

__all__ = ["browser", "call"]

Draft = Callable[[str], Awaitable[str]]


@pytest.fixture
def draft(world: World, browser: Browser, call: Caller) -> Draft:
    """Ana begins a request for a column of the stays; return its id."""
    staff(world)

    async def drafted(column: str) -> str:
        await browser.sign_in(ANA)
        number = str((await call(ANA, "POST", "/requests", {}, 201))["id"])
        asked = [{"dataset": DATASET, "columns": [column]}]
        await call(ANA, "PUT", f"/requests/{number}", {**FORM, "datasets": asked})
        return number

    return drafted


async def test_columns_are_explained_by_the_card(world: World, browser: Browser, draft: Draft) -> None:
    """The manifest says which columns there are; the card, what they mean."""
    number = await draft("sejour.age")
    age = {"name": "age", "type": "int64", "label": {"fr": "Âge à l'entrée", "en": "Age at admission"}, "unit": "ans"}
    none = {"name": "nir", "type": "string", "label": {"fr": "NIR du patient", "en": "The patient's NIR"}}
    table = {"name": "sejour", "rows": 1, "title": {"fr": "Un séjour", "en": "One stay"}, "columns": [age, none]}
    card = {"card": CARD, "licence": "x", "source": "x", "citation": "x", "tables": [table]}
    at: dict[str, Any] = {"actor": STELLA, "now": NOW}
    describe_version(world.portal.store, DATASET, "1", VersionCard.model_validate(card), **at)
    page = (await browser.get(f"requests/{number}/form/data/{DATASET}")).replace("&#39;", "'")
    assert all(words in page for words in ("Âge à l'entrée", "ans", "Un séjour", "sejour.duree"))
    assert "NIR du patient" not in page
    assert "Age at admission" in await browser.get(f"requests/{number}/form/data/{DATASET}?lang=en")


async def test_an_embargo_closes_the_dictionary_to_drafts_too(
    world: World, browser: Browser, call: Caller, draft: Draft
) -> None:
    """Neither the list nor a name that is tried tells what the catalogue hides; what was picked before stays."""
    number, guess = await draft("sejour.age"), await draft("sejour.guess")
    at: dict[str, Any] = {"actor": STELLA, "now": NOW}
    embargo = set_embargo(world.portal.store, DATASET, starts_at=NOW, ends_at=None, reason="Article", **at)
    for request, column in ((number, "sejour.age"), (guess, "sejour.guess")):
        page = await browser.get(f"requests/{request}/form/data/{DATASET}")
        assert "le temps de l'embargo" in page.replace("&#39;", "'")
        assert "duree" not in page
        assert f">{column}</textarea>" in page
    assert (await call(ANA, "GET", f"/requests/{guess}"))["gaps"] == []
    lift_embargo(world.portal.store, embargo, actor=SETUP, now=NOW, reason="Publié")
    assert "sejour.duree" in await browser.get(f"requests/{number}/form/data/{DATASET}")
    assert "guess" in str((await call(ANA, "GET", f"/requests/{guess}"))["gaps"])
