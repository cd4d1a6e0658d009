"""Every refusal that the portal can serve says why, in the language that was asked for.

One walk over the addresses of the application itself, page or call, in every state in which somebody is turned away. So
an address that is added is walked too, and one that stopped refusing in a state in which all refuse is seen.
"""

import asyncio
import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from tornado.web import RequestHandler

from audit.events import Kind
from audit.testing import MemoryLedger
from hub_extensions.portal.api.handlers import LARGEST_BODY, ApiBase
from hub_extensions.portal.app import CallbackHandler
from hub_extensions.portal.base import NOTED, PortalHandler
from hub_extensions.portal.handlers.outside import OutsideBase
from hub_extensions.portal.public import Unsigned
from hub_extensions.portal.testing import ANA, OUT, PROJECT, World
from hub_extensions.portal.too_large import LARGEST_REQUEST
from tests.portal.test_access import sign_in, token

FILLED = {
    "project": PROJECT,
    "dataset": "omop-1001",
    "charter": "cgu",
    "person": ANA,
    "scope": PROJECT,
    "table": "T",
    "section": "project",
    "period": "2026-10",
    "index": "0",
    "token": "x" * 43,
}


@dataclass(frozen=True)
class Route:
    """One address of the application."""

    path: str
    handler: type[RequestHandler]
    #: What the address knows.
    methods: tuple[str, ...] = ("GET", "POST")

    @property
    def api(self) -> bool:
        return issubclass(self.handler, ApiBase)

    @property
    def signed(self) -> bool:
        """Whether one signs in for it: it is no file of the frame, not public, and behind no link of its own."""
        return issubclass(self.handler, PortalHandler) and not issubclass(self.handler, OutsideBase | Unsigned)


def routes(world: World) -> list[Route]:
    """Every address that the application knows, filled in, and one that it does not know."""
    found = [
        Route(
            _filled(rule.matcher.regex.pattern),
            rule.target,
            tuple(rule.target_kwargs.get("operations", ("GET", "POST"))),
        )
        for rule in world.app.wildcard_router.rules  # type: ignore[attr-defined]
    ]
    return [*found, Route("/nowhere", world.app.settings["default_handler_class"])]


def _filled(pattern: str) -> str:
    named = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", lambda found: FILLED.get(found[1], "0" * 32), pattern)
    return re.sub(r"\(?\.\*\)?", "x", named).replace("\\", "").rstrip("$")


@dataclass(frozen=True)
class State:
    """Somebody who is turned away, and how.

    Parameters
    ----------
    methods
        sent to every address; without, those that it knows.
    where
        which addresses are asked.
    some
        only some of them refuse then, and never none; otherwise all do.
    """

    name: str
    methods: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    data: bytes | None = None
    query: str = ""
    where: Callable[[Route], bool] = lambda route: route.signed
    some: bool = False
    before: Callable[[World, MemoryLedger], None] = lambda _world, _ledger: None

    def __str__(self) -> str:
        return self.name


def _hub_down(world: World, _ledger: MemoryLedger) -> None:
    world.hub.down = True


def _ledger_down(_world: World, ledger: MemoryLedger) -> None:
    ledger.stop()


def _call(route: Route) -> bool:
    return route.api and route.signed


def _page(route: Route) -> bool:
    return not route.api and route.signed


def _any(_route: Route) -> bool:
    return True


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PARTS = {"Content-Type": "multipart/form-data; boundary=x"}
STATES = (
    State("nobody", ("GET", "POST"), {"Sec-Fetch-Mode": "cors"}),
    State("a stranger", ("GET",), token("mallory")),
    State("a service", ("GET",), token("worker")),
    State("a token without the scope", ("GET",), token("unscoped")),
    State("a session that ended", ("GET",), {**token(f"{ANA}~ended"), "Sec-Fetch-Mode": "cors"}),
    State("a hub that is down", ("GET",), token(ANA), before=_hub_down),
    State("a ledger that is down", ("POST",), token(OUT), before=_ledger_down, some=True),
    State("another origin", ("POST",), {**token(ANA), "Origin": "https://evil.example"}),
    State("a method that nothing has", ("PROPFIND",), token(OUT), where=_any),
    State("a method that little has", ("DELETE",), token(OUT), where=_any, some=True),
    State("no right", (), token(OUT), b"{}", where=_any, some=True),
    State("no object", ("POST",), token(ANA), b"[1", where=_call, some=True),
    State("no form", ("POST",), {**token(ANA), **PARTS}, b"x", where=_any, some=True),
    State("a query that is no text", ("GET",), token(ANA), query="?lang=%ff&x=%ff", where=_call, some=True),
    State("a field that is no text", ("POST",), token(ANA), b"act=%ff&x=%ff", "?lang=%ff", where=_page, some=True),
    State("too much", ("POST",), token(ANA), bytes(LARGEST_REQUEST + 1), where=_any),
    State("too much of an object", ("POST",), token(ANA), bytes(LARGEST_BODY + 1), where=_call),
)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    kind: str
    text: str

    @property
    def refuses(self) -> bool:
        return self.status >= 400

    def reasons(self, language: str) -> str:
        """What its reader is told in words."""
        if self.kind == "application/problem+json":
            told = json.loads(self.text)
            assert language == "fr" or told["detail"] == told["text"]["en"]
            for each in (told["text"], *told["reasons"]):
                assert each["fr"].strip()
                assert each["en"].strip()
                assert each["fr"] != each["en"]
            return str(told["text"][language])
        assert f'<html lang="{language}">' in self.text
        found = re.search(r'role="alert">(.*?)</div>', self.text, re.DOTALL)
        return html.unescape(re.sub(r"<[^>]+>|\s+", " ", found[1])).strip() if found else ""


