"""Signing in at a certified provider (oidc-provider, from the registry), through the real Hub behind its real proxy."""

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from yarl import URL

from audit.events import Event, Kind
from hub_extensions.clients.person import LoopbackResolver
from hub_extensions.installation.throwaway import free_ports, prepared
from project_spaces.people import create_person, disable_person, get_person
from project_spaces.person_details import change_person
from project_spaces.sign_ins import SignIn, live_sign_ins
from tests.hub_extensions.running_hub import Browser, Page, Running, until_it_answers

SCRIPT = Path(__file__).parent / "provider.mjs"
CLIENT, SECRET, MFA = "bureau", "a secret of the test, long enough for the provider", "urn:example:mfa"
NO_LINK = "Votre identité est confirmée, mais aucun compte ne lui est rattaché ici"
STALE = "Cette connexion a expiré, a déjà servi ou n'a pas été commencée ici : recommencez."


class Provider:
    """The provider's process."""

    def __init__(self, running: Running, port: int) -> None:
        hub = f"{running.settings.public_url}/hub"
        direct = f"http://127.0.0.1:{running.settings.hub_port}/hub/backchannel_logout"
        ends = (f"{hub}/oauth_callback", direct, f"{hub}/login")
        self._command = ["node", str(SCRIPT), str(port), CLIENT, SECRET, *ends]
        self.issuer = f"http://127.0.0.1:{port}"
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == b"ready"

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


class Visitor(Browser):
    """A browser that also keeps the provider's cookies, whose host is an address."""

    def __init__(self, running: Running) -> None:
        super().__init__(running)
        self.old = self.session
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=LoopbackResolver()),
            cookie_jar=aiohttp.CookieJar(unsafe=True, quote_cookie=False, treat_as_secure_origin=[URL(self.base)]),
            headers={"Accept-Language": "fr", "Sec-Fetch-Mode": "navigate"},
        )

    async def close(self) -> None:
        await self.old.close()
        await self.session.close()

    async def prove(self, login: str, *, mfa: bool = True, start: str = "/hub/oauth_login") -> Page:
        """Go to the provider, fill its form when it shows one, and come back."""
        return await self.fill(await self.get(start), login, mfa=mfa)

    async def fill(self, page: Page, login: str, *, mfa: bool = True, ago: int = 0) -> Page:
        if "/interaction/" not in page.url.path:
            return page
        form = {"login": login, "ago": str(ago), **({"mfa": "on"} if mfa else {})}
        async with self.session.post(page.url, data=form) as answer:
            return Page(answer.status, await answer.text(), answer.url, answer.headers)

    async def way_back(self, login: str) -> URL:
        """Go through the provider's pages, and return the address of the answer without opening it."""
        page = await self.get("/hub/oauth_login")
        form = {"login": login, "mfa": "on"}
        address, method = page.url, "POST"
        for _ in range(10):
            data = form if method == "POST" else None
            async with self.session.request(method, address, data=data, allow_redirects=False) as answer:
                address, method = answer.url.join(URL(answer.headers["Location"], encoded=True)), "GET"
            if address.path == "/hub/oauth_callback":
                return address
        raise AssertionError(address)

    async def open_invitation(self, code: str, login: str) -> Page:
        form = {"_xsrf": (await self.get("/hub/enrol")).hidden("_xsrf"), "activation": code}
        return await self.fill(await self.post("/hub/enrol", form), login)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Provider]]:
    (port,) = free_ports(1)
    secret = tmp_path_factory.mktemp("client") / "secret"
    secret.write_text(SECRET)
    asked = {
        "openid_issuer": f"http://127.0.0.1:{port}",
        "openid_client_id": CLIENT,
        "openid_client_secret": secret,
        "openid_name": "l'annuaire",
        "access_strong_acr": MFA,
        "openid_organisation_claim": "organisation",
        "openid_organisations": "chu",
    }
    with prepared(spawner="docker", engine="none", **asked) as settings:
        running = Running(settings)
        provider = Provider(running, port)
        try:
            for name in ("ledger", "proxy", "hub"):
                running.start(name)
            asyncio.run(until_it_answers(running))
            yield running, provider
        finally:
            provider.stop()
            for name in list(running.children):
                running.stop(name)


