"""Who opened my data: a steward sees the openings of the own owners' data, of no other, and looks are recorded."""

import csv
import io
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta

import aiohttp
import pytest

from audit.events import Event, Kind
from audit.testing import MemoryLedger, PlainKeys
from hub_extensions.portal.testing import ADA, ANA, AUD, BEN, NOW, OTHER, OUT, PAUL, PROJECT, SETUP, World
from project_spaces.datasets import register_dataset
from project_spaces.facts import Classification, PlatformRole
from project_spaces.owner_perimeters import dismiss, entrust
from project_spaces.people import grant_role
from project_spaces.text import Text
from tests.portal.test_pages import Browser

OWN, FOREIGN = "snds-synth", "dents"
FORMULA = '=HYPERLINK("http://evil")'


@pytest.fixture
def browser(world: World, client: aiohttp.ClientSession) -> Browser:
    """Somebody's browser."""
    return Browser(world, client)


@pytest.fixture(autouse=True)
def steward(world: World, ledger: MemoryLedger) -> None:
    """Zoé speaks for ATIH; another owner's data set was opened as well."""
    at = {"actor": SETUP, "now": NOW}
    grant_role(world.portal.store, OUT, PlatformRole.STEWARD, **at)
    entrust(world.portal.store, "ATIH", OUT, actor=PAUL, now=NOW)
    register_dataset(
        world.portal.store, slug=FOREIGN, title=Text("Dents", "Teeth"), owner="CHU",
        classification=Classification.OPEN, min_persons=11, person_column="n", **at,
    )  # fmt: skip
    for day in range(60):
        when = NOW - timedelta(days=60 - day)
        ledger.append(mount(OWN, when, ANA if day % 2 else BEN, PROJECT if day % 3 else OTHER))
    ledger.append(mount(FOREIGN, NOW, ANA, PROJECT))


def mount(dataset: str, when, person: str, project: str, version: str = "2026.1") -> Event:
    return Event(Kind.MOUNT, person, project, when, {"workspace": "a" * 32, "dataset": dataset, "version": version})


async def api(world: World, client: aiohttp.ClientSession, path: str, who: str = OUT, expect: int = 200) -> Mapping:
    async with client.get(world.api + path, headers={"Authorization": f"token token-{who}"}) as answer:
        assert answer.status == expect, await answer.text()
        return await answer.json()


async def test_every_opening_with_its_person_project_and_time(world, client, ledger) -> None:
    found = await api(world, client, f"/openings/{OWN}")
    assert found["dataset"]["mounts"] == 60
    counted = {(each["person"], each["project"]): each["sessions"] for each in found["readers"] if each["sessions"]}
    assert counted == {(ANA, PROJECT): 20, (ANA, OTHER): 10, (BEN, PROJECT): 20, (BEN, OTHER): 10}, "habilitated or not"
    assert (found["older"], found["altered"]) == (0, [])
    assert len(found["openings"]) == 50
    assert found["openings"][0] | {"entry": 0} == {
        "entry": 0, "at": (NOW - timedelta(days=1)).isoformat(), "person": ANA, "project": PROJECT,
        "project_title": "Réadmissions à 30 jours", "version": "2026.1", "problem": None,
    }  # fmt: skip
    rest = await api(world, client, f"/openings/{OWN}?before={found['next']}")
    assert (len(rest["openings"]), rest["next"]) == (10, None)
    assert {each["project"] for each in rest["openings"]} == {PROJECT, OTHER}
    day = (NOW - timedelta(days=10)).date()
    (one,) = (await api(world, client, f"/openings/{OWN}?since={day}&until={day}"))["openings"]
    assert one["at"] == (NOW - timedelta(days=10)).isoformat()


