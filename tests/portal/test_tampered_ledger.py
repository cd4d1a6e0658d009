"""Somebody who rules the server edits the ledger: what auditors are shown then, where, and what they are not shown.

Everything is tried on files that a real publication made. Pages are asked in both languages.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from audit import merkle
from audit.checkpoint import Checkpoint, Signer, split_note
from audit.deletions import Deletions, Loss
from audit.events import Event, Kind
from audit.index import IndexWriter
from audit.places import Places
from audit.testing import MemoryLedger, PlainKeys
from audit.tiles import ENTRIES, TileWriter, decode_bundle, encode_entry, tile_path
from audit.verify import Report
from hub_extensions.portal.ledger_view import PublishedLedger
from hub_extensions.portal.testing import ANA, AUD, BEN, NOW, OUT, PAUL, PROJECT, SETUP, World
from hub_extensions.portal.testing_ledger import MemoryView
from hub_extensions.portal.verbs.readers import mounts_of
from hub_extensions.portal.verification import Stage, Verification, examine
from project_spaces.facts import PlatformRole
from project_spaces.owner_perimeters import entrust
from project_spaces.people import grant_role
from tests.portal.conftest import in_the_room
from tests.portal.test_audit_pages import Browser

WORKSPACE = "a" * 32
#: The entry that somebody wants otherwise: a cell of Ana's, of her project, with a sealed message.
CELL = 40
#: Openings of a data set, and an entry that is none.
DATASET, MOUNT, NO_MOUNT = "snds-synth", 301, 302
#: An entry that hit a rule.
HIT = 303
#: What that entry is made to say instead.
FORGED = "autre-projet-00"


@dataclass
class Case:
    """A ledger on disk that nobody writes any more, and an auditor's browser."""

    places: Places
    remembered: Path
    browser: Browser
    view: MemoryView

    async def page(self, path: str, status: int = 200, lang: str = "fr") -> str:
        sign = "&" if "?" in path else "?"
        return (await self.browser.get(f"{path}{sign}lang={lang}", status)).replace("&#39;", "'")

    def verified(self) -> Report:
        """As the page verifies, here and now."""
        return examine(self.places.root, self.remembered, self.places.checkpoint.read_text(), lambda _done, _size: None)


@in_the_room
async def case(world: World, client: aiohttp.ClientSession, ledger: MemoryLedger, tmp_path: Path) -> Case:
    cell = {"workspace": WORKSPACE, "channel": "shell", "type": "execute_request"}
    for n in range(300):
        message = f"secret {n}".encode() if n % 10 == 0 else None
        who, kind = (ANA, Kind.KERNEL_MESSAGE) if n != CELL + 1 else (BEN, Kind.FILE_WRITE)
        at = NOW - timedelta(hours=2) + timedelta(seconds=n)
        ledger.append(Event(kind, who, PROJECT, at, cell, message))
    opening = {"workspace": WORKSPACE, "dataset": DATASET, "version": "2026.1"}
    mounts = [Event(Kind.MOUNT, who, PROJECT, NOW - timedelta(hours=1), opening) for who in (ANA, BEN)]
    ledger.append(*mounts, Event(Kind.FILE_WRITE, PAUL, PROJECT, NOW - timedelta(hours=1), opening))
    ledger.append(Event(Kind.KERNEL_MESSAGE, ANA, PROJECT, NOW - timedelta(hours=1), cell, rules=("volume@1",)))
    view = world.portal.ledger
    assert isinstance(view, MemoryView)
    view.publish()
    frozen = PublishedLedger(view.places.root, tmp_path / "remembered", PlainKeys().pseudonym)
    object.__setattr__(world.portal, "ledger", frozen)
    browser = Browser(world, client)
    await browser.sign_in(AUD)
    made = Case(view.places, tmp_path / "remembered", browser, view)
    assert made.verified().good
    return made


def forge_entry(places: Places) -> None:
    """Change the bytes of one entry, as well formed as before."""
    bundle = places.log / tile_path(ENTRIES, 0)
    entries = decode_bundle(bundle.read_bytes())
    entries[CELL] = entries[CELL].replace(PROJECT.encode(), FORGED.encode())
    bundle.write_bytes(b"".join(map(encode_entry, entries)))


