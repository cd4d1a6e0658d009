"""The portal in a real browser: axe on every page in both languages, a whole export by keyboard and without script.

The Hub is the stub of ``hub_extensions.portal.testing``; everything else is the product.
"""

import re
import shutil
from pathlib import Path

from playwright.async_api import Browser, Page, Request

from audit.events import Event, Kind
from audit.testing import MemoryLedger
from hub_extensions.portal.testing import ADA, ANA, AUD, BEA, NOW, OUT, PAUL, PROJECT, SETUP, World, open_world
from hub_extensions.workspaces.trial import NOT_PROTECTED
from project_spaces.egress import EgressCounts, hour_of
from project_spaces.facts import PlatformRole
from project_spaces.owner_perimeters import entrust
from project_spaces.people import grant_role
from tests.portal.accessibility import in_both_languages, violations
from tests.portal.conftest import Opener
from tests.portal.test_previews import PAYLOADS

REQUEST = re.compile(r"/exports/[0-9a-f]{32}$")


async def draft(page: Page, world: World, *names: str) -> str:
    """Make a request of these files, as its author in the browser; return its id."""
    await page.goto(f"{world.address}exports/new?project={PROJECT}")
    for name in names:
        await page.check(f'input[value="{name}"]')
    await page.fill("#title", "Taux de réadmission")
    await page.fill("#purpose", "Article")
    await page.fill("#context", "Adultes, 2025")
    await page.click("button[value=create]")
    await page.wait_for_url(REQUEST)
    return page.url.rsplit("/", 1)[1]


async def test_every_page_is_accessible_in_both_languages(world: World, open_as: Opener) -> None:
    world.write("rate.csv", b"age,n\r\n40,120\r\nFLAG\r\n")
    world.write("small.csv", b"BLOCK")
    author = await open_as(ANA)
    request = await draft(author, world, "rate.csv", "small.csv")
    await author.get_by_role("button", name="Déposer la demande").click()
    await author.wait_for_selector(".finding")
    assert await violations(author) == []
    await author.get_by_role("button", name="Retirer de la demande small.csv").click()
    await author.get_by_role("button", name="Déposer la demande").click()
    await author.wait_for_selector(".notice.ok")
    world.hub.servers = {ANA: {PROJECT: {"ready": False, "pending": "spawn"}}}
    grant_role(world.portal.store, OUT, PlatformRole.STEWARD, actor=SETUP, now=NOW)
    entrust(world.portal.store, "ATIH", OUT, actor=PAUL, now=NOW)
    mount = {"workspace": "a" * 32, "dataset": "snds-synth", "version": "2026.1"}
    world.portal.store.record(Event(Kind.MOUNT, ANA, PROJECT, NOW, mount))
    unsealed = {"list": "3", "auditors": "alice, bob", "reason": "incident"}
    world.portal.store.record(
        Event(Kind.AUDIT_UNSEALED, "system:audit.root", None, NOW, {"entries": 1}, None, unsealed, {"author": ANA})
    )
    counts = EgressCounts(f"sqlite:///{world.home}/bureau.sqlite")
    counts.add({(ANA, PROJECT): 3 << 20}, hour_of(NOW))
    counts.close()
    seen = {
        ANA: ("", "habilitations", "exports", f"exports/new?project={PROJECT}", f"exports/{request}", "admin", "trace"),
        ADA: ("review", f"review/{request}"),
        PAUL: (
            "admin",
            "admin/projects",
            f"admin/projects/{PROJECT}",
            "admin/datasets",
            "admin/recalls",
            "admin/exports",
        ),
        AUD: (
            "audit/controls",
            f"audit/controls/{PROJECT}/2026-11",
            "audit/egress",
            "audit",
            "audit?since=x",
            "audit/entries/40",
            "audit/sessions",
            "audit/datasets",
            "audit/datasets/snds-synth",
            "audit/verification",
        ),
        OUT: ("openings", "openings/snds-synth"),
    }
    for who, paths in seen.items():
        page = author if who == ANA else await open_as(who)
        assert await in_both_languages(page, world.address, *paths) == {}


