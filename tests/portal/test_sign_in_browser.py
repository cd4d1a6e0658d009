"""The pages around signing in, in a real browser: axe in both languages and schemes, the warning before an idle end.

The Hub's own pages are drawn from their templates as its handlers do; they are driven in tests/hub_extensions.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from jinja2 import Environment, FileSystemLoader
from playwright.async_api import Browser, Route

from hub_extensions.portal.templating import STATIC
from hub_extensions.portal.testing import ANA, NOW, World
from hub_extensions.settings.loading import TEMPLATES
from hub_extensions.sign_in.pages import _picker, _qr
from project_spaces.rules import Rules
from project_spaces.sessions.activity import SessionActivity
from project_spaces.sessions.idleness import IdleLimit
from tests.portal.accessibility import LOOKS, violations
from tests.portal.conftest import Opener
from tests.portal.test_recovery_codes import PASSWORD, secret

__all__ = ["secret"]
DOOR = "http://door.test/hub/"
LIMIT = IdleLimit(timedelta(minutes=30))
REFUSED = {"login_error": "Refusé.", "error": "Refusé.", "username": "ana"}
PAGES: dict[str, tuple[dict, ...]] = {
    "login.html": ({}, REFUSED, {"ended": "Fin."}, {"enrolled": True}, {"again": True, "username": "ana"}),
    "login_openid.html": ({}, REFUSED, {"ended": "Fin."}),
    "invitation.html": ({}, REFUSED),
    "enrol.html": (
        {"step": "password"},
        {"step": "password", **REFUSED},
        {"step": "confirm", "secret": "ABCD EFGH", "qr": _qr("otpauth://totp/x?secret=ABCD"), **REFUSED},
        {"step": "recovery", "codes": ["ABCD-EFGH-IJKL-MNOP"] * 10},
    ),
    "error.html": ({"status_code": 403, "message": ""}, {"status_code": 503, "message": "Le journal — The ledger"}),
    "not_running.html": ({},),
}


def drawn(name: str, language: str, **context: object) -> str:
    """A page of the Hub, as its handlers draw it."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    base = {
        "base_url": "/hub/",
        "login_url": "/hub/login",
        "action": "/hub/login",
        "start": "oauth_login",
        "lang": language,
        "other_lang": "en" if language == "fr" else "fr",
        "switch_url": "/hub/login?lang=en",
        "t": _picker(language),  # type: ignore[arg-type]
        "trial": "Essai.",
        "shortest": 12,
        "xsrf": "x",
        "provider": "l'annuaire",
    }
    return environment.get_template(name).render(**{**base, **context})


async def test_the_hubs_pages_are_accessible_in_both_languages(chromium: Browser) -> None:
    context = await chromium.new_context()
    page = await context.new_page()
    html = ""

    async def answer(route: Route) -> None:
        file = STATIC / Path(route.request.url).name
        if "/door/" in route.request.url:
            await route.fulfill(path=file)
        else:
            await route.fulfill(body=html, content_type="text/html; charset=utf-8")

    await page.route("**/*", answer)
    found = {}
    for language, scheme, rules in LOOKS:
        await page.emulate_media(color_scheme=scheme)
        for name, states in PAGES.items():
            for number, state in enumerate(states):
                html = drawn(name, language, **state)
                await page.goto(DOOR + "page")
                assert await page.evaluate("getComputedStyle(document.querySelector('.top-in')).display") == "flex"
                found[f"{scheme} {language} {name} {number}"] = await violations(page, rules)
    assert {where: what for where, what in found.items() if what} == {}


@pytest.fixture
def idle(world: World, monkeypatch: pytest.MonkeyPatch, secret: str) -> Iterator[World]:
    """Sessions end after half an hour, and say so a second after a page was opened."""
    monkeypatch.setattr(IdleLimit, "quiet", timedelta(seconds=1))
    monkeypatch.setattr(world.portal.store, "_rules", Rules(idle=LIMIT))
    activity = SessionActivity(f"sqlite:///{world.home}/bureau.sqlite", LIMIT)
    object.__setattr__(world.portal, "activity", activity)
    yield world
    activity.close()


async def test_recovery_codes_and_sessions_are_accessible_in_both_languages(
    idle: World, open_as: Opener, secret: str
) -> None:
    page = await open_as(f"{ANA}~here")
    found = {}
    for step, (language, scheme, rules) in enumerate(LOOKS):
        await page.emulate_media(color_scheme=scheme)
        for path in ("sessions", "sessions/recovery"):
            await page.goto(f"{idle.address}{path}?lang={language}")
            await page.wait_for_selector(".idle-notice", state="visible")
            found[f"{scheme} {language} {path}"] = await violations(page, rules)
        idle.clock.now = NOW + step * timedelta(minutes=1)
        await page.fill("#r-password", PASSWORD)
        await page.fill("#r-code", pyotp.TOTP(secret).at(idle.clock.now))
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".recovery")
        assert await page.locator(".recovery code").count() == 10
        found[f"{scheme} {language} codes"] = await violations(page, rules)
    assert {where: what for where, what in found.items() if what} == {}


async def test_who_stays_is_not_warned_any_more(idle: World, open_as: Opener) -> None:
    page = await open_as(f"{ANA}~here")
    await page.wait_for_selector(".idle-notice", state="visible")
    idle.clock.now += timedelta(minutes=20)
    await page.get_by_role("button", name="Rester connecté").click()
    await page.wait_for_selector("[role=status][aria-label='Fin de session']", state="hidden")
    assert page.url == idle.address


async def test_the_warning_and_the_way_to_stay_need_no_script(idle: World, open_as: Opener) -> None:
    page = await open_as(f"{ANA}~here", java_script_enabled=False, reduced_motion="reduce")
    await page.wait_for_selector(".idle-notice", state="visible")
    async with page.context.expect_page() as opened:
        await page.get_by_role("button", name="Rester connecté").click()
    stayed = await opened.value
    await stayed.wait_for_selector(".notice.ok")
    assert "Vous restez connecté" in await stayed.inner_text(".notice.ok")