@pytest.fixture
def running(world: tuple[Running, Provider]) -> Running:
    return world[0]


@pytest.fixture
async def browser(running: Running) -> AsyncIterator[Visitor]:
    opened = Visitor(running)
    yield opened
    await opened.close()


def invite(running: Running, username: str, *, name: str = "Ana Martin") -> str:
    now = datetime.now(UTC) - timedelta(minutes=10)
    email = f"{username}@example.org"
    store = running.accounts.store
    create_person(store, username=username, display_name=name, email=email, actor="system:test", now=now)
    return running.accounts.create(username, actor="system:test", now=now)


async def linked(running: Running, browser: Visitor, username: str) -> Page:
    return await browser.open_invitation(invite(running, username), f"sub-{username}")


class TestSignIn:
    async def test_an_invitation_links_the_identity_and_the_next_sign_in_needs_none(
        self, running: Running, browser: Visitor
    ) -> None:
        page = await linked(running, browser, "ana")
        assert (page.status, page.url.path) == (200, "/hub/token"), page.alert
        again = Visitor(running)
        assert (await again.prove("sub-ana")).url.path == "/hub/token"
        await again.close()
        assert running.recorded("ana", Kind.IDENTITY_LINKED) == 1
        assert running.recorded("ana", Kind.SIGNIN_SUCCESS) == 2
        assert running.recorded("ana", Kind.SIGNIN_NEW_DEVICE) == 1

    async def test_what_is_asked_of_the_provider(self, browser: Visitor) -> None:
        async with browser.session.get(f"{browser.base}/hub/oauth_login", allow_redirects=False) as answer:
            asked = parse_qs(urlsplit(answer.headers["Location"]).query)
            cookie = answer.headers["Set-Cookie"]
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["acr_values"] == [MFA]
        assert asked["max_age"] == ["28800"]
        assert len(asked["nonce"][0]) > 40
        assert cookie.startswith("__Host-bureau-openid=")
        assert {"HttpOnly", "Secure", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}

    async def test_the_page_is_french_first_and_needs_no_script(self, browser: Visitor) -> None:
        page = await browser.get("/hub/login")
        assert "Se connecter avec l&#39;annuaire" in page.text
        assert "<script" not in page.text
        english = await browser.get("/hub/login?lang=en")
        assert "Sign in with l&#39;annuaire" in english.text

    async def test_one_factor_is_not_enough(self, running: Running, browser: Visitor) -> None:
        await linked(running, browser, "bea")
        other = Visitor(running)
        page = await other.prove("sub-bea", mfa=False)
        assert page.status == 403
        assert not await other.signed_in()
        await other.close()
        assert running.recorded("bea", Kind.SIGNIN_SUCCESS) == 1

    async def test_an_identity_that_is_nobodys_is_refused_and_recorded(
        self, running: Running, browser: Visitor
    ) -> None:
        before = running.count(Kind.SIGNIN_FAILURE)
        page = await browser.prove("sub-nobody")
        assert page.status == 403
        assert page.alert.startswith(NO_LINK)
        assert not await browser.signed_in()
        assert running.count(Kind.SIGNIN_FAILURE) == before + 1

    async def test_neither_a_name_nor_an_address_is_a_link(self, running: Running, browser: Visitor) -> None:
        """A subject that spells a username or an e-mail address here is still nobody's (TRAPS A4)."""
        await linked(running, browser, "cid")
        for claimed in ("cid", "cid@example.org", "sub-cid ", "SUB-CID", "sub-ci"):
            thief = Visitor(running)
            page = await thief.prove(claimed)
            assert page.status == 403, claimed
            assert not await thief.signed_in()
            await thief.close()

    async def test_homonyms_are_two_people(self, running: Running, browser: Visitor) -> None:
        await browser.open_invitation(invite(running, "dan", name="Jean Dupont"), "sub-dan")
        other = Visitor(running)
        await other.open_invitation(invite(running, "dan2", name="Jean Dupont"), "sub-dan2")
        assert (await browser.who(), await other.who()) == ("dan", "dan2")
        await other.close()

    async def test_a_person_renamed_here_and_there_stays_the_same(self, running: Running, browser: Visitor) -> None:
        """The provider states another name each time, and calls everybody ``ana``."""
        await linked(running, browser, "uma")
        name, now = {"display_name": "Uma Durand", "email": "uma.durand@example.org"}, datetime.now(UTC)
        store = running.accounts.store
        change_person(store, "uma", **name, reason="mariage", actor="system:test", now=now)
        again = Visitor(running)
        await again.prove("sub-uma")
        assert (await again.who(), await browser.who()) == ("uma", "uma")
        await again.close()
        with store.read() as session:
            assert get_person(session, "uma").display_name == "Uma Durand"

    async def test_an_invitation_works_once_and_an_identity_is_one_persons(
        self, running: Running, browser: Visitor
    ) -> None:
        code = invite(running, "eve")
        await browser.open_invitation(code, "sub-eve")
        thief = Visitor(running)
        page = await thief.open_invitation(code, "sub-thief")
        assert (page.status, page.url.path) == (403, "/hub/enrol")
        page = await thief.open_invitation(invite(running, "eve2"), "sub-eve")
        assert page.status == 409
        assert page.alert.startswith("Cette identité est déjà rattachée à un autre compte")
        assert not await thief.signed_in()
        await thief.close()

    async def test_a_disabled_person_stays_out(self, running: Running, browser: Visitor) -> None:
        await linked(running, browser, "fay")
        disable_person(running.accounts.store, "fay", actor="system:test", now=datetime.now(UTC), reason="départ")
        assert not await browser.signed_in()
        page = await browser.prove("sub-fay")
        assert page.status == 403
        assert "n'est pas actif" in page.alert


