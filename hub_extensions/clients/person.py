"""The public interfaces as one person uses them: sign-in with two factors, the portal's API, an own workspace.

A plain HTTP client with a cookie jar, nothing privileged: what it can do, its person can do in a browser.
"""

import asyncio
import html
import json
import re
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import quote, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from hub_extensions.clients.kernel import Kernel, open_kernel
from project_spaces.errors import BureauError, Refused, Unavailable
from project_spaces.text import Text

PORTAL = "/services/bureau"
API = f"{PORTAL}/api/v1"


class LoopbackResolver(AbstractResolver):
    """Resolves ``*.localhost`` to loopback, as browsers do (RFC 6761, section 6.3); the rest as the system does."""

    def __init__(self) -> None:
        self._system = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of *host*."""
        name = "127.0.0.1" if host.endswith(".localhost") else host
        found = await self._system.resolve(name, port, family)
        return [ResolveResult(**{**address, "hostname": host}) for address in found]

    async def close(self) -> None:
        """Nothing is held."""


class ApiProblem(BureauError):
    """The portal answered with a problem document (RFC 9457)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        sentence = problem.get("text") or problem.get("detail")
        texts = sentence if isinstance(sentence, dict) else {}
        title = str(problem.get("title", ""))
        fr, en = f"Le service répond {status} : {title}", f"The service answers {status}: {title}"
        reasons = [Text(each["fr"], each["en"]) for each in problem.get("reasons", ())]
        super().__init__(Text(texts.get("fr", fr), texts.get("en", en)), reasons)
        self.status = status  # type: ignore[misc]
        self.problem = problem


