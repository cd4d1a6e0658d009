"""The catalogue without signing in: what everybody sees, what nobody outside learns; reading leaves no trace."""

import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from rdflib import Graph
from rdflib.namespace import DCAT, RDF

from audit.testing import MemoryLedger
from hub_extensions.portal.base import CONTENT_POLICY
from hub_extensions.portal.testing import ANA, AUD, NAMES, NOW, PAUL, SETUP, World
from project_spaces.catalogue.publications import set_public
from project_spaces.datasets import withdraw_dataset
from project_spaces.embargoes.setting import set_embargo
from tests.portal.cards import describe
from tests.portal.test_access import sign_in

DAY = timedelta(days=1)
SAMPLE = {"file": "x.csv", "title": {"fr": "X", "en": "X"}, "sha256": "a" * 64, "bytes": 4}
ADDRESSES = (
    "catalogue",
    "catalogue?q=hopital",
    "catalogue.jsonld",
    "catalogue/pmsi-mco",
    "catalogue/pmsi-mco.jsonld",
    "catalogue/pmsi-mco/tables/SEJ_T",
    "catalogue/pmsi-mco/tables/SEJ_T.schema.json",
    "api/v1/catalogue",
    "api/v1/catalogue/pmsi-mco",
    "api/v1/catalogue/pmsi-mco/tables/SEJ_T",
)


async def read(world: World, path: str, status: int = 200, **headers: str) -> tuple[str, Any]:
    async with (
        aiohttp.ClientSession() as stranger,
        stranger.get(world.address + path, headers=headers, allow_redirects=False) as answer,
    ):
        text = await answer.text()
        assert answer.status == status, f"{path}: {answer.status} {text[:300]}"
        return text, answer.headers


async def test_a_stranger_reads_everything_that_is_public(world: World) -> None:
    describe(world, "pmsi-mco")
    for path in ADDRESSES:
        text, headers = await read(world, path)
        assert len(text) > 100
        assert headers["Content-Security-Policy"] == CONTENT_POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "public, max-age=60"
        assert headers["Etag"]
        assert "Set-Cookie" not in headers


async def test_a_card_says_what_is_needed_before_asking(world: World) -> None:
    describe(world, "pmsi-mco")
    page, _ = await read(world, "catalogue/pmsi-mco?lang=fr")
    general = ("PMSI MCO", "Séjours à l&#39;hôpital", "4\u202f321", "2010–2020", "98 %", "ATIH", "chaque année")
    access = ("guichet@example.org", "Sur avis du comité", "Avis du comité", "aucune cellule sous 11")
    use = ("requests/new?dataset=pmsi-mco", "ATIH (2026). Version 2026.1.", "Table Schema")
    for words in (*general, *access, *use):
        assert words in page, words
    english, _ = await read(world, "catalogue/pmsi-mco?lang=en")
    assert "Hospital stays, one per row." in english
    assert "Ask for access" in english


async def test_search_folds_accents_and_says_where_it_found_the_word(world: World) -> None:
    describe(world, "pmsi-mco")
    describe(world, "omop-1001", themes=["cohort"], description={"fr": "Cohorte", "en": "Cohort"}, tables=())
    page, _ = await read(world, "catalogue?q=MONTANT")
    assert "1 jeu de données" in page
    assert "/tables/SEJ_T" in page
    found = json.loads((await read(world, "api/v1/catalogue?q=H%C3%94PITAL+reanim"))[0])
    assert [each["slug"] for each in found["datasets"]] == ["pmsi-mco", "omop-1001"][: found["total"]]
    one = json.loads((await read(world, "api/v1/catalogue?theme=cohort&since=2012&until=2013"))[0])
    assert [each["slug"] for each in one["datasets"]] == ["omop-1001"]
    assert {each["value"]: each["count"] for each in one["facets"]["theme"]} == {"cohort": 1, "hospital": 1}
    await read(world, "api/v1/catalogue?since=abc", 422)
    await read(world, "catalogue?since=abc", 422)


