"""The way from the gateway to one workspace: its unix socket, opened without believing the folder it lies in.

The workspace can write that folder. A socket replaced by a link to the engine's socket would make the gateway speak
to the engine, so the socket is opened as a handle, without following links, checked, and connected through that handle.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import aiohttp
from aiohttp.client import _RequestContextManager
from yarl import URL

from hub_extensions.gateway.forwarded import Forwarded
from hub_extensions.gateway.frames import Frame
from hub_extensions.gateway.workspace_socket import WorkspaceSocket
from project_spaces.errors import Unavailable
from project_spaces.text import Text

SOCKET_NAME = "jupyter.sock"


class WorkspaceGone(Unavailable):
    """The workspace's server does not answer on its socket."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Ce bureau ne répond pas. Relancez-le depuis l'accueil ; vos fichiers sont gardés.",
                "This workspace does not answer. Start it again from the home page; your files are kept.",
            )
        )


def open_socket(folder: Path, owner: int) -> int:
    """Return a handle (``O_PATH``) on the workspace's socket.

    Raises
    ------
    WorkspaceGone
        there is none, or what lies there is a link, not a socket, or not the workspace's own.
    """
    try:
        place = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        raise WorkspaceGone from None
    try:
        handle = os.open(SOCKET_NAME, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=place)
    except OSError:
        raise WorkspaceGone from None
    finally:
        os.close(place)
    found = os.fstat(handle)
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid != owner:
        os.close(handle)
        raise WorkspaceGone
    return handle


class Upstream:
    """An HTTP and WebSocket client bound to one workspace's socket."""

    def __init__(self, folder: Path, owner: int, token: str) -> None:
        self._handle = open_socket(folder, owner)
        self._path = f"/proc/self/fd/{self._handle}"
        self._token = token
        self._session = aiohttp.ClientSession(
            base_url="http://workspace/",
            connector=aiohttp.UnixConnector(path=self._path, limit=0),
            headers={"Authorization": f"token {token}"},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
            auto_decompress=False,
            skip_auto_headers={"Accept-Encoding", "User-Agent"},
        )

    @classmethod
    async def probe(cls, folder: Path, owner: int, token: str, path: str) -> bool:
        """Return whether the workspace's server answers a fixed request."""
        try:
            upstream = cls(folder, owner, token)
        except WorkspaceGone:
            return False
        try:
            async with upstream.request(Forwarded("GET", path, {}, None)) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False
        finally:
            await upstream.close()

    def request(self, request: Forwarded) -> _RequestContextManager:
        """Send one recorded request; its target is already percent-encoded and holds the query."""
        return self._session.request(
            request.method, _exact(request.target), headers=request.headers, data=request.body, allow_redirects=False
        )

    async def websocket(
        self, opening: Forwarded, keeps: Callable[[int], bool], on_frame: Callable[[Frame], None]
    ) -> WorkspaceSocket:
        """Open a WebSocket; see :meth:`WorkspaceSocket.open`."""
        return await WorkspaceSocket.open(self._path, opening, self._token, keeps, on_frame)

    async def close(self) -> None:
        """Close every connection and the handle."""
        await self._session.close()
        os.close(self._handle)


def _exact(path: str) -> URL:
    return URL(path, encoded=True)