class WorkbenchClient:
    """One signed-in person.

    Parameters
    ----------
    public_url
        where the workbench is, ``http(s)://host[:port]``.
    code
        called for each sign-in; returns the six digits of the second factor.
    """

    def __init__(self, public_url: str, username: str, password: str, code: Callable[[], str]) -> None:
        self.username = username
        self._url = public_url.rstrip("/")
        self._password = password
        self._code = code
        parts = urlsplit(self._url)
        port = f":{parts.port}" if parts.port else ""
        self.workspace_origin = f"{parts.scheme}://{username}.{parts.hostname}{port}"
        self.session = aiohttp.ClientSession(
            # The proxy drops a connection that was idle for 5 s; a request must not be sent on one that is going.
            connector=aiohttp.TCPConnector(resolver=LoopbackResolver(), limit=0, keepalive_timeout=3),
            # Browsers take names of this machine for trustworthy without https; so does this client.
            cookie_jar=aiohttp.CookieJar(
                quote_cookie=False, treat_as_secure_origin=[URL(self._url), URL(self.workspace_origin)]
            ),
            timeout=aiohttp.ClientTimeout(total=120),
        )

    async def __aenter__(self) -> Self:
        await self.sign_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def sign_in(self) -> None:
        """Sign in with password and code.

        Raises
        ------
        Refused
            the sentence that the sign-in page shows.
        """
        xsrf = await self._form_token("login")
        form = {"username": self.username, "password": self._password, "code": self._code(), "_xsrf": xsrf}
        async with self.session.post(f"{self._url}/hub/login?next={quote(PORTAL + '/')}", data=form) as answer:
            text = await answer.text()
            if answer.status != 200 or "/hub/login" in str(answer.url):
                raise _refused(answer.status, text)

    async def _form_token(self, page: str) -> str:
        async with self.session.get(f"{self._url}/hub/{page}") as answer:
            await answer.read()
        return self.cookie("_xsrf", "/hub/")

    async def enrol(self, activation: str, code_of: Callable[[str], str]) -> str:
        """Open the account with its activation code and return the second factor's secret.

        Parameters
        ----------
        code_of
            given the secret, returns the six digits that prove it.

        Raises
        ------
        Refused
            the sentence that the page shows.
        """
        form = {"activation": activation, "password": self._password, "password2": self._password}
        page = await self._enrolment({**form, "_xsrf": await self._form_token("enrol")})
        found = re.search(r'id="totp-secret"[^>]*>([^<]+)<', page)
        if found is None:
            raise _refused(200, page)
        secret = "".join(found.group(1).split())
        proof = {"step": "confirm", "activation": activation, "code": code_of(secret)}
        await self._enrolment({**proof, "_xsrf": await self._form_token("enrol")})
        return secret

    async def _enrolment(self, form: dict[str, str]) -> str:
        async with self.session.post(f"{self._url}/hub/enrol", data=form) as answer:
            text = await answer.text()
            if answer.status != 200 or 'role="alert"' in text:
                raise _refused(answer.status, text)
            return text

    def cookie(self, name: str, path: str) -> str:
        """Return the value of a cookie that would be sent to *path* of hub or portal, "" when there is none."""
        found = self.session.cookie_jar.filter_cookies(URL(self._url + path))
        return found[name].value if name in found else ""

    async def api(self, method: str, path: str, body: Any = None) -> Any:
        """Call the portal's JSON API; *path* starts after ``/api/v1``.

        Raises
        ------
        ApiProblem
            the portal refused; status, sentence in both languages and reasons are in it.
        """
        headers = {"X-XSRFToken": self.cookie("_xsrf", f"{PORTAL}/"), "Origin": self._url}
        async with self.session.request(method, f"{self._url}{API}{path}", json=body, headers=headers) as answer:
            if answer.status >= 400:
                raise ApiProblem(answer.status, await _problem(answer))
            return await answer.json() if answer.content_type.endswith("json") else await answer.read()

    async def start_workspace(self, project: str, timeout_s: float = 120) -> dict[str, Any]:
        """Start the own workspace of *project* and wait until it runs.

        Raises
        ------
        Refused
            with the reasons, in the words the portal shows.
        """
        state = await self.api("POST", f"/workspaces/{project}/start", {})
        async with asyncio.timeout(timeout_s):
            while state["state"] == "starting":
                await asyncio.sleep(0.25)
                state = await self.api("GET", f"/workspaces/{project}")
        if state["state"] != "running":
            reason = state.get("reason") or {"fr": "Le bureau n'a pas démarré.", "en": "The workspace did not start."}
            raise Refused(Text(reason["fr"], reason["en"]))
        await self.enter_workspace(project)
        return dict(state)

    async def stop_workspace(self, project: str) -> None:
        """Stop the own workspace of *project*."""
        await self.api("POST", f"/workspaces/{project}/stop", {})

    async def announce_run(self, project: str, template: str, run_id: str, parameters: Mapping[str, Any]) -> None:
        """Have the ledger hold which template is about to run."""
        body = {"template": template, "run_id": run_id, "parameters": dict(parameters)}
        await self.api("POST", f"/projects/{project}/runs", body)

    async def enter_workspace(self, project: str) -> None:
        """Pass the Hub's sign-in for the workspace, as a browser does on first opening it."""
        async with self.session.get(self.server(project) + "lab", headers={"Accept": "text/html"}) as page:
            await page.read()
            if page.status != 200:
                raise Unavailable(Text(f"Le bureau répond {page.status}.", f"The workspace answers {page.status}."))

    def server(self, project: str) -> str:
        """Return the address of the workspace's Jupyter server."""
        return f"{self.workspace_origin}/user/{self.username}/{project}/"

    @property
    def headers(self) -> dict[str, str]:
        """What a page of the workspace would send along."""
        return {"Origin": self.workspace_origin}

    @asynccontextmanager
    async def kernel(self, project: str) -> AsyncIterator[Kernel]:
        """Open a fresh kernel in the workspace of *project*."""
        async with open_kernel(self.session, self.server(project), self.headers) as kernel:
            yield kernel

    async def put_file(self, project: str, path: str, model: dict[str, Any]) -> None:
        """Save a file through the contents API (recorded by the gateway)."""
        url = f"{self.server(project)}api/contents/{quote(path)}"
        async with self.session.put(url, json=model, headers=self.headers) as answer:
            if answer.status not in {200, 201}:
                raise ApiProblem(answer.status, await _problem(answer))

    async def get_file(self, project: str, path: str) -> dict[str, Any]:
        """Read a file's model through the contents API."""
        async with self.session.get(
            f"{self.server(project)}api/contents/{quote(path)}", headers=self.headers
        ) as answer:
            if answer.status != 200:
                raise ApiProblem(answer.status, await _problem(answer))
            return dict(await answer.json())


def _refused(status: int, page: str) -> Refused:
    """Return the sentence of a page that refuses."""
    found = re.search(r'role="alert"[^>]*>(.*?)</div>', page, re.DOTALL)
    sentence = html.unescape(re.sub(r"<[^>]+>", "", found.group(1))).strip() if found else f"HTTP {status}"
    return Refused(Text(sentence, sentence))


async def _problem(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    """Return the problem document, or what else was said (a workspace's own server answers plain text as JSON)."""
    text = await answer.text()
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"title": text[:300]}