@pytest.mark.parametrize("tail", ["", ".jsonld", "/sample", "/tables/SEJ_T", "/tables/SEJ_T.schema.json"])
async def test_what_is_not_public_is_answered_like_what_does_not_exist(world: World, tail: str) -> None:
    """Attack: learn from the answers which data sets exist."""
    describe(world, "pmsi-mco", public=False)
    hidden, one = await read(world, f"catalogue/pmsi-mco{tail}", 404)
    unknown, other = await read(world, f"catalogue/pmsi-xyz{tail}", 404)
    assert hidden.replace("pmsi-mco", "X") == unknown.replace("pmsi-xyz", "X")
    assert {name: one[name] for name in one if name != "Date"} == {
        name: other[name] for name in other if name != "Date"
    }
    for path in ("catalogue", "catalogue?q=sejours", "catalogue.jsonld", "api/v1/catalogue"):
        assert "pmsi" not in (await read(world, path))[0]
    assert (await read(world, "api/v1/catalogue/pmsi-mco", 404))[0] == (
        await read(world, "api/v1/catalogue/pmsi-x", 404)
    )[0]


async def test_it_is_gone_as_soon_as_it_is_no_longer_public(world: World) -> None:
    describe(world, "pmsi-mco")
    await read(world, "catalogue/pmsi-mco")
    set_public(world.portal.store, "pmsi-mco", public=False, actor=SETUP, now=NOW)
    await read(world, "catalogue/pmsi-mco", 404)
    assert "pmsi-mco" not in (await read(world, "catalogue"))[0]


async def test_an_embargo_hides_the_figures_until_its_hour(world: World) -> None:
    describe(world, "pmsi-mco", sample={**SAMPLE, "marked": "synthetic"})
    await read(world, "catalogue/pmsi-mco")
    window = {"starts_at": NOW + DAY, "ends_at": NOW + 5 * DAY}
    set_embargo(world.portal.store, "pmsi-mco", **window, reason="Article à paraître", actor=SETUP, now=NOW)
    assert "98 %" in (await read(world, "catalogue/pmsi-mco"))[0]
    world.clock.now = NOW + DAY
    page, _ = await read(world, "catalogue/pmsi-mco?lang=fr")
    assert "Sous embargo jusqu'au" in page
    linked, _ = await read(world, "catalogue/pmsi-mco.jsonld")
    document, _ = await read(world, "api/v1/catalogue/pmsi-mco")
    for text in (page, linked, document):
        for secret in ("98 %", "4321", "SEJ_T", "montant", "Article", "x.csv", "120000"):
            assert secret not in text, secret
    await read(world, "catalogue/pmsi-mco/tables/SEJ_T", 404)
    await read(world, "catalogue/pmsi-mco/sample", 404)
    assert "montant" not in (await read(world, "catalogue?q=montant"))[0].split("</form>")[1]
    world.clock.now = NOW + 5 * DAY
    await read(world, "catalogue/pmsi-mco/tables/SEJ_T")


async def test_a_withdrawn_data_set_keeps_its_card_for_those_who_cite_it(world: World) -> None:
    describe(world, "pmsi-mco")
    withdraw_dataset(world.portal.store, "pmsi-mco", actor=SETUP, now=NOW, reason="erreur de X")
    page, _ = await read(world, "catalogue/pmsi-mco?lang=en")
    assert "was withdrawn" in page
    assert "requests/new" not in page
    assert "erreur" not in page


async def test_programs_get_linked_data_by_asking_for_it(world: World) -> None:
    describe(world, "pmsi-mco")
    text, headers = await read(world, "catalogue/pmsi-mco", Accept="application/ld+json")
    assert headers["Content-Type"] == "application/ld+json"
    assert "Accept" in headers["Vary"]
    graph = Graph().parse(data=text, format="json-ld")
    assert [str(each) for each in graph.subjects(RDF.type, DCAT.Dataset)] == [f"{world.address}catalogue/pmsi-mco"]
    page, headers = await read(world, "catalogue/pmsi-mco", Accept="text/html,application/ld+json;q=0.9")
    assert page.startswith("<!doctype html>")
    assert 'rel="alternate"; type="application/ld+json"' in headers["Link"]
    whole, _ = await read(world, "catalogue", Accept="application/ld+json")
    assert len(set(Graph().parse(data=whole, format="json-ld").subjects(RDF.type, DCAT.Catalog))) == 1