def forge_tile_too(places: Places) -> None:
    """And its hash in the tile above."""
    forge_entry(places)
    leaf = decode_bundle((places.log / tile_path(ENTRIES, 0)).read_bytes())[CELL]
    tile = places.log / tile_path(0, 0)
    data = bytearray(tile.read_bytes())
    data[32 * CELL : 32 * CELL + 32] = merkle.hash_leaf(leaf)
    tile.write_bytes(data)


def forge_checkpoint(places: Places) -> None:
    """Sign the whole forged log with another key, under the old key's name."""
    forge_entry(places)
    rewrite(places, Signer.generate("bureau.test/ledger"))


def rewrite(places: Places, signer: Signer) -> None:
    """Make tiles that fit the entries, whatever they are, and sign their root."""
    entries = [e for n in (0, 1) for e in decode_bundle(_bundle(places, n))]
    shutil.rmtree(places.log / "tile")
    writer, frontier = TileWriter(places.log, 0), merkle.Frontier()
    for entry in entries:
        writer.append(entry, merkle.hash_leaf(entry))
        frontier.append(merkle.hash_leaf(entry))
    writer.publish()
    places.checkpoint.write_text(signer.sign(Checkpoint(signer.name, len(entries), frontier.root()).text()))


def _bundle(places: Places, number: int) -> bytes:
    size = Checkpoint.parse(split_note(places.checkpoint.read_text())[0]).size
    return (places.log / tile_path(ENTRIES, number, min(256, size - 256 * number))).read_bytes()


@pytest.mark.parametrize("forge", [forge_entry, forge_tile_too, forge_checkpoint])
async def test_a_forged_entry_is_named_and_never_shown_as_the_logs(case: Case, forge: Callable[[Places], None]) -> None:
    forge(case.places)
    searched = f"audit?project={PROJECT}&kind=kernel.message&before={CELL + 2}"
    for path in (searched, f"audit/sessions/{WORKSPACE}", f"audit/entries/{CELL}"):
        french, english = await case.page(path), await case.page(path, lang="en")
        if forge is forge_checkpoint:
            assert "le point de contrôle publié n'est pas celui que la clé du journal a signé" in french, path
            assert "the published checkpoint is not one that the log's key signed" in english, path
        else:
            file = tile_path(ENTRIES if forge is forge_entry else 0, 0)
            assert file in french, path
            assert f"l'entrée {CELL} n'est pas celle que le journal a signée" in french, path
            assert f"entry {CELL} is not the one that the log signed" in english, path
        shown = french.partition('id="feuille"')[0]
        assert FORGED not in shown, path
    assert '<span class="badge ok">' not in french
    assert "Les octets trouvés, qui ne sont pas ceux qui ont été signés" in french
    assert "not as the ledger signed it" in english
    assert FORGED in french.partition('id="feuille"')[2], "an auditor may look at what was found"


@pytest.mark.parametrize("forge", [forge_entry, forge_tile_too, forge_checkpoint])
async def test_nothing_forged_is_proved_or_leaves(case: Case, forge: Callable[[Places], None]) -> None:
    forge(case.places)
    for lang, sentence in (
        ("fr", "Le journal n'est pas tel qu'il doit être"),
        ("en", "The ledger is not as it must be"),
    ):
        page = await case.page(f"audit/entries/{CELL}/proof", 503, lang)
        assert sentence in page
    for form in ("json", "csv"):
        assert FORGED not in await case.browser.send("audit/export", 503, format=form, workspace=WORKSPACE)


async def test_an_entry_behind_the_last_one_that_was_signed_is_found_by_nobody(case: Case) -> None:
    entries = decode_bundle(_bundle(case.places, 1))
    place = 256 + len(entries)
    forged = entries[HIT - 256].replace(PROJECT.encode(), FORGED.encode())
    longer = case.places.log / tile_path(ENTRIES, 1, len(entries) + 1)
    longer.write_bytes(b"".join(map(encode_entry, [*entries, forged])))
    writer = IndexWriter(case.places)
    writer.add(place, [forged])
    writer.close()
    for path in ("audit", "audit?kind=kernel.message", f"audit?project={FORGED}", "audit?rule=any"):
        assert f"audit/entries/{place}" not in await case.page(path)
    await case.page(f"audit/entries/{place}", 404)
    await case.page(f"audit/entries/{place}/proof", 404)


