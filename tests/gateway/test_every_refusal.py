"""Every refusal that the gateway can serve says why: as a page and as a problem document, in the language asked for.

One walk over the application's own addresses and over every route that is open to the workspace, in every state in
which somebody is turned away. An address without an example here makes the walk fail.
"""

import asyncio
import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from audit.events import Kind
from hub_extensions.gateway.local_answers import FIXED
from hub_extensions.gateway.routes import OPEN
from tests.gateway.conftest import PREFIX, REVOKED, Bench

KERNEL = "0b9f7a1c-1111-2222-3333-444455556666"
#: An example of each address of the application, by the end of its pattern.
OWN = {
    "/?": "",
    "/oauth_callback": "/oauth_callback",
    "/api": "/api",
    "/channels": f"/api/kernels/{KERNEL}/channels",
    "{1,64})": "/terminals/websocket/1",
    "/subscribe": "/api/events/subscribe",
    f"/({'|'.join(FIXED)})": "/lab/api/build",
    "/(.+)": "/lab",
}
#: And of each route that is open to the workspace.
EXAMPLES = (
    "/lab",
    "/static/x.js",
    "/lab/api/settings",
    "/lab/api/settings/x",
    "/api/status",
    "/api/kernelspecs/python3",
    "/api/config/notebook",
    "/api/contents",
    "/api/contents/a.ipynb",
    "/api/contents/a.ipynb/checkpoints/x",
    "/api/sessions",
    f"/api/sessions/{KERNEL}",
    f"/api/kernels/{KERNEL}",
    f"/api/kernels/{KERNEL}/interrupt",
    "/api/terminals",
    "/api/terminals/1",
)
#: What asks nobody who it is, and has nothing to refuse but a method.
UNASKED = frozenset({"", "/api", "/oauth_callback"})


def examples(gateway: Bench) -> list[str]:
    """An address for each rule of the application and each open route; none is left out."""
    found = set()
    for rule in gateway.app.wildcard_router.rules:  # type: ignore[attr-defined]
        pattern = rule.matcher.regex.pattern.rstrip("$")
        if pattern.startswith("/user/"):
            found.add(next(address for end, address in OWN.items() if pattern.endswith(end)))
    for route in OPEN:
        matching = [address for address in EXAMPLES if route.pattern.fullmatch(address)]
        assert matching, route.pattern.pattern
        found.update(matching)
    return sorted(found)


@dataclass(frozen=True)
class State:
    """Somebody who is turned away, and how."""

    name: str
    methods: tuple[str, ...] = ("GET", "POST")
    person: str | None = "ana"
    headers: Mapping[str, str] = field(default_factory=dict)
    data: bytes | None = None
    query: str = ""
    place: str = PREFIX
    before: Callable[[Bench], None] = lambda _gateway: None
    #: Whether every address that asks who it is refuses then; otherwise some do, and never none.
    all_: bool = True

    def __str__(self) -> str:
        return self.name


def _revoke(gateway: Bench) -> None:
    gateway.domain.change(REVOKED)


def _lose_ledger(gateway: Bench) -> None:
    gateway.ledger.stop()


CORS = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
STATES = (
    State("nobody", person=None, headers=CORS),
    State("somebody else", person="ben"),
    State("a token for something else", headers={"X-Scopes": "read:users", "Authorization": "token t"}),
    State("another site", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}),
    State("another origin", headers={"Origin": "http://ben.bureau.test"}),
    State("no workspace", place="/user/zoe/etude"),
    State("a habilitation that was withdrawn", before=_revoke),
    State("a ledger that is down", before=_lose_ledger, all_=False),
    State("a method that nothing has", ("PROPFIND",)),
    State("a method that little has", ("OPTIONS", "DELETE"), all_=False),
    State("an unknown parameter", query="?zzz=1", all_=False),
    State("a query that is no text", query="?lang=%ff&_=%ff", all_=False),
    State("no object", ("POST", "PUT", "PATCH"), data=b"[1", all_=False),
    State("too much", ("POST",), data=bytes((1 << 20) + 1), all_=False),
)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    where: str
    status: int
    kind: str
    text: str

    def reason(self, language: str) -> str:
        """What its reader is told."""
        if self.kind == "application/problem+json":
            told = json.loads(self.text)
            assert told["message"] == told["title"] == told["detail"][language]
            for each in (told["detail"], *told["reasons"]):
                assert each["fr"].strip() and each["en"].strip() and each["fr"] != each["en"]  # noqa: PT018 - one law
            return str(told["message"])
        assert f'<html lang="{language}">' in self.text
        found = re.search("<h1>(.*?)</h1>", self.text)
        return html.unescape(found[1]) if found else ""