async def test_who_opened_it_is_a_line_once_the_name_is_gone(world, client, ledger) -> None:
    """No entry says who it was; the log still tells one from another."""
    view = world.portal.ledger
    view.publish()
    with closing(sqlite3.connect(view.places.private)) as database, database:
        database.execute("DELETE FROM person WHERE name = ?", (BEN,))
    found = await api(world, client, f"/openings/{OWN}")
    gone = [each for each in found["readers"] if each["person"] is None]
    assert {(each["who"], each["sessions"]) for each in gone} == {(PlainKeys().pseudonym(BEN), n) for n in (10, 20)}


async def test_the_list_holds_what_the_steward_answers_for_and_nothing_else(world, client) -> None:
    found = await api(world, client, "/openings")
    assert found["owners"] == ["ATIH"]
    assert {each["slug"] for each in found["datasets"]} == {"pmsi-mco", "snds-synth", "omop-1001"}


async def test_nobody_sees_openings_of_data_of_somebody_else(world, client, ledger) -> None:
    """Another owner's, a made-up one (in the same words), without the role: not even an administrator."""
    foreign = await api(world, client, f"/openings/{FOREIGN}", expect=403)
    unknown = await api(world, client, "/openings/no-such", expect=403)
    assert foreign["detail"] == unknown["detail"]
    for who in (ANA, ADA, PAUL, AUD):
        for path in ("/openings", f"/openings/{OWN}", f"/openings/{FOREIGN}"):
            await api(world, client, path, who, 403)
    assert not [each for each in ledger.of(Kind.AUDIT_READ) if each.subject["what"].startswith("own data")]


async def test_a_steward_who_is_dismissed_sees_nothing_from_then_on(world, client, browser) -> None:
    dismiss(world.portal.store, "ATIH", OUT, actor=PAUL, now=NOW)
    for path in ("/openings", f"/openings/{OWN}"):
        await api(world, client, path, expect=403)
    await browser.sign_in(OUT)
    await browser.get(f"openings/{OWN}/openings.csv", 403)


async def test_each_look_is_recorded_before_it_shows_and_tells_the_people(world, client, ledger, browser) -> None:
    await api(world, client, f"/openings/{OWN}")
    looked = ledger.of(Kind.AUDIT_READ)[-1]
    assert (looked.actor, looked.subject["what"], looked.subject["dataset"]) == (OUT, "own data", OWN)
    assert set(looked.persons.values()) == {ANA, BEN}
    traced = await api(world, client, "/trace", ANA)
    assert OUT in {each["by"] for each in traced["looks"]}
    await browser.sign_in(OUT)
    ledger.stop()
    for path in ("openings", f"openings/{OWN}", f"openings/{OWN}/openings.csv"):
        assert ANA not in await browser.get(path, 503)


async def test_pages_and_table_tell_the_same(world, browser, ledger) -> None:
    ledger.append(mount(OWN, NOW, ANA, PROJECT, FORMULA))
    await browser.sign_in(OUT)
    assert "SNDS de synthèse" in await browser.get("openings")
    page = await browser.get(f"openings/{OWN}")
    assert "Réadmissions à 30 jours" in page
    assert 'rel="next"' in page
    text = await browser.get(f"openings/{OWN}/openings.csv")
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    assert rows[0] == ["at", "person", "project", "project_title", "version", "entry", "problem"]
    assert len(rows) == 62
    assert rows[1][4] == "'" + FORMULA
    assert rows[2][1:4] == [ANA, PROJECT, "Réadmissions à 30 jours"]
    day = (NOW - timedelta(days=3)).date()
    short = await browser.get(f"openings/{OWN}/openings.csv?since={day}&until={day}")
    assert len(short.splitlines()) == 2
    await browser.get(f"openings/{OWN}?since=2026-11-05&until=2026-11-01", 422)


async def test_it_is_offered_to_stewards(browser) -> None:
    await browser.sign_in(OUT)
    assert "/openings" in await browser.get("")
    await browser.sign_in(ANA)
    assert "/openings" not in await browser.get("")