class TestAttacks:
    async def test_an_answer_works_once(self, running: Running, browser: Visitor) -> None:
        await linked(running, browser, "gil")
        other = Visitor(running)
        address = await other.way_back("sub-gil")
        kept = {each.key: each.value for each in other.session.cookie_jar if "bureau-openid" in each.key}
        async with other.session.get(address) as answer:
            assert answer.url.path == "/hub/token"
        header = "; ".join(f"{name}={value}" for name, value in kept.items())
        thief = aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=LoopbackResolver()))
        async with thief, thief.get(address, headers={"Cookie": header}) as answer:
            assert answer.status == 403
            assert "recommencez" in await answer.text()
        await other.close()

    async def test_an_answer_to_somebody_else_signs_nobody_in(self, running: Running, browser: Visitor) -> None:
        """Login CSRF: the attacker's code in the victim's browser, with and without a request of the victim's own."""
        await linked(running, browser, "hal")
        attacker, victim = Visitor(running), Visitor(running)
        address = await attacker.way_back("sub-hal")
        for begun in (False, True):
            if begun:
                await victim.get("/hub/oauth_login")
            async with victim.session.get(address) as answer:
                page = Page(answer.status, await answer.text(), answer.url, answer.headers)
            assert (page.status, page.alert) == (403, STALE)
            assert not await victim.signed_in()
        await attacker.close()
        await victim.close()

    async def test_an_answer_in_the_name_of_another_provider_is_refused(
        self, running: Running, browser: Visitor
    ) -> None:
        """Mix-up (RFC 9207): the answer says who gives it, and must."""
        await linked(running, browser, "ida")
        for name in ("https://other.example.org", ""):
            other = Visitor(running)
            address = (await other.way_back("sub-ida")).update_query(iss=name)
            async with other.session.get(address) as answer:
                assert answer.status == 403
            assert not await other.signed_in()
            await other.close()

    @pytest.mark.parametrize(
        "query", ["", "?code=x", "?state=x&code=y", "?error=access_denied&state=e30=", "?state=%00"]
    )
    async def test_odd_answers_are_a_sentence(self, running: Running, browser: Visitor, query: str) -> None:
        page = await browser.get(f"/hub/oauth_callback{query}")
        assert (page.status, page.alert) == (403, STALE)
        assert "Traceback" not in running.log()

    async def test_there_is_no_form_and_no_password_to_sign_in_with(self, running: Running, browser: Visitor) -> None:
        await linked(running, browser, "jan")
        credentials = {"auth": {"username": "jan", "password": "x", "code": "1"}}
        headers = {"Referer": f"{browser.base}/hub/api", "Content-Type": "application/json"}
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=LoopbackResolver())) as session:
            address = f"{browser.base}/hub/api/users/jan/tokens"
            async with session.post(address, json=credentials, headers=headers) as answer:
                assert answer.status == 403

    async def test_a_session_gets_a_name_of_its_own(self, running: Running, browser: Visitor) -> None:
        """Session fixation: a name that somebody planted before the sign-in is not the one after it."""
        browser.session.cookie_jar.update_cookies({"jupyterhub-session-id": "planted"}, URL(browser.base))
        await linked(running, browser, "kim")
        assert await browser.signed_in()
        names = {each.value for each in browser.session.cookie_jar if each.key == "jupyterhub-session-id"}
        assert names - {"planted"}
        browser.session.cookie_jar.update_cookies({"jupyterhub-session-id": "planted"}, URL(browser.base))

    async def test_cookies_copied_before_signing_out_open_nothing_after(
        self, running: Running, browser: Visitor
    ) -> None:
        await linked(running, browser, "lea")
        copied = "; ".join(
            f"{each.key}={each.value}" for each in browser.session.cookie_jar if "interaction" not in each.key
        )
        other = Visitor(running)
        await other.prove("sub-lea")
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=LoopbackResolver())) as thief:
            address = f"{browser.base}/hub/token"
            headers = {"Cookie": copied}
            async with thief.get(address, headers=headers, allow_redirects=False) as answer:
                assert answer.status == 200
            async with browser.session.get(f"{browser.base}/hub/logout", allow_redirects=False) as answer:
                assert urlsplit(answer.headers["Location"]).path == "/session/end"
                assert "id_token_hint" in answer.headers["Location"]
            async with thief.get(address, headers=headers, allow_redirects=False) as answer:
                assert answer.status == 302
        assert await other.signed_in()
        await other.close()


