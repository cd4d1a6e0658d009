"""A reviewer's whole day in a real browser, by keyboard; and a file that changes its mind between two rounds."""

from datetime import timedelta

import pytest
from playwright.async_api import Page

from audit.events import Event, Kind
from hub_extensions.exports import drafting, releasing, reviewing, submitting
from hub_extensions.exports.details import detail
from hub_extensions.exports.testing import DECLARATION
from hub_extensions.exports.voting import Ballot
from hub_extensions.portal.testing import ADA, ANA, BEA, NOW, PROJECT, SETUP, World
from project_spaces.facts import PlatformRole
from project_spaces.people import Person, create_person, grant_role
from tests.portal.conftest import Opener

CYD = "cyd"
TABLE = b"age,n\n40,120\n50,340\n"


@pytest.fixture
def third(world: World) -> str:
    """A third reviewer."""
    at = {"actor": SETUP, "now": NOW - timedelta(days=2)}
    create_person(world.portal.store, username=CYD, display_name="Cyd Noël", email="cyd@example.org", **at)
    grant_role(world.portal.store, CYD, PlatformRole.REVIEWER, **at)
    with world.portal.store.write(Event(Kind.ACCOUNT_ENROLLED, CYD, None, NOW - timedelta(days=2))) as session:
        found = session.get(Person, CYD)
        assert found is not None
        found.enrolled_at = NOW - timedelta(days=2)
    return CYD


def submitted(world: World, title: str, *names: str, ago_h: int = 1) -> str:
    """A request in the reviewers' hands."""
    desk, at = world.portal.desk, {"actor": ANA, "now": NOW - timedelta(hours=ago_h)}
    request = drafting.create(desk, project=PROJECT, title=title, purpose="Article", **at)
    for name in names:
        world.write(name, TABLE)
        drafting.add_file(desk, request, name, DECLARATION, **at)
    submitting.submit(desk, request, **at)
    return request


async def press(page: Page, *keys: str) -> None:
    """Press keys one after the other."""
    for key in keys:
        await page.keyboard.press(key)


async def approve_all(page: Page, count: int) -> None:
    """Judge *count* files of the open page, with nothing but keys."""
    for number in range(1, count + 1):
        await press(page, "a", "Enter")
        await page.locator(".badge.mine").nth(number - 1).wait_for()
        if number < count:
            await page.locator("[data-review-file]:has(.voting):focus").wait_for()