async def told(gateway: Bench, state: State, address: str, accept: str) -> list[tuple[Answer, Answer]]:
    """The answers to each method, in French and English."""
    answers = []
    for method in state.methods:
        both = []
        for language in ("fr", "en"):
            headers = {"Accept": accept, "Accept-Language": language, **state.headers}
            sent: dict[str, Any] = {"person": state.person, "headers": headers, "data": state.data}
            path = f"{state.place}{address}{state.query}"
            async with gateway.request(method, path, **sent) as got:
                text = (await got.read()).decode("utf-8", "replace")
                both.append(Answer(f"{method} {path}", got.status, got.content_type, text))
        answers.append((both[0], both[1]))
    return answers


def wrong_with(french: Answer, english: Answer, *, must: bool) -> str:
    """One line, empty when nothing is."""
    if french.status < 400:
        return f"{french.where}: {french.status}" if must else ""
    try:
        said = french.reason("fr"), english.reason("en")
    except (AssertionError, ValueError, KeyError):
        return f"{french.where}: {french.status} {french.kind} {french.text[:90]!r}"
    if min(map(len, said)) < 10 or said[0] == said[1] or french.status == 500:
        return f"{french.where}: {french.status} says {said}"
    return ""


async def walked(gateway: Bench, state: State, accept: str) -> tuple[list[str], int]:
    """What is wrong anywhere, one line each, and how many answers were refusals."""
    addresses = examples(gateway)
    found = await asyncio.gather(*(told(gateway, state, address, accept) for address in addresses))
    lines = []
    for address, answers in zip(addresses, found, strict=True):
        must = state.all_ and (address not in UNASKED or state.name == "a method that nothing has")
        lines += [line for both in answers if (line := wrong_with(*both, must=must))]
    if not any(both[0].status >= 400 for answers in found for both in answers):
        lines.append(f"{state}: nobody was refused anything")
    statuses = [answer.status for answers in found for both in answers for answer in both]
    return lines, sum(400 <= status < 500 for status in statuses)


async def noted(gateway: Bench) -> int:
    """How many refusals are in the ledger, one by one or counted."""
    await gateway.app.settings["recording"].close()
    return sum(int(event.private.get("more", 1)) for event in gateway.ledger.of(Kind.REFUSAL))


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize("state", STATES, ids=str)
async def test_every_refusal_says_why_in_the_language_that_was_asked_for(
    gateway: Bench, state: State, accept: str
) -> None:
    state.before(gateway)
    await gateway.seats.refresh()
    lines, refused = await walked(gateway, state, accept)
    assert "\n".join(lines) == ""
    gateway.ledger.start()
    assert await noted(gateway) == refused, "every refusal is recorded, or counted"


@pytest.mark.parametrize("path", ["/", "/elsewhere", "/user/ana", "/user/Ana/x/lab", "/user/ana/etude/%ff"])
async def test_an_address_of_no_workspace_says_so(gateway: Bench, path: str) -> None:
    for method in ("GET", "POST", "PROPFIND"):
        for accept in ("text/html", "application/json"):
            both = []
            for language in ("fr", "en"):
                headers = {"Accept": accept, "Accept-Language": language}
                async with gateway.request(method, path, headers=headers) as got:
                    both.append(Answer(f"{method} {path}", got.status, got.content_type, await got.text()))
            assert wrong_with(both[0], both[1], must=True) == ""