class TestAgain:
    """Signing in again: what the provider remembers does not count, whatever the browser makes of our request."""

    AGAIN = "/hub/again?next=%2Fhub%2Fdoor%2Flogo.svg"

    async def test_the_provider_is_asked_for_both_factors_now_and_the_page_comes_next(
        self, running: Running, browser: Visitor
    ) -> None:
        await linked(running, browser, "ora")
        before = self.session(running, "ora")
        async with browser.session.get(browser.base + self.AGAIN, allow_redirects=False) as answer:
            asked = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
        page = await browser.get(self.AGAIN)
        assert "/interaction/" in page.url.path, "not silently, though the provider knows the browser"
        done = await browser.fill(page, "sub-ora")
        assert (done.status, done.url.path) == (200, "/hub/door/logo.svg")
        after = self.session(running, "ora")
        assert after.factor_at >= before.factor_at  # the provider says it to the second
        assert after.id != before.id

    async def test_a_request_that_was_weakened_on_the_way_renews_nothing(
        self, running: Running, browser: Visitor
    ) -> None:
        """Who sits at an open session takes ``prompt`` and ``max_age`` out of the address: ``auth_time`` tells."""
        code = invite(running, "pol")
        form = {"_xsrf": (await browser.get("/hub/enrol")).hidden("_xsrf"), "activation": code}
        await browser.fill(await browser.post("/hub/enrol", form), "sub-pol", ago=300)
        before = self.session(running, "pol")
        async with browser.session.get(browser.base + self.AGAIN, allow_redirects=False) as answer:
            address = URL(answer.headers["Location"], encoded=True)
        kept = {name: value for name, value in address.query.items() if name not in {"prompt", "max_age"}}
        async with browser.session.get(address.with_query(kept)) as answer:
            page = Page(answer.status, await answer.text(), answer.url, answer.headers)
        assert (page.status, page.url.path) == (403, "/hub/oauth_callback")
        assert page.alert.startswith("Votre authentification chez le fournisseur d'identité est trop ancienne")
        assert "oauth_login?next=%2Fhub%2Fdoor%2Flogo.svg&amp;again=1" in page.text
        assert self.session(running, "pol").id == before.id
        assert await browser.who() == "pol"

    async def test_another_identity_takes_over_no_session(self, running: Running, browser: Visitor) -> None:
        other = Visitor(running)
        await linked(running, other, "qin")
        await other.close()
        await linked(running, browser, "ray")
        leaving = await browser.fill(await browser.get(self.AGAIN), "sub-qin")
        (form,) = re.findall(r'<form method="post" action="([^"]+)"', leaving.text)
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', leaving.text))  # the provider's own: another account
        async with browser.session.post(form, data=fields) as answer:
            page = Page(answer.status, await answer.text(), answer.url, answer.headers)
        assert page.status == 403
        assert page.alert.startswith("Vous vous êtes authentifié sous une autre identité")
        # To let another account in, the provider signs the first one out, and tells the Hub.
        assert running.recorded("ray", Kind.SIGNOUT) == 1
        assert await browser.who() == ""

    async def test_after_nobody_was_there_the_provider_asks_again(self, running: Running, browser: Visitor) -> None:
        """One click on the sign-in page would open the idle session of who went for lunch."""
        await linked(running, browser, "sam")
        store = running.accounts.store
        with store.write(Event(Kind.ACCOUNT_CHANGED, "system:test", None, datetime.now(UTC))) as session:
            live_sign_ins(session, "sam", now=datetime.now(UTC))[0].seen_at = datetime.now(UTC) - timedelta(minutes=32)
        assert not await browser.signed_in()
        assert "/interaction/" in (await browser.get("/hub/oauth_login")).url.path

    async def test_forgetting_the_cookie_of_the_browser_does_not_help(self, running: Running, browser: Visitor) -> None:
        code = invite(running, "tao")
        form = {"_xsrf": (await browser.get("/hub/enrol")).hidden("_xsrf"), "activation": code}
        await browser.fill(await browser.post("/hub/enrol", form), "sub-tao", ago=3000)
        store = running.accounts.store
        with store.write(Event(Kind.ACCOUNT_CHANGED, "system:test", None, datetime.now(UTC))) as session:
            row = live_sign_ins(session, "tao", now=datetime.now(UTC))[0]
            row.seen_at = datetime.now(UTC) - timedelta(minutes=32)
        host = urlsplit(browser.base).hostname
        browser.session.cookie_jar.clear(lambda cookie: str(cookie["domain"]).lstrip(".") == host)
        page = await browser.prove("sub-tao")
        assert page.status == 403
        assert page.alert.startswith("Votre session a pris fin faute d'activité : authentifiez-vous de nouveau")
        assert not await browser.signed_in()
        page = await browser.prove("sub-tao", start="/hub/oauth_login?again=1")
        assert (page.status, page.url.path) == (200, "/hub/token")

    @staticmethod
    def session(running: Running, username: str) -> SignIn:
        with running.accounts.store.read() as session:
            (row,) = live_sign_ins(session, username, now=datetime.now(UTC))
            return row


