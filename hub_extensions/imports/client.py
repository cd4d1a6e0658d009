"""The portal's import calls, for a person's own token: what the command line does, that person may do in a browser."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from hub_extensions.clients.person import API, ApiProblem
from project_spaces.errors import Unavailable
from project_spaces.text import Text

TIMEOUT_S = 600.0


class ImportClient:
    """One person's calls. *token* is a Hub token of that person; who may do what is the portal's to say, as ever."""

    def __init__(self, public_url: str, token: str) -> None:
        parts = urlsplit(public_url.rstrip("/"))
        self._token, self._host = token, parts.netloc
        if str(parts.hostname).endswith(".localhost"):  # loopback, as browsers take it (RFC 6761, section 6.3)
            parts = parts._replace(netloc=f"127.0.0.1:{parts.port}" if parts.port else "127.0.0.1")
        self._base = parts.geturl() + API

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Call one operation; *path* starts after ``/api/v1``. Raises ``ApiProblem`` and ``Unavailable``."""
        data = None if body is None else json.dumps(body).encode()
        return self._send(method, path, data, "application/json")

    def send_file(self, request_id: str, file: Path) -> dict[str, Any]:
        """Send one file into quarantine."""
        where = f"/imports/{quote(request_id)}/files?{urlencode({'name': file.name})}"
        with file.open("rb") as stream:
            size = {"Content-Length": str(file.stat().st_size)}
            return self._send("PUT", where, stream, "application/octet-stream", size)

    def _send(self, method: str, path: str, data: Any, kind: str, more: dict[str, str] | None = None) -> dict[str, Any]:
        who = {"Authorization": f"token {self._token}", "Host": self._host}
        headers = {**who, "Content-Type": kind, **(more or {})}
        request = urllib.request.Request(self._base + path, data=data, method=method, headers=headers)  # noqa: S310 - the site's own address
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                return dict(json.loads(answer.read() or b"{}"))
        except urllib.error.HTTPError as error:
            raise ApiProblem(error.code, _problem(error)) from error
        except (OSError, ValueError) as error:
            raise Unavailable(
                Text(f"Le portail ne répond pas ({error}).", f"The portal does not answer ({error}).")
            ) from error


def _problem(error: urllib.error.HTTPError) -> dict[str, Any]:
    try:
        found = json.loads(error.read())
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"title": f"HTTP {error.code}"}