async def test_what_is_as_it_was_signed_is_said_to_be(case: Case) -> None:
    page = await case.page(f"audit/entries/{CELL}")
    assert "L'entrée mène à la racine que la clé du journal a signée." in page
    assert "altérée" not in await case.page("audit")
    assert "leads to the root that the ledger's key signed" in await case.page(f"audit/entries/{CELL}", lang="en")


@pytest.mark.parametrize("file", [tile_path(ENTRIES, 0), tile_path(0, 0)])
async def test_a_file_that_is_missing_is_named(case: Case, file: str) -> None:
    (case.places.log / file).unlink()
    status = 503 if ENTRIES in file else 200
    for lang in ("fr", "en"):
        page = await case.page(f"audit/entries/{CELL}", status, lang)
        assert f"{file} is missing" in page
        assert '<span class="badge ok">' not in page
    assert file in {each.where for each in case.verified().problems}


@pytest.mark.parametrize("forge", [forge_entry, forge_tile_too, forge_checkpoint])
def test_verification_says_so_too(case: Case, forge: Callable[[Places], None]) -> None:
    forge(case.places)
    report = case.verified()
    assert not report.good
    assert case.remembered.read_text() != case.places.checkpoint.read_text() or forge is not forge_checkpoint


async def test_verification_turns_red_while_one_looks(case: Case) -> None:
    forge_entry(case.places)
    await case.browser.send("audit/verification", act="verify")
    verifications = case.browser.world.portal.ledger.verifications
    await verifications.wait(verifications.latest, 60)
    for lang, head, told in (
        ("fr", "Le journal n'est pas intègre", f"l'entrée {CELL} n'est pas celle de sa tuile"),
        ("en", "The ledger is not whole", f"entry {CELL} is not the one in its tile"),
    ):
        page = await case.page("audit/verification", lang=lang)
        section = page.partition('id="verification"')[2].partition("</section>")[0]
        assert 'class="notice bad"' in section
        assert 'class="notice ok"' not in section
        assert head in section
        assert told in section
        assert tile_path(ENTRIES, 0) in section


@pytest.mark.parametrize("own", [True, False])
async def test_a_log_that_was_written_anew_is_not_shown_as_verified(case: Case, own: bool) -> None:
    """Whole and signed, with its own key or another: but not what was verified here before."""
    forge_entry(case.places)
    signer = case.view.signer if own else Signer.generate("bureau.test/ledger")
    rewrite(case.places, signer)
    case.places.vkey.write_text(f"{signer.vkey}\n")
    for lang, told in (
        ("fr", "bifurcation" if own else "la clé du journal n'est plus celle"),
        ("en", "forked" if own else "the log's key is not the one"),
    ):
        page = await case.page(f"audit/entries/{CELL}", lang=lang)
        assert told in page
        assert '<span class="badge ok">' not in page
        assert FORGED not in page.partition('id="feuille"')[0]
        assert told in await case.page("audit", lang=lang)
    await case.page(f"audit/entries/{CELL}/proof", 503)


def test_another_key_beside_the_log_is_noticed_by_what_was_remembered(case: Case) -> None:
    """A forged log that is whole under its own key."""
    forge_entry(case.places)
    signer = Signer.generate("bureau.test/ledger")
    rewrite(case.places, signer)
    case.places.vkey.write_text(f"{signer.vkey}\n")
    report = case.verified()
    assert "log.vkey" in {each.where for each in report.problems}
    assert "n'est plus celle" in report.problems[-1].fr


def sql(places: Places, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(places.index)) as database, database:
        assert database.execute(statement, values).rowcount > 0, statement


HIDE = "DELETE FROM posting WHERE idx = ? AND term IN (SELECT number FROM term WHERE name LIKE 'k%kernel.message')"
MOVE = "UPDATE posting SET idx = ? WHERE idx = ? AND term = (SELECT number FROM term WHERE name = ?)"


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ((HIDE, CELL), "la liste kind=kernel.message de l'index"),
        (("UPDATE entry SET at = at - 1 WHERE idx = ?", CELL), f"la ligne de l'entrée {CELL} dans l'index"),
        (("UPDATE entry SET actor = 'x' WHERE idx = ?", CELL), f"la ligne de l'entrée {CELL} dans l'index"),
        (("UPDATE block SET low = high WHERE block = 0 AND 1 = ?", 1), "se trompe sur les dates"),
        (("UPDATE term SET count = count - ? WHERE name LIKE 'p%'", 1), f"la liste project={PROJECT} de l'index"),
        (("UPDATE state SET size = ?", 50), "l'index de recherche ne tient que 50 entrées"),
    ],
)
def test_an_edited_index_is_noticed_by_the_verification(case: Case, edit: tuple, told: str) -> None:
    """Every proof stays valid, and nobody would find the entry."""
    sql(case.places, *edit)
    report = case.verified()
    assert {each.where for each in report.problems} == {"index.sqlite"}
    assert any(told in each.fr for each in report.problems), report.problems