class TestProvider:
    async def test_signing_out_there_signs_out_here(self, running: Running, browser: Visitor) -> None:
        await linked(running, browser, "max")
        other = Visitor(running)
        await other.prove("sub-max")
        async with browser.session.get(f"{running.settings.openid_issuer}/session/end") as answer:
            text = await answer.text()
        form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', text)) | {"logout": "yes"}
        async with browser.session.post(f"{running.settings.openid_issuer}/session/end/confirm", data=form):
            pass
        for _ in range(100):
            if not await browser.signed_in():
                break
            await asyncio.sleep(0.2)
        assert not await browser.signed_in()
        assert await other.signed_in()
        assert running.recorded("max", Kind.SIGNOUT) == 1
        await other.close()

    @pytest.mark.parametrize("token", ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
    async def test_a_forged_logout_token_signs_nobody_out(self, browser: Visitor, token: str) -> None:
        address = f"{browser.base}/hub/backchannel_logout"
        async with browser.session.post(address, data={"logout_token": token}) as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (400, "no-store")

    async def test_who_is_here_goes_on_while_the_provider_is_down(
        self, world: tuple[Running, Provider], browser: Visitor
    ) -> None:
        running, provider = world
        await linked(running, browser, "nat")
        other = Visitor(running)
        address = await other.way_back("sub-nat")
        before = running.count(Kind.SIGNIN_FAILURE)
        provider.stop()
        try:
            assert await browser.signed_in()
            async with other.session.get(address) as answer:
                page = Page(answer.status, await answer.text(), answer.url, answer.headers)
            assert page.status == 503
            assert page.alert == "Le fournisseur d'identité ne répond pas. Réessayez dans un instant."
            assert running.count(Kind.SIGNIN_FAILURE) == before + 1
        finally:
            provider.start()
        await other.close()