async def asked(world: World, client: aiohttp.ClientSession, state: State, route: Route, language: str) -> list[Answer]:
    """Send what *state* sends to *route*."""
    answers = []
    for method in state.methods or route.methods:
        sent: dict[str, Any] = {"headers": {**FORM, **state.headers, "Accept-Language": language}}
        if method != "GET" and state.data is not None:
            sent["data"] = state.data
        url = world.url + route.path + state.query
        async with client.request(method, url, allow_redirects=False, **sent) as answer:
            text = (await answer.read()).decode("utf-8", "replace")  # files of the API are no text
            answers.append(Answer(answer.status, answer.content_type, text))
    return answers


async def in_both(
    world: World, client: aiohttp.ClientSession, state: State, route: Route
) -> list[tuple[Answer, Answer]]:
    """The answers in French and English; a problem document holds both, and what is no refusal needs none."""
    english = await asked(world, client, state, route, "en")
    again = not route.api and any(answer.refuses for answer in english)
    french = await asked(world, client, state, route, "fr") if again else english
    return list(zip(french, english, strict=True))


def judged(route: Route, state: State, told: list[tuple[Answer, Answer]]) -> list[str]:
    """What is wrong with the answers in the two languages."""
    wrong = []
    for method, both in zip(state.methods or route.methods, told, strict=True):
        where = f"{method} {route.path}"
        if not all(answer.refuses for answer in both):
            if not state.some:
                wrong.append(f"{where}: not refused, {both[0].status}")
            continue
        try:
            french, english = both[0].reasons("fr"), both[1].reasons("en")
        except (AssertionError, KeyError, ValueError) as error:
            wrong.append(f"{where}: {both[0].status} {both[0].kind} {error!r:.80} {both[1].text[:90]!r}")
            continue
        if min(len(french), len(english)) < 10 or french == english:
            wrong.append(f"{where}: {both[0].status} says {french!r} and {english!r}")
        if any(answer.status in {500, 501} for answer in both):
            wrong.append(f"{where}: broke")
    return wrong


def not_let_in(route: Route, told: list[tuple[Answer, Answer]]) -> int:
    """How many of the answers must be in the ledger: on public pages, and of files of the frame, what was too large."""
    noting = route.handler is CallbackHandler or (issubclass(route.handler, PortalHandler) and route.handler.noting)
    answers = [answer for french, english in told for answer in ([english] if french is english else [french, english])]
    return sum(answer.status in (NOTED if noting else {413}) for answer in answers)


async def noted(world: World) -> int:
    """How many refusals are in the ledger, one by one or counted."""
    assert isinstance(world.ledger, MemoryLedger)
    world.ledger.start()
    await world.app.settings["strangers"].close()
    return sum(int(event.private.get("more", 1)) for event in world.ledger.of(Kind.REFUSAL))


async def walked(world: World, client: aiohttp.ClientSession, state: State) -> str:
    """What is wrong anywhere, one line each."""
    asked_of = [route for route in routes(world) if state.where(route)]
    told = await asyncio.gather(*(in_both(world, client, state, route) for route in asked_of))
    refused = sum(not_let_in(route, answers) for route, answers in zip(asked_of, told, strict=True))
    assert await noted(world) >= refused, "each is recorded, or counted"  # a page may ask two verbs that refuse
    wrong = [line for route, answers in zip(asked_of, told, strict=True) for line in judged(route, state, answers)]
    if not any(both[0].refuses for answers in told for both in answers):
        wrong.append(f"{state}: nobody was refused anything")
    return "\n".join(wrong)


@pytest.mark.parametrize("state", STATES, ids=str)
async def test_every_refusal_says_why_in_the_language_that_was_asked_for(
    world: World, client: aiohttp.ClientSession, ledger: MemoryLedger, state: State
) -> None:
    state.before(world, ledger)
    assert await walked(world, client, state) == ""


async def test_a_state_in_which_nobody_is_refused_is_seen(world: World, client: aiohttp.ClientSession) -> None:
    state = State(
        "whoever may", ("GET",), token(ANA), where=lambda route: route.path == "/services/bureau/sessions", some=True
    )
    assert await walked(world, client, state) == "whoever may: nobody was refused anything"


async def test_a_form_without_the_page_s_token_is_told_to_reload(world: World, client: aiohttp.ClientSession) -> None:
    await sign_in(world, client, ANA)
    state = State("a cookie alone", ("POST",))
    assert await walked(world, client, state) == ""