async def test_nothing_breaks_the_pages_own_policy(world: World, open_as: Opener) -> None:
    page = await open_as(PAUL)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    for path in ("", "exports", "exports/new", "admin", f"admin/projects/{PROJECT}"):
        await page.goto(world.address + path)
    assert [text for text in said if "Security Policy" in text] == []


async def test_a_card_follows_its_workspace_while_it_starts(world: World, open_as: Opener) -> None:
    world.hub.start_answer = (202, "")
    page = await open_as(ANA)
    await page.get_by_role("button", name="Démarrer le bureau Réadmissions").click()
    await page.wait_for_selector("progress")
    world.hub.servers[ANA][PROJECT] = {"ready": True, "pending": None}
    link = page.get_by_role("link", name="Entrer dans le bureau")
    await link.wait_for()
    assert await link.get_attribute("href") == f"http://ana.bureau.localhost:8000/user/ana/{PROJECT}/lab"
    await page.get_by_role("button", name="Arrêter").click()
    await page.get_by_role("button", name="Démarrer le bureau Réadmissions").wait_for()


async def test_a_whole_export_without_script(world: World, open_as: Opener, tmp_path: Path) -> None:
    world.write("rate.csv", b"age,n\r\n40,120\r\n")
    author = await open_as(ANA, java_script_enabled=False, accept_downloads=True)
    request = await draft(author, world, "rate.csv")
    await author.get_by_role("button", name="Déposer la demande").click()
    await author.wait_for_selector(".notice.ok")
    for who in (ADA, BEA):
        reviewer = await open_as(who, java_script_enabled=False)
        await reviewer.goto(f"{world.address}review")
        await reviewer.click(f'a[href$="{request}"]')
        await reviewer.get_by_role("button", name="Valider").click()
        await reviewer.wait_for_selector(".notice.ok")
    await author.goto(f"{world.address}exports")
    async with author.expect_download() as waiting:
        await author.get_by_role("button", name="Télécharger").click()
    download = await waiting.value
    await download.save_as(tmp_path / "package.zip")
    assert (tmp_path / "package.zip").read_bytes().startswith(b"PK")


async def test_a_reviewer_needs_no_mouse(world: World, open_as: Opener) -> None:
    for name in ("a.csv", "b.csv"):
        world.write(name, b"age,n\r\n40,120\r\n")
    author = await open_as(ANA)
    request = await draft(author, world, "a.csv", "b.csv")
    await author.get_by_role("button", name="Déposer la demande").click()
    await author.wait_for_selector(".notice.ok")
    reviewer = await open_as(ADA)
    await reviewer.goto(f"{world.address}review/{request}")
    for keys in (("j", "a", "Enter"), ("j", "j", "r")):
        for key in keys:
            await reviewer.keyboard.press(key)
        if keys[-1] == "Enter":
            await reviewer.get_by_text("Vous avez validé").wait_for()
    await reviewer.keyboard.type("Masquez la ligne 80+ (effectif j, a, r).")
    await reviewer.keyboard.press("Escape")
    await reviewer.keyboard.press("r")
    await reviewer.keyboard.press("Enter")
    await reviewer.get_by_text("Vous avez refusé").wait_for()
    assert await reviewer.get_by_text("Vous avez validé").count() == 1


async def test_votes_stay_hidden_until_mine_are_given(world: World, open_as: Opener) -> None:
    world.write("rate.csv", b"age,n\r\n40,120\r\n")
    author = await open_as(ANA)
    request = await draft(author, world, "rate.csv")
    await author.get_by_role("button", name="Déposer la demande").click()
    await author.wait_for_selector(".notice.ok")
    first = await open_as(ADA)
    await first.goto(f"{world.address}review/{request}")
    await first.fill("textarea[name=comment]", "Secondaire oublié")
    await first.get_by_role("button", name="Refuser").click()
    await first.wait_for_selector(".notice.ok")
    second = await open_as(BEA)
    await second.goto(f"{world.address}review/{request}")
    before = await second.content()
    assert "Secondaire oublié" not in before
    assert ADA not in (await second.inner_text("main")).split()
    await second.get_by_role("button", name="Valider").click()
    await second.get_by_text("Secondaire oublié").wait_for()


