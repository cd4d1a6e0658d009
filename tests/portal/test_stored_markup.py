"""Every word that people leave in a request or an import, on every page that shows it: text to everybody, never markup.

One export goes all the way and is recalled, one is returned with remarks, one is planted; one import is returned and
one waits. All their words, names of files and of people from outside try to be elements and attributes.
"""

from html.parser import HTMLParser

import aiohttp
import pytest

from hub_extensions.exports import calibration, downloads, drafting, recalls, reviewing, submitting
from hub_extensions.exports.availability import declare_conflict
from hub_extensions.exports.drafting import Declaration
from hub_extensions.exports.requests import OutputKind
from hub_extensions.exports.views import received
from hub_extensions.exports.voting import Ballot
from hub_extensions.imports import composing
from hub_extensions.imports import reviewing as judging
from hub_extensions.imports.acting import By
from hub_extensions.imports.advancing import advance
from hub_extensions.imports.composing import Declaration as ImportDeclaration
from hub_extensions.imports.composing import Target
from hub_extensions.imports.records import Content
from hub_extensions.outside.access import Outsider
from hub_extensions.portal.testing import ADA, ANA, AUD, BEA, BEN, NOW, OTHER, PAUL, PROJECT, SOL, World
from tests.portal.test_pages import Browser

#: Numbered, so that each place shows which word it holds; an element, an attribute, a template.
EVIL = "\"'><zq7x{0} onload=zq7y=1></textarea></title><img src=x onerror=zq7y> {{{{ 7*7 }}}} zq7w{0}"
NAME = "zq7w<zq7x onload=zq7y>'\".csv"


class Parsed(HTMLParser):
    """Notes every element and attribute that our words became."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.made: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.made += [name for name in (tag, *(name for name, _ in attrs)) if "zq7" in name or name.startswith("on")]
        addresses = [value or "" for name, value in attrs if name in {"href", "src", "action"}]
        self.made += [each for each in addresses if each.startswith(("javascript:", "data:")) or set('<"') & set(each)]


def evil(number: int) -> str:
    return EVIL.format(number)


def submitted(world: World, number: int) -> tuple[str, str]:
    """An export whose every word is evil; the request and its file."""
    desk, at = world.portal.desk, {"actor": ANA, "now": NOW}
    world.write(NAME, b"age,n\n40,120\n")
    outside = [Outsider(evil(number + 1)[:200], evil(number + 2)[:200], f"{number}@example.org")]
    request = drafting.create(
        desk,
        project=PROJECT,
        title=evil(number)[:200],
        purpose=evil(number + 3),
        recipients=[BEN],
        outside=outside,
        **at,
    )
    said = Declaration(OutputKind.TABLE, evil(number + 4), evil(number + 5), evil(number + 6))
    file = drafting.add_file(desk, request, NAME, said, **at)
    submitting.submit(desk, request, **at)
    return request, file


def exports(world: World) -> list[str]:
    """One that was recalled, one that came back, one that is planted."""
    desk, at = world.portal.desk, {"now": NOW}
    gone, file = submitted(world, 10)
    reviewing.answer(desk, gone, evil(20), actor=ANA, **at)
    reviewing.comment(desk, gone, evil(21), actor=ADA, public=True, file_id=file, **at)
    for reviewer in (ADA, BEA):
        reviewing.vote(desk, gone, file, Ballot.APPROVE, actor=reviewer, comment=evil(22), **at)
    link = received(desk, BEN, now=NOW)[0]["id"]
    b"".join(downloads.open_download(desk, link, actor=BEN, clock=world.clock).chunks)
    downloads.revoke(desk, gone, actor=ANA, message=evil(23), **at)
    recalls.attest(desk, gone, actor=BEN, statement=evil(24), **at)
    back, file = submitted(world, 30)
    reviewing.comment(desk, back, evil(40), actor=ADA, public=False, file_id=file, **at)
    reviewing.vote(desk, back, file, Ballot.REFUSE, actor=ADA, comment=evil(41), **at)
    reviewing.return_(desk, back, actor=BEA, message=evil(42), **at)
    planted, _ = submitted(world, 50)
    calibration.plant(desk, planted, actor=PAUL, why=evil(60), **at)
    declare_conflict(desk, OTHER, actor=ADA, reason=evil(61), **at)
    return [gone, back, planted]


def imports(world: World) -> list[str]:
    """One that came back, one that waits."""
    desk, by = world.portal.imports, By(ANA, world.clock())
    made = []
    for number in (70, 80):
        request = composing.create(desk, Target(PROJECT), evil(number)[:200], by)
        with composing.receiving(desk, request, "zq7w'onload=zq7y.csv", by) as part:
            part.write_bytes(b"age,n\n40,120\n")
        words = ImportDeclaration(Content.DATA, evil(number + 1), evil(number + 2), evil(number + 3)[:500], True)
        composing.declare(desk, request, words, by)
        composing.submit(desk, request, by)
        made.append(request)
    return made


@pytest.fixture
def browser(world: World, client: aiohttp.ClientSession) -> Browser:
    """Somebody's browser."""
    return Browser(world, client)


async def test_no_word_becomes_markup_on_any_page_for_anybody(world: World, browser: Browser) -> None:
    requests, brought = exports(world), imports(world)
    await browser.sign_in(SOL)
    for request in brought:
        advance(world.portal.imports, request, now=world.clock())
    judging.return_(world.portal.imports, brought[0], evil(90), By(SOL, world.clock()))
    pages = ["", "exports", f"exports/new?project={PROJECT}", "imports", "review", "import-review", "notifications"]
    pages += ["admin/exports", "admin/recalls", "trace", "audit", f"exports/new?project={PROJECT}&file={NAME}"]
    for request in requests:
        pages += [f"exports/{request}", f"review/{request}"]
    for request in brought:
        pages += [f"imports/{request}", f"import-review/{request}"]
    made, seen = [], {}
    for who in (ANA, BEN, ADA, BEA, PAUL, SOL, AUD):
        await browser.sign_in(who)
        for path in pages:
            async with browser.client.get(world.address + path) as answer:
                html = await answer.text()
            made += [f"{who} {path}: {what}" for what in Parsed(html).made]
            assert " 49 " not in html
            seen[who, path] = html.count("zq7w")
    assert made == []
    # The control: the words are there to be read.
    for who, path in (
        (ANA, f"exports/{requests[0]}"),
        (ADA, f"review/{requests[2]}"),
        (PAUL, "admin/recalls"),
        (PAUL, "admin/exports"),
        (SOL, f"import-review/{brought[1]}"),
        (ANA, f"imports/{brought[0]}"),
        (ADA, "review"),
        (ANA, f"exports/new?project={PROJECT}"),
    ):
        assert seen[who, path] > 0, (who, path)


def test_the_parser_does_see_what_becomes_markup() -> None:
    assert Parsed(evil(1)).made == ["zq7x1", "onload", "onerror"]