async def test_an_entry_listed_as_what_it_is_not_is_marked(case: Case) -> None:
    sql(case.places, MOVE, CELL + 1, CELL, "k\x1f14:kernel.message")
    for lang, told in (
        ("fr", f"l'index de recherche donne l'entrée {CELL + 1} pour ce qu'elle n'est pas"),
        ("en", f"the search index gives entry {CELL + 1} for what it is not"),
    ):
        assert told in await case.page(f"audit?kind=kernel.message&before={CELL + 3}", lang=lang)


def forge_opening(places: Places) -> str:
    """Ben's opening becomes one of another project."""
    entries = decode_bundle(_bundle(places, 1))
    at = MOUNT - 256
    entries[at] = entries[at].replace(PROJECT.encode(), FORGED.encode())
    (places.log / tile_path(ENTRIES, 1, len(entries))).write_bytes(b"".join(map(encode_entry, entries)))
    return f"l'entrée {MOUNT} n'est pas celle que le journal a signée"


LIST_ANOTHER = (
    "UPDATE posting SET idx = ? WHERE idx = ? AND term IN (SELECT number FROM term WHERE name LIKE '%5:mount')"
)


def list_another(places: Places) -> str:
    """The index gives an entry that is no opening for Ben's."""
    sql(places, LIST_ANOTHER, NO_MOUNT, MOUNT)
    return f"l'index de recherche donne l'entrée {NO_MOUNT} pour ce qu'elle n'est pas"


@pytest.mark.parametrize("forge", [forge_opening, list_another])
async def test_who_opened_data_is_told_from_what_the_log_signed(case: Case, forge: Callable[[Places], str]) -> None:
    """For auditors and for stewards, on pages and in tables to take along."""
    told = forge(case.places)
    store = case.browser.world.portal.store
    grant_role(store, OUT, PlatformRole.STEWARD, actor=SETUP, now=NOW)
    entrust(store, "ATIH", OUT, actor=PAUL, now=NOW)
    for who, room in ((AUD, "audit/datasets"), (OUT, "openings")):
        paths = (f"{room}/{DATASET}", room)
        await case.browser.sign_in(who)
        for path in paths:
            page = await case.page(path)
            assert told in page, path
            assert FORGED not in page
            assert "altered" not in page
            assert "altered" in await case.page(path, lang="en")
        table = await case.page(f"{paths[0]}/{'readers' if who == AUD else 'openings'}.csv")
        assert ("302: index.sqlite" if forge is list_another else "301: tile/entries") in table
        assert FORGED not in table


def test_a_time_that_is_edited_in_the_index_is_no_time_of_an_opening(case: Case) -> None:
    sql(case.places, "UPDATE entry SET at = 0 WHERE idx = ?", MOUNT)
    with case.browser.world.portal.ledger.open() as index:
        mounts = mounts_of(index, DATASET)
    assert [row.at for row in mounts.good] == [NOW - timedelta(hours=1)] * 2
    assert not mounts.wrong


def forge_hit(places: Places) -> None:
    """The hit becomes one of another project."""
    entries = decode_bundle(_bundle(places, 1))
    entries[HIT - 256] = entries[HIT - 256].replace(PROJECT.encode(), FORGED.encode())
    (places.log / tile_path(ENTRIES, 1, len(entries))).write_bytes(b"".join(map(encode_entry, entries)))


async def test_nothing_is_signed_over_a_forged_hit_and_it_is_not_called_none(case: Case) -> None:
    forge_hit(case.places)
    case.browser.world.clock.now = NOW + timedelta(days=20)
    address = f"audit/controls/{PROJECT}/2026-11"
    for lang, wrong, told in (
        ("fr", "Des constats ne sont pas tels", f"L'entrée {HIT} n'est pas telle qu'elle doit être"),
        ("en", "Some findings are not as", f"Entry {HIT} is not as it must be"),
    ):
        assert wrong in await case.page(address, lang=lang)
        for fields in ({"act": "sign"}, {"act": "mark", "entries": str(HIT), "verdict": "explained", "comment": "vu"}):
            page = await case.browser.send(f"{address}?lang={lang}", 409, **fields)
            assert told in page.replace("&#39;", "'")