async def test_a_file_full_of_attacks_does_nothing_to_its_reviewer(world: World, open_as: Opener) -> None:
    """Issue 5: no request leaves, no script runs (TRAPS B17)."""
    rows = "".join('"' + payload.replace('"', '""') + '",1\r\n' for payload in PAYLOADS)
    world.write("evil.csv", ("label,n\r\n" + rows).encode())
    author = await open_as(ANA)
    request = await draft(author, world, "evil.csv")
    await author.get_by_role("button", name="Déposer la demande").click()
    await author.wait_for_selector(".notice.ok")
    reviewer = await open_as(ADA)
    asked: list[str] = []

    def note(sent: Request) -> None:
        asked.append(sent.url)

    reviewer.on("request", note)
    await reviewer.goto(f"{world.address}review/{request}")
    frame = reviewer.frame_locator("iframe")
    await frame.locator("table").wait_for()
    assert await frame.locator("script, svg, img, iframe, meta[http-equiv]").count() == 0
    assert await frame.locator("td").count() == 2 * len(PAYLOADS)
    assert [url for url in asked if not url.startswith(world.url)] == []
    assert await reviewer.evaluate("window.hacked") is None


async def test_a_page_of_another_origin_can_not_act_for_the_person(
    world: World, open_as: Opener, ledger: MemoryLedger
) -> None:
    """TRAPS C12: same browser, same site, other origin: what a workspace's page would try."""
    page = await open_as(PAUL)
    await page.goto(f"{world.hub.url}/become/{PAUL}")
    before, revision = len(ledger.events), world.portal.store.revision()
    outcome = await page.evaluate(
        """async (address) => {
          const tries = {};
          const body = new URLSearchParams({act: "grant_role", username: "zoe", role: "administrator"});
          try { await fetch(address + "admin", {credentials: "include"}).then(r => r.text()); tries.read = "done"; }
          catch (error) { tries.read = "refused"; }
          const form = {method: "POST", mode: "no-cors", credentials: "include", body};
          await fetch(address + "admin", form).catch(() => 0);
          const frame = document.createElement("iframe");
          frame.src = address;
          document.body.append(frame);
          await new Promise(resolve => { frame.onload = resolve; setTimeout(resolve, 3000); });
          try { tries.frame = frame.contentDocument ? "done" : "refused"; } catch (error) { tries.frame = "refused"; }
          return tries;
        }""",
        world.address,
    )
    assert outcome == {"read": "refused", "frame": "refused"}
    assert world.portal.store.revision() == revision
    refused = ledger.events[before:]
    assert {(event.kind, event.actor) for event in refused} == {(Kind.REFUSAL, "system:visitor")}
    assert any("it comes from a page that is not the Bureau virtuel's" in event.private["reason"] for event in refused)


async def test_the_trial_banner_is_the_first_thing_a_person_reads(
    populated: Path, tmp_path: Path, ledger: MemoryLedger, chromium: Browser
) -> None:
    shutil.copyfile(populated, tmp_path / "trial.sqlite")
    database = f"sqlite:///{tmp_path}/trial.sqlite"
    async with open_world(tmp_path, ledger, trial=NOT_PROTECTED, database=database) as world:
        page = await (await chromium.new_context(locale="fr-FR")).new_page()
        await page.goto(f"{world.hub.url}/become/{ANA}")
        await page.goto(world.address)
        banner = page.locator(".trial")
        box = await banner.bounding_box()
        assert box is not None
        assert box["y"] < 5
        assert "réseau" in await banner.inner_text()
        assert await violations(page) == []
