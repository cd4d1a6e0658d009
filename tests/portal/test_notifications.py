"""What people are told, on the portal: a number in the frame, a list, and a way to the page it is about."""

import pytest

from audit.events import Event, Kind
from audit.testing import MemoryLedger
from hub_extensions.portal.testing import BEN, NOW, OUT, SETUP, World
from project_spaces.notifications import Topic, notifications, notify
from project_spaces.text import Text
from tests.portal.test_pages import Browser, browser

__all__ = ["browser"]


@pytest.fixture
def told(world: World) -> str:
    """Zoé was told something; return its id."""
    with world.portal.store.write(Event(Kind.ADMIN_ACT, SETUP, None, NOW)) as session:
        text = Text("Votre <b>demande</b> est acceptée.", "Your <b>request</b> is accepted.")
        notify(session, to=OUT, kind=Topic.REQUEST, text=text, link="habilitations", now=NOW)
    with world.portal.store.read() as session:
        return notifications(session, OUT)[0].id


async def test_opening_one_leads_to_its_page_and_marks_it(browser: Browser, told: str, ledger: MemoryLedger) -> None:
    await browser.sign_in(OUT)
    assert '<span class="tally">1' in await browser.get("")
    page = await browser.get("notifications")
    assert "Votre &lt;b&gt;demande&lt;/b&gt; est acceptée." in page
    assert "Your &lt;b&gt;request" in await browser.get("notifications?lang=en")
    assert "<h1>My habilitations</h1>" in await browser.send("notifications", act="open", ids=told)
    assert '<span class="tally">' not in await browser.get("")
    assert ledger.kinds() == [Kind.ADMIN_ACT, Kind.NOTIFICATION]


async def test_another_person_neither_sees_nor_marks_it(browser: Browser, told: str) -> None:
    await browser.sign_in(BEN)
    assert "demande" not in (await browser.get("notifications")).split("<main", 1)[1].split("</main", 1)[0]
    assert "Aucun avis" in await browser.send("notifications", act="open", ids=told)
    await browser.sign_in(OUT)
    assert '<span class="tally">1' in await browser.get("")


async def test_all_at_once(browser: Browser, told: str) -> None:
    await browser.sign_in(OUT)
    assert "Tout est marqué comme lu." in await browser.send("notifications", act="read_all")
    assert "Tout marquer comme lu" not in await browser.get("notifications")
