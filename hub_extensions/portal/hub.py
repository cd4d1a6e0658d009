"""The Hub as the portal uses it: three calls of its REST API, with the portal's own narrow service token."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp

from project_spaces.errors import BureauError, Conflict, Refused, Unavailable
from project_spaces.text import Text

#: The Hub answers a slow start after 10 s; longer than this it is not there.
TIMEOUT_S = 90

HUB_DOWN = Text(
    "Le Hub ne répond pas : rien n'a été démarré ni arrêté. Réessayez dans un instant.",
    "The Hub does not answer: nothing was started or stopped. Try again in a moment.",
)
DID_NOT_START = Text(
    "Le bureau ne s'est pas ouvert. Réessayez ; si cela dure, prévenez l'administrateur.",
    "The workspace did not open. Try again; if it lasts, tell the administrator.",
)
ENDING = Text(
    "Ce bureau est en train de s'arrêter : attendez un instant.", "This workspace is stopping: wait a moment."
)


@dataclass(frozen=True)
class Server:
    """What the Hub says of one named server: it answers (*ready*), or something is *pending* ("spawn", "stop")."""

    ready: bool
    pending: str | None


class Hub(Protocol):
    """The Hub's side of workspaces."""

    async def servers(self, person: str) -> dict[str, Server]:
        """Return the servers of *person* that run or are pending, by project."""

    async def start(self, person: str, project: str) -> None:
        """Start one; return when it runs or is on its way."""

    async def stop(self, person: str, project: str) -> None:
        """Stop one; a stopped one is what was wanted."""


class HubApi:
    """The real one, at *api_url*, with the service's *token*."""

    def __init__(self, api_url: str, token: str) -> None:
        self._url = api_url.rstrip("/")
        self._headers = {"Authorization": f"token {token}"}
        self._session: aiohttp.ClientSession | None = None

    async def servers(self, person: str) -> dict[str, Server]:
        """Return what the Hub says of *person*'s servers.

        Raises
        ------
        Unavailable
            the Hub does not answer.
        """
        status, body = await self._call("GET", f"/users/{quote(person)}")
        if status == HTTPStatus.NOT_FOUND:
            return {}
        if status != HTTPStatus.OK:
            raise Unavailable(HUB_DOWN)
        return {
            name: Server(bool(model.get("ready")), model.get("pending"))
            for name, model in (body.get("servers") or {}).items()
        }

    async def start(self, person: str, project: str) -> None:
        """Start *person*'s server named *project*.

        Raises
        ------
        Refused, Conflict, Unavailable
            with the sentence that the spawner gave, or ours when there is none (TRAPS B10).
        """
        status, body = await self._call("POST", f"/users/{quote(person)}/servers/{quote(project)}")
        if status in {HTTPStatus.CREATED, HTTPStatus.ACCEPTED}:
            return
        message = str(body.get("message") or "")
        if status == HTTPStatus.BAD_REQUEST and ("already running" in message or "pending" in message):
            if "pending stop" in message:
                raise Conflict(ENDING)
            return
        raise failure(status, message)

    async def stop(self, person: str, project: str) -> None:
        """Stop *person*'s server named *project*.

        Raises
        ------
        Unavailable
            the Hub does not answer or could not.
        """
        status, _ = await self._call("DELETE", f"/users/{quote(person)}/servers/{quote(project)}")
        if status not in {HTTPStatus.NO_CONTENT, HTTPStatus.ACCEPTED, HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}:
            raise Unavailable(HUB_DOWN)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _call(self, method: str, path: str) -> tuple[int, dict[str, Any]]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers, timeout=aiohttp.ClientTimeout(total=TIMEOUT_S, connect=3)
            )
        try:
            async with self._session.request(method, self._url + path) as answer:
                body = await answer.json(content_type=None) if answer.content_length != 0 else {}
                return answer.status, body if isinstance(body, dict) else {}
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise Unavailable(HUB_DOWN) from None


def failure(status: int, message: str) -> BureauError:
    """Turn the Hub's answer to a start into our error.

    The spawner writes both languages into one message, French and English parted by a dash; anything else comes from
    the Hub itself, is not meant for people, and is replaced.
    """
    french, dash, english = message.partition(" — ")
    text = Text(french, english) if dash and english else DID_NOT_START
    return Refused(text) if status == HTTPStatus.FORBIDDEN else Unavailable(text)