async def test_words_of_a_sheet_never_act(world: World) -> None:
    """Attack: a sheet whose words are markup, a template, or the end of a script."""
    evil = "</title></script><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}\"'"
    both = {"fr": evil, "en": evil}
    column = {"name": evil[:40], "type": "<b>", "unit": evil, "label": both, "values": {evil: both}}
    table = {"name": "SEJ_T", "rows": 1, "title": both, "columns": [column]}
    card = {"description": both, "population": both, "access": both, "keywords": {"fr": [evil[:60]], "en": []}}
    quality = [{"name": both, "value": evil, "note": both}]
    contact = {"name": evil, "page": "https://example.org"}
    describe(world, "pmsi-mco", tables=(table,), quality=quality, contact=contact, **card)
    for path in (
        "catalogue",
        "catalogue/pmsi-mco",
        "catalogue/pmsi-mco/tables/SEJ_T",
        "catalogue?q=%3Cscript%3Ealert(1)",
    ):
        page, _ = await read(world, path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "{{ 7*7 }}" in page
    linked, headers = await read(world, "catalogue/pmsi-mco.jsonld")
    assert json.loads(linked)["dct:description"][0]["@value"] == evil
    assert headers["Content-Type"] == "application/ld+json"


async def test_a_sample_is_the_registered_file_and_nothing_beside_it(world: World) -> None:
    describe(world, "omop-1001", sample={**SAMPLE, "marked": "open"})
    folder = world.portal.layout.samples_dir("omop-1001", "2026.1")
    folder.mkdir(parents=True)
    await read(world, "catalogue/omop-1001/sample", 404)
    (folder / "x.csv").write_bytes(b"a,b\n")
    text, headers = await read(world, "catalogue/omop-1001/sample")
    assert text == "a,b\n"
    assert headers["Content-Disposition"] == 'attachment; filename="omop-1001-x.csv"'
    (folder / "x.csv").unlink()
    (world.home / "secret.txt").write_text("secret")
    (folder / "x.csv").symlink_to(world.home / "secret.txt")
    assert "secret" not in (await read(world, "catalogue/omop-1001/sample", 403))[0]


@pytest.mark.parametrize("path", ["A", "a/b/c", "..%2f..%2fadmin", "pmsi-mco/tables/..%2fx", "pmsi-mco/sample/x.csv"])
async def test_strange_addresses_lead_nowhere(world: World, path: str) -> None:
    await read(world, f"catalogue/{path}", 404)


async def test_reading_is_all_that_a_stranger_can_do(world: World, ledger: MemoryLedger) -> None:
    describe(world, "pmsi-mco")
    before = len(ledger.events)
    for path in ADDRESSES:
        await read(world, path)
        async with aiohttp.ClientSession() as stranger, stranger.post(world.address + path, data={}) as answer:
            assert answer.status in {403, 404, 405}
    assert len(ledger.events) == before
    await read(world, "", 302)


async def test_no_name_of_a_person_is_on_a_public_page(world: World) -> None:
    describe(world, "pmsi-mco")
    for path in ADDRESSES:
        text, _ = await read(world, path)
        for username, name in NAMES.items():
            assert name not in text
            assert f'"{username}"' not in text
        assert SETUP not in text


async def test_who_signed_in_gets_the_same_page_as_a_stranger(world: World) -> None:
    describe(world, "pmsi-mco")
    stranger, _ = await read(world, "catalogue")
    signed_in, _ = await read(world, "catalogue", Authorization="token token-ana")
    assert signed_in == stranger


async def test_a_link_checker_gets_the_heads_alone(world: World) -> None:
    describe(world, "pmsi-mco")
    async with aiohttp.ClientSession() as stranger:
        for path, status in (("catalogue", 200), ("catalogue/pmsi-mco", 200), ("catalogue/none", 404)):
            async with stranger.head(world.address + path) as answer:
                assert (answer.status, await answer.read()) == (status, b"")


@pytest.mark.parametrize(("who", "status"), [(ANA, 403), (AUD, 403), (PAUL, 200)])
async def test_who_may_publish_does_it_from_the_list_of_data_sets(
    world: World, client: aiohttp.ClientSession, who: str, status: int
) -> None:
    describe(world, "pmsi-mco", public=False)
    token = await sign_in(world, client, who)
    form = {"_xsrf": token, "act": "publish", "dataset": "pmsi-mco", "public": "true"}
    async with client.post(f"{world.address}admin/datasets", data=form) as answer:
        assert answer.status == status
    await read(world, "catalogue/pmsi-mco", 200 if status == 200 else 404)
    headers = {"Authorization": f"token token-{who}"}
    address = f"{world.api}/admin/datasets/pmsi-mco/publication"
    async with (
        aiohttp.ClientSession() as program,
        program.put(address, json={"public": False}, headers=headers) as done,
    ):
        assert done.status == status
    await read(world, "catalogue/pmsi-mco", 404)