async def test_a_queue_of_thirty_simple_files_is_done_by_keyboard_alone(
    world: World, open_as: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six requests of five files: from the queue to the end without a pointer, oldest promise first."""
    requests = [submitted(world, f"Demande {n}", *(f"d{n}-{f}.csv" for f in range(5)), ago_h=20 - n) for n in range(6)]
    page = await open_as(ADA)
    await page.goto(f"{world.address}review")
    keys: list[str] = []
    strike = page.keyboard.press

    async def counted(key: str) -> None:
        keys.append(key)
        await strike(key)

    monkeypatch.setattr(page.keyboard, "press", counted)
    await press(page, "j", "Enter")
    for number, request in enumerate(requests):
        await page.wait_for_url(f"**/review/{request}")
        await approve_all(page, 5)
        if number < 5:
            await press(page, "n")
    assert len(keys) == 2 + 30 * 2 + 5, "two to open the queue, two for a file, one between requests"
    assert await page.locator("[data-next]").count() == 0
    for request in requests:
        files = detail(world.portal.desk, request, ADA, now=NOW)["files"]
        assert [file["my_vote"] for file in files] == ["approve"] * 5
    await page.goto(f"{world.address}review")
    assert await page.get_by_text("Attendre l'autre avis").count() == 6


async def test_after_a_vote_the_next_open_file_has_the_focus(world: World, open_as: Opener) -> None:
    request = submitted(world, "Trois fichiers", "a.csv", "b.csv", "c.csv")
    page = await open_as(ADA)
    await page.goto(f"{world.address}review/{request}")
    await press(page, "j", "j", "a", "Enter")
    await page.locator("#fichier-3:focus").wait_for()
    await press(page, "a", "Enter")
    await page.locator("#fichier-1:focus").wait_for()


async def test_remarks_reach_whom_they_are_meant_for(world: World, open_as: Opener) -> None:
    """Between reviewers, or for the author once the request comes back: never earlier, never to others."""
    request = submitted(world, "Remarques", "a.csv")
    reviewer = await open_as(ADA)
    await reviewer.goto(f"{world.address}review/{request}")
    await press(reviewer, "c")
    await reviewer.keyboard.type("Entre nous : effectif limite.")
    await press(reviewer, "Tab", "Tab", "Enter")
    await reviewer.get_by_text("Entre nous").wait_for()
    await press(reviewer, "c")
    await reviewer.keyboard.type("Pour l'auteur : nommez la population.")
    await press(reviewer, "Tab", "Space", "Tab", "Enter")
    await reviewer.get_by_text("Pour l'auteur : nommez").wait_for()

    other, author = await open_as(BEA), await open_as(ANA)
    await other.goto(f"{world.address}review/{request}")
    await author.goto(f"{world.address}exports/{request}")
    for page in (other, author):
        said = await page.inner_text("main")
        assert "Entre nous" not in said
        assert "nommez la population" not in said

    await press(reviewer, "v")
    await reviewer.keyboard.type("Renvoi anticipé : la population manque.")
    await press(reviewer, "Tab", "Enter")
    await reviewer.get_by_text("Demande renvoyée à son auteur.").wait_for()
    await author.reload()
    said = await author.inner_text("main")
    assert "Pour l'auteur : nommez la population." in said
    assert "Renvoi anticipé" in said
    assert "Entre nous" not in said
    assert ADA not in said.split()


async def test_a_changed_file_loses_its_votes_in_the_second_round(world: World, open_as: Opener) -> None:
    request = submitted(world, "Deux tours", "kept.csv", "changed.csv")
    reviewer = await open_as(ADA)
    await reviewer.goto(f"{world.address}review/{request}")
    await press(reviewer, "j")
    await approve_all(reviewer, 2)
    await press(reviewer, "v")
    await reviewer.keyboard.type("Regroupez la dernière classe.")
    await press(reviewer, "Tab", "Enter")
    await reviewer.get_by_text("Demande renvoyée à son auteur.").wait_for()

    world.write("changed.csv", b"age,n\n40,460\n")
    author = await open_as(ANA)
    await author.goto(f"{world.address}exports/{request}")
    await author.get_by_role("button", name="Déposer").click()
    await author.wait_for_selector(".notice.ok")
    await reviewer.reload()
    kept, changed = reviewer.locator("[data-review-file]").nth(0), reviewer.locator("[data-review-file]").nth(1)
    assert await kept.locator(".badge.mine").count() == 1
    assert await changed.locator(".badge.mine").count() == 0
    assert await changed.get_by_role("button", name="Valider").count() == 1


async def test_a_conflict_waits_for_a_third_reviewer(world: World, third: str, open_as: Opener) -> None:
    request = submitted(world, "Avis divergents", "a.csv")
    desk = world.portal.desk
    file_id = detail(desk, request, ADA, now=NOW)["files"][0]["id"]
    reviewing.vote(desk, request, file_id, Ballot.APPROVE, actor=ADA, now=NOW)
    second = await open_as(BEA)
    await second.goto(f"{world.address}review/{request}")
    await press(second, "j", "r")
    await second.keyboard.type("Secondaire oublié.")
    await press(second, "Escape", "r", "Enter")
    await second.get_by_text("Vous avez refusé").wait_for()
    page = await open_as(third)
    await page.goto(f"{world.address}review")
    assert await page.get_by_text("Départager").count() == 1
    await press(page, "j", "Enter")
    await page.get_by_text("Deux avis divergent").wait_for()
    assert "Secondaire oublié" not in await page.inner_text("main")
    await press(page, "j", "a", "Enter")
    await page.get_by_text("Avis enregistré.").wait_for()
    assert detail(desk, request, ANA, now=NOW)["state"] == "released"


async def test_a_reviewer_says_when_away_and_what_not_to_judge(world: World, third: str, open_as: Opener) -> None:
    request = submitted(world, "À partager", "a.csv")
    page = await open_as(third)
    await page.goto(f"{world.address}review")
    assert await page.get_by_text("pour vous").count() == 0
    away = await open_as(ADA)
    await away.goto(f"{world.address}review")
    await away.fill("#a-from", "2026-11-23")
    await away.fill("#a-to", "2026-11-27")
    await away.press("#a-to", "Enter")
    await away.get_by_text("Absence enregistrée").wait_for()
    releasing.resume(world.portal.desk, now=NOW)
    await page.reload()
    assert await page.get_by_text("pour vous").count() == 1
    await page.fill("#c-project", PROJECT)
    await page.fill("#c-reason", "Je connais l'équipe.")
    await page.press("#c-reason", "Enter")
    await page.get_by_text("Conflit enregistré").wait_for()
    assert await page.get_by_text("À partager").count() == 0
    answer = await page.goto(f"{world.address}review/{request}")
    assert answer is not None
    assert answer.status == 404