async def test_nothing_is_signed_over_an_index_that_hides_a_hit(case: Case) -> None:
    """The hit is in no list: the page has nothing to decide, and the verification that a signature needs says so."""
    sql(case.places, "DELETE FROM posting WHERE idx = ?", HIT)
    world = case.browser.world
    address = f"audit/controls/{PROJECT}/2026-11"
    world.clock.now = NOW + timedelta(days=20)
    assert f'value="{HIT}"' not in await case.page(address)
    report = case.verified()
    found = {"good": report.good, "size": report.size, "root": report.root.hex()}
    run = Verification(Stage.DONE, begun=world.clock.now, report=found)
    world.portal.ledger.verifications.latest = run
    assert "Vérifiez d'abord le journal" in (await case.browser.send(address, 409, act="sign")).replace("&#39;", "'")


def private(places: Places, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(places.private)) as database, database:
        assert database.execute(statement, values).rowcount > 0, statement


SWAP = "UPDATE sealed SET blob = (SELECT blob FROM sealed WHERE idx = ?) WHERE idx = ?"


@pytest.mark.parametrize(
    ("statement", "french", "english"),
    [
        (SWAP, "n'est pas celui qu'elle engage", "is not the one that it commits to"),
        (
            "DELETE FROM sealed WHERE idx != ? AND idx = ?",
            "manque, et aucune suppression inscrite ne le dit",
            "no recorded",
        ),
    ],
)
async def test_a_message_that_was_swapped_or_deleted_is_said(
    case: Case, statement: str, french: str, english: str
) -> None:
    private(case.places, statement, CELL + 10, CELL)
    for lang, told in (("fr", french), ("en", english)):
        page = await case.page(f"audit/entries/{CELL}", lang=lang)
        assert told in page
        assert "La preuve reste valable" not in page
        assert "The proof stays valid" not in page
    assert any(french in each.fr for each in case.verified().problems)


async def test_a_deletion_covers_what_its_list_names_and_nothing_between(case: Case, ledger: MemoryLedger) -> None:
    """An old deletion whose first and last entries lie on either side explains nothing."""
    private(case.places, "DELETE FROM sealed WHERE idx IN (?, ?, ?)", CELL - 10, CELL, CELL + 10)
    listed = [Loss(CELL - 10, facts=False, blob=True), Loss(CELL + 10, facts=False, blob=True)]
    with closing(Deletions(case.places)) as deletions:
        deletions.plan_entries("cd" * 16, PROJECT, 12, NOW, listed)
        (planned,) = deletions.all()
        ledger.append(planned.event())
        deletions.carry_out(planned, lambda: None)
    case.view.publish()
    assert "Contenu effacé le" in await case.page(f"audit/entries/{CELL - 10}")
    page = await case.page(f"audit/entries/{CELL}")
    assert "Contenu effacé le" not in page
    assert "manque, et aucune suppression inscrite ne le dit" in page


async def test_a_name_that_is_put_in_anothers_place_is_not_shown(case: Case) -> None:
    """The act of one person would be read as another's."""
    pseudonym = PlainKeys().pseudonym(ANA)
    private(case.places, "UPDATE person SET name = ? WHERE pseudonym = ?", "innocent", pseudonym)
    for lang, told in (("fr", "la table des noms donne ici un nom"), ("en", "the table of names has a name here")):
        for path in (f"audit/entries/{CELL}", "audit?kind=kernel.message"):
            page = await case.page(path, lang=lang)
            assert told in page
            assert "innocent" not in page
    assert "private.sqlite" in await case.page(f"audit/entries/{CELL}")


async def test_a_forged_signature_in_json_is_a_problem_too(case: Case) -> None:
    forge_entry(case.places)
    headers = {"Authorization": f"token token-{AUD}"}
    world = case.browser.world
    async with case.browser.client.get(f"{world.api}/audit/entries/{CELL}", headers=headers) as answer:
        found = json.loads(await answer.text())
    assert (found["signed"], found["kind"], found["project"], found["private"]) == (False, "unreadable", None, {})
    assert found["problem"]["where"] == tile_path(ENTRIES, 0)
