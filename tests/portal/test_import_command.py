"""``bureau import``: a member sends, a steward looks and judges, each with an own token; the portal decides as ever."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub_extensions.cli import bureau
from hub_extensions.imports.advancing import advance
from hub_extensions.portal.testing import ANA, OUT, PROJECT, SOL, World
from project_spaces.errors import BureauError

Run = Callable[..., Result]
SAID = ("--origin", "ATIH", "--legal-basis", "Données ouvertes", "--licence", "Licence Ouverte 2.0")


@pytest.fixture
def run(world: World, tmp_path: Path) -> Run:
    """Call ``bureau import`` as somebody."""

    async def called(who: str, *arguments: str) -> Result:
        token = tmp_path / f"token-{who}"
        token.write_text(f"token-{who}\n")
        whole = ["import", "--url", world.url, "--token-file", str(token), *arguments]
        return await asyncio.to_thread(CliRunner().invoke, bureau, whole)

    return called


@pytest.fixture
def table(tmp_path: Path) -> str:
    """A file to send."""
    (tmp_path / "ccam.csv").write_text("code,libelle\nA,x\n")
    return str(tmp_path / "ccam.csv")


async def test_from_a_terminal_to_its_place(world: World, run: Run, table: str) -> None:
    sent = await run(ANA, "send", table, "--title", "CCAM", "--project", PROJECT, *SAID, "--json")
    assert sent.exit_code == 0, sent.output
    (found,) = json.loads(sent.stdout)
    assert (found["state"], found["files"]) == ("submitted", 1)
    assert (await run(SOL, "queue")).exit_code == 0, "nothing waits before the programs have looked"
    advance(world.portal.imports, found["id"], now=world.clock())
    waiting = await run(SOL, "queue")
    assert waiting.exit_code == 1
    assert found["id"] in waiting.output
    shown = await run(SOL, "show", found["id"])
    assert "ccam.csv" in shown.output
    assert "ATIH" in shown.output
    accepted = await run(SOL, "accept", found["id"])
    assert "approved" in accepted.output
    advance(world.portal.imports, found["id"], now=world.clock())
    assert "released" in (await run(ANA, "list")).output


async def test_a_steward_sends_it_back_or_refuses_it_with_words(world: World, run: Run, table: str) -> None:
    (found,) = json.loads((await run(ANA, "send", table, "--title", "T", "--project", PROJECT, *SAID, "--json")).stdout)
    advance(world.portal.imports, found["id"], now=world.clock())
    assert (await run(SOL, "return", found["id"])).exit_code == 2, "without words"
    assert "returned" in (await run(SOL, "return", found["id"], "--message", "Quelle année ?")).output
    assert "Quelle année ?" in str(json.loads((await run(ANA, "show", found["id"], "--json")).stdout)["timeline"])


async def test_nobody_judges_what_he_sent_and_strangers_learn_nothing(world: World, run: Run, table: str) -> None:
    (found,) = json.loads((await run(ANA, "send", table, "--title", "T", "--project", PROJECT, *SAID, "--json")).stdout)
    advance(world.portal.imports, found["id"], now=world.clock())
    for who, status in ((ANA, 403), (OUT, 404)):
        refused = (await run(who, "accept", found["id"])).exception
        assert isinstance(refused, BureauError)
        assert refused.status == status


async def test_names_of_this_machine_are_loopback(world: World, run: Run, tmp_path: Path) -> None:
    token, port = tmp_path / "token", world.url.rpartition(":")[2]
    token.write_text(f"token-{SOL}\n")
    whole = ["import", "--url", f"http://bureau.localhost:{port}", "--token-file", str(token), "queue"]
    assert (await asyncio.to_thread(CliRunner().invoke, bureau, whole)).exit_code == 0


async def test_a_portal_that_is_away_or_a_wrong_token_is_one_sentence(run: Run, world: World, tmp_path: Path) -> None:
    world.hub.down = True
    assert isinstance((await run(ANA, "list")).exception, BureauError)
    (tmp_path / "empty").write_text("\n")
    empty = CliRunner().invoke(bureau, ["import", "--url", world.url, "--token-file", str(tmp_path / "empty"), "list"])
    assert "is empty" in empty.output
