"""The way in, on a real JupyterHub behind its real proxy, with the real recorder: what a browser would send and see."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pyotp
import pytest
from jupyterhub.handlers import default_handlers
from traitlets import TraitError
from yarl import URL

from audit.events import Event, Kind
from audit.rows import Row
from hub_extensions.clients.person import LoopbackResolver
from hub_extensions.installation.throwaway import prepared
from hub_extensions.sign_in.authenticator import LocalAuthenticator
from hub_extensions.sign_in.pages import handlers
from hub_extensions.strangers.counted import EACH, SOMEBODY
from project_spaces.people import create_person, disable_person
from project_spaces.recovery_codes import renew
from project_spaces.sessions.programs import end_programs
from project_spaces.sign_ins import SignIn, live_sign_ins
from tests.hub_extensions.running_hub import Browser, Page, Running, until_it_answers, until_recorder_answers
from tests.hub_extensions.test_way_back import EVIL

#: Addresses that programs ask, not people.
MACHINES = frozenset({"/security/csp-report", "/health", "/api/health", "/metrics", "/api/metrics"})
PASSWORD = "le sel de la mer d'Iroise"
WRONG = "Identifiant, mot de passe ou code incorrect."


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with prepared(spawner="docker", engine="none") as settings:
        all_ = Running(settings)
        try:
            for name in ("ledger", "proxy", "hub"):
                all_.start(name)
            asyncio.run(until_it_answers(all_))
            yield all_
        finally:
            for name in list(all_.children):
                all_.stop(name)


@pytest.fixture
async def browser(running: Running) -> AsyncIterator[Browser]:
    opened = Browser(running)
    yield opened
    await opened.session.close()


def code(secret: str) -> str:
    return pyotp.TOTP(secret).now()


def person(running: Running, username: str, *, enrolled: bool = True) -> str:
    """Create a person; return the second factor's secret, or the activation code when not enrolled yet."""
    before = datetime.now(UTC) - timedelta(minutes=10)
    create_person(
        running.accounts.store,
        username=username,
        display_name=username.title(),
        email=f"{username}@example.org",
        actor="system:test",
        now=before,
    )
    activation = running.accounts.create(username, actor="system:test", now=before)
    if not enrolled:
        return activation
    secret = running.accounts.enrol(activation, PASSWORD, now=before).secret
    running.accounts.confirm_enrolment(activation, pyotp.TOTP(secret).at(before), now=before)
    return secret


class TestPage:
    async def test_reads_french_first_and_english_on_demand(self, browser: Browser) -> None:
        page = await browser.get("/hub/login", headers={"Accept-Language": ""})
        assert '<html lang="fr">' in page.text
        assert "Se connecter" in page.text
        english = await browser.get("/hub/login?lang=en")
        assert '<html lang="en">' in english.text
        assert "One-time code" in english.text
        again = await browser.get("/hub/login")
        assert '<html lang="en">' in again.text

    async def test_keeps_where_to_go_and_is_not_cached(self, browser: Browser) -> None:
        page = await browser.get("/hub/login?next=%2Fhub%2Ftoken")
        assert 'action="/hub/login?next=%2Fhub%2Ftoken"' in page.text
        assert "next=%2Fhub%2Ftoken&amp;lang=en" in page.text
        assert page.headers["Cache-Control"] == "no-store"

    async def test_needs_nothing_from_elsewhere_and_no_script(self, browser: Browser) -> None:
        page = await browser.get("/hub/login")
        assert "<script" not in page.text
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        for drawing, kind in (("bureau.css", "text/css"), ("logo.svg", "image/svg+xml")):
            answer = await browser.get(f"/hub/door/{drawing}")
            assert (answer.status, answer.headers["Content-Type"]) == (200, kind)

    @pytest.mark.parametrize("path", ["/hub/door/../../settings.py", "/hub/door/%2e%2e/pages.py", "/hub/door/x"])
    async def test_serves_no_other_file(self, browser: Browser, path: str) -> None:
        async with browser.session.get(URL(browser.base + path, encoded=True)) as answer:
            assert answer.status in {403, 404}

    async def test_unknown_pages_answer_in_both_languages(self, browser: Browser) -> None:
        page = await browser.get("/hub/nothing")
        assert page.status == 404
        assert "Page introuvable" in page.text
        assert "Page not found" in page.text


class TestRefusals:
    """Every page of the Hub that turns somebody away says why, in French and English, in no words for programmers."""

    @pytest.mark.parametrize("method", ["GET", "POST", "PROPFIND"])
    async def test_every_address_says_why(self, running: Running, method: str) -> None:
        addresses = {address for address, *_ in (*handlers(), *default_handlers)} - {""}
        asked = {re.sub(r"\(.*?\)+\??", "x", each).replace("\\", "").rstrip("$") for each in addresses}
        visitors = [Browser(running, language) for language in ("fr", "en")]
        wrong = []
        for address in sorted({*asked, "/nothing", "/enrol/x"} - MACHINES):
            french, english = [await self.told(visitor, method, address) for visitor in visitors]
            if french is not None and (french == english or min(len(french), len(english or "")) < 10):
                wrong.append(f"{address}: {french!r}, {english!r}")
        for visitor in visitors:
            await visitor.session.close()
        assert "\n".join(wrong) == ""

    @staticmethod
    async def told(visitor: Browser, method: str, address: str) -> str | None:
        """What a visitor reads who is turned away: the sentence of the own language, where the page holds both."""
        url, form = f"{visitor.base}/hub{address}", {"x": "y"} if method == "POST" else None
        async with visitor.session.request(method, url, data=form, allow_redirects=False) as answer:
            if answer.status < 400:
                return None
            text = await answer.text()
        found = re.search(r'role="alert"[^>]*>(.+?)(?: <span lang="en">(.+?)</span>)?</div>', text)
        return (
            "" if found is None else found[2 if "en" in visitor.session.headers["Accept-Language"] else 1] or found[1]
        )


class TestSignIn:
    async def test_both_factors(self, running: Running, browser: Browser) -> None:
        secret = person(running, "ana")
        page = await browser.sign_in("ana", PASSWORD, code(secret))
        assert (page.status, page.url.path) == (200, "/hub/token")
        assert running.recorded("ana", Kind.SIGNIN_SUCCESS) == 1

    async def test_a_code_works_once(self, running: Running, browser: Browser) -> None:
        secret = person(running, "bea")
        shown = code(secret)
        assert (await browser.sign_in("bea", PASSWORD, shown)).status == 200
        thief = Browser(running)
        page = await thief.sign_in("bea", PASSWORD, shown)
        assert (page.status, page.alert) == (403, WRONG)
        assert not await thief.signed_in()
        await thief.session.close()

    async def test_wrong_password_wrong_code_and_unknown_name_look_alike(
        self, running: Running, browser: Browser
    ) -> None:
        secret = person(running, "cid")
        pages = [
            await browser.sign_in("cid", "not the password", code(secret)),
            await browser.sign_in("cid", PASSWORD, "000000"),
            await browser.sign_in("nobody", PASSWORD, "000000"),
            await browser.sign_in("cid", PASSWORD, ""),
        ]
        seen = {(page.status, page.alert, re.sub(r'value="[^"]*"', "", page.text)) for page in pages}
        assert len(seen) == 1
        assert pages[0].alert == WRONG
        assert not await browser.signed_in()
        assert running.recorded("cid", Kind.SIGNIN_FAILURE) == 3

    async def test_ten_wrong_codes_lock_and_say_so(self, running: Running, browser: Browser) -> None:
        secret = person(running, "dan")
        pages = [await browser.sign_in("dan", PASSWORD, "000000") for _ in range(10)]
        assert [page.status for page in pages] == [403] * 9 + [429]
        page = await browser.sign_in("dan", PASSWORD, code(secret))
        assert page.status == 429
        assert re.fullmatch(
            r"Trop d'essais infructueux : connexion bloquée jusqu'au \d\d/\d\d/\d{4} à \d\d:\d\d UTC\.", page.alert
        )
        assert not await browser.signed_in()
        assert running.recorded("dan", Kind.SIGNIN_LOCKED) == 1

    @pytest.mark.parametrize(
        "fields",
        [
            {"username": "x" * 10_000, "password": "y" * 100_000, "code": "1" * 1_000},
            {"username": "a\0b", "password": "\0", "code": "\0"},
            {"username": "ana' OR 1=1 --", "password": "é" * 300, "code": "<script>"},
            {"username": "", "password": "", "code": ""},
        ],
    )
    async def test_odd_input_is_refused_not_an_error(self, browser: Browser, fields: dict) -> None:
        page = await browser.sign_in(**fields)
        assert (page.status, page.alert) == (403, WRONG)
        assert "<script>" not in page.text

    @pytest.mark.parametrize("forged", ["", "forged", "2|1:0|10:1|5:_xsrf|4:eA==|00"])
    async def test_a_form_from_elsewhere_signs_nobody_in(self, running: Running, browser: Browser, forged: str) -> None:
        username = f"eve{len(forged)}"
        secret = person(running, username)
        page = await browser.sign_in(username, PASSWORD, code(secret), _xsrf=forged)
        assert (page.status, page.alert) == (403, "Cette page a expiré ou n'est pas la vôtre : recommencez.")
        assert not await browser.signed_in()

    async def test_the_interface_of_the_hub_asks_for_both_factors_too(self, running: Running, browser: Browser) -> None:
        """A token for a password: refused as clearly, never an error of the server."""
        person(running, "fay")
        credentials = {"auth": {"username": "fay", "password": PASSWORD, "code": "\ud800"}}
        headers = {"Referer": f"{browser.base}/hub/api", "Content-Type": "application/json"}
        async with browser.session.post(
            f"{browser.base}/hub/api/users/fay/tokens", json=credentials, headers=headers
        ) as answer:
            assert answer.status == 403
        assert "Traceback" not in running.log()

    async def test_no_ledger_no_session(self, running: Running, browser: Browser) -> None:
        secret = person(running, "gil")
        running.stop("ledger")
        try:
            page = await browser.sign_in("gil", PASSWORD, code(secret))
            assert page.status == 503
            assert page.alert.startswith("Le journal ne répond pas")
            assert not await browser.signed_in()
        finally:
            running.start("ledger")
        await until_recorder_answers(running)
        assert (await browser.sign_in("gil", PASSWORD, code(secret))).status == 200


class TestSession:
    async def test_a_disabled_person_loses_the_session(self, running: Running, browser: Browser) -> None:
        secret = person(running, "hal")
        await browser.sign_in("hal", PASSWORD, code(secret))
        token = await self.token(browser, "hal")
        assert await self.who(browser, token) == 200
        disable_person(running.accounts.store, "hal", actor="system:test", now=datetime.now(UTC), reason="départ")
        for _ in range(200):
            if not await browser.signed_in():
                break
            await asyncio.sleep(0.1)
        assert not await browser.signed_in()
        assert await self.who(browser, token) in {401, 403}
        page = await browser.sign_in("hal", PASSWORD, code(secret))
        assert page.status == 403

    async def test_signing_out_is_recorded_and_ends_it(self, running: Running, browser: Browser) -> None:
        secret = person(running, "ida")
        await browser.sign_in("ida", PASSWORD, code(secret))
        assert await browser.signed_in()
        await browser.get("/hub/logout")
        assert not await browser.signed_in()
        assert running.recorded("ida", Kind.SIGNOUT) == 1

    async def test_a_person_starts_no_server_by_himself(self, running: Running, browser: Browser) -> None:
        """TRAPS B4."""
        secret = person(running, "jan")
        await browser.sign_in("jan", PASSWORD, code(secret))
        token = await self.token(browser, "jan")
        headers = {"Authorization": f"token {token}"}
        async with browser.session.post(f"{browser.base}/hub/api/users/jan/servers/x", headers=headers) as answer:
            assert answer.status in {403, 404}
        refused = await self.last(running, Kind.REFUSAL, "jan")
        assert refused.subject == {"status": answer.status, "door": "hub"}
        assert refused.private["what"] == "POST /hub/api/users/jan/servers/x"

    async def last(self, running: Running, kind: Kind, person: str) -> Row:
        """The newest entry of this kind about *person*; the Hub records refusals beside its answers."""
        for _ in range(200):
            if found := running.index().search(kind=kind.value, person=person, limit=1):
                return found[0]
            await asyncio.sleep(0.1)
        pytest.fail(f"no {kind} of {person}")

    async def test_who_knocks_at_the_interface_of_the_hub_is_recorded_and_a_flood_is_counted(
        self, running: Running, browser: Browser
    ) -> None:
        """TRAPS B9: under nobody's name, by the address alone and never with what it carries."""
        before = running.count(Kind.REFUSAL)
        headers = {"Authorization": "token forged", "Sec-Fetch-Mode": "cors"}
        for number in range(2 * EACH):
            path = f"/hub/api/users/jan/tokens?token=secret{number}" if number else "/hub/api/user"
            async with browser.session.get(browser.base + path, headers=headers) as answer:
                assert answer.status in {401, 403}
        await self.last(running, Kind.REFUSAL, SOMEBODY)
        refused = running.index().search(kind=Kind.REFUSAL.value, person=SOMEBODY, limit=200)
        assert not [each for each in refused if "secret" in str(each.private)]
        assert running.count(Kind.REFUSAL) <= before + EACH

    async def test_a_token_is_made_and_withdrawn_on_the_record_or_not_at_all(
        self, running: Running, browser: Browser
    ) -> None:
        secret = person(running, "lea")
        await browser.sign_in("lea", PASSWORD, code(secret))
        token = await self.token(browser, "lea", note="notes de Léa")
        made = await self.last(running, Kind.ACCOUNT_CHANGED, "lea")
        assert (made.actor_name, made.subject["change"]) == ("lea", "program token made")
        assert made.private["note"] == "notes de Léa"
        assert token not in made.leaf.decode() + str(made.private)
        running.stop("ledger")
        try:
            headers = {"Authorization": f"token {token}", "Sec-Fetch-Mode": "cors"}
            address = f"{browser.base}/hub/api/users/lea/tokens"
            await browser.get("/hub/login")  # connections that ended while nobody listened are given up
            async with browser.session.post(address, json={"note": "unrecorded"}, headers=headers) as answer:
                assert (answer.status, "token" in await answer.json()) == (503, False)
            async with browser.session.delete(f"{address}/{made.subject['token']}", headers=headers) as answer:
                assert answer.status == 503
        finally:
            running.start("ledger")
        await until_recorder_answers(running)
        async with browser.session.get(address, headers=headers) as answer:
            assert "unrecorded" not in await answer.text()
        async with browser.session.delete(f"{address}/{made.subject['token']}", headers=headers) as answer:
            assert answer.status == 204
        gone = await self.last(running, Kind.ACCOUNT_CHANGED, "lea")
        assert gone.subject == {"change": "program token withdrawn", "token": made.subject["token"]}
        assert await self.who(browser, token) == 403

    async def test_tokens_of_programs_end_together_and_new_ones_work(self, running: Running, browser: Browser) -> None:
        """Also one whose note says that it belongs to a workspace; the Hub is asked by portal and gateway each time."""
        secret = person(running, "pam")
        await browser.sign_in("pam", PASSWORD, code(secret))
        old = [await self.token(browser, "pam", note=note) for note in ("test", "Server at /user/pam/etude/")]
        assert [await self.who(browser, each) for each in old] == [200, 200]
        end_programs(running.accounts.store, "pam", now=datetime.now(UTC))
        assert [await self.who(browser, each) for each in old] == [403, 403]
        assert await browser.signed_in()
        assert await self.who(browser, await self.token(browser, "pam")) == 200

    async def token(self, browser: Browser, username: str, note: str = "test") -> str:
        page = await browser.get("/hub/token")
        found = re.search(r'xsrf_token: "([^"]+)"', page.text)
        assert found
        headers = {"X-XSRFToken": found.group(1), "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
        async with browser.session.post(
            f"{browser.base}/hub/api/users/{username}/tokens", json={"note": note}, headers=headers
        ) as answer:
            assert answer.status == 201, await answer.text()
            return str((await answer.json())["token"])

    async def who(self, browser: Browser, token: str) -> int:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=LoopbackResolver())) as session:
            headers = {"Authorization": f"token {token}"}
            async with session.get(f"{browser.base}/hub/api/user", headers=headers) as answer:
                return answer.status


class TestAgain:
    """Signing in again in an open session: both factors are new, and the page that was asked for comes next."""

    async def test_both_factors_are_asked_of_who_is_here_and_the_page_comes_next(
        self, running: Running, browser: Browser
    ) -> None:
        secret = person(running, "mia")
        await browser.sign_in("mia", PASSWORD, code(secret))
        before = self.session(running, "mia")
        page = await browser.get("/hub/again?next=%2Fhub%2Fdoor%2Flogo.svg")
        assert (page.status, page.headers["Cache-Control"]) == (200, "no-store")
        assert "Vous reconnecter" in page.text
        assert "Sign in again" in (await browser.get("/hub/again?next=%2Fhub%2Ftoken&lang=en")).text
        await browser.get("/hub/again?lang=fr")
        for wrong in ({"password": "x", "code": self.later(secret)}, {"password": PASSWORD, "code": "000000"}):
            refused = await self.again(browser, **wrong)
            assert (refused.status, refused.alert) == (403, WRONG)
            assert self.session(running, "mia").id == before.id
        done = await self.again(browser, password=PASSWORD, code=self.later(secret))
        assert (done.status, done.url.path) == (200, "/hub/door/logo.svg")
        after = self.session(running, "mia")
        assert after.id != before.id
        assert after.factor_at > before.factor_at
        assert await browser.who() == "mia"

    async def test_nobody_takes_over_the_session_of_another_by_it(self, running: Running, browser: Browser) -> None:
        """The form's name counts for nothing: who is here signs in, or nobody."""
        first, other = person(running, "nel"), person(running, "oda")
        await browser.sign_in("nel", PASSWORD, code(first))
        page = await self.again(browser, username="oda", password=PASSWORD, code=code(other))
        assert (page.status, page.alert) == (403, WRONG)
        assert await browser.who() == "nel"

    async def test_who_is_not_here_signs_in_as_always(self, browser: Browser) -> None:
        page = await browser.get("/hub/again?next=%2Fhub%2Ftoken")
        assert (page.url.path, page.url.query["next"]) == ("/hub/login", "/hub/token")
        form = {"_xsrf": page.hidden("_xsrf"), "password": "x", "code": "1"}
        assert (await browser.post("/hub/again?next=%2Fhub%2Ftoken", form)).url.path == "/hub/login"

    async def test_a_form_from_elsewhere_is_not_heard(self, running: Running, browser: Browser) -> None:
        secret = person(running, "pia")
        await browser.sign_in("pia", PASSWORD, code(secret))
        page = await browser.post("/hub/again", {"_xsrf": "forged", "password": PASSWORD, "code": self.later(secret)})
        assert (page.status, page.alert) == (403, "Cette page a expiré ou n'est pas la vôtre : recommencez.")

    @pytest.mark.parametrize("door", ["login", "again"])
    async def test_no_link_leads_out(self, running: Running, browser: Browser, door: str) -> None:
        """Whoever wrote the link, signing in ends at a page of ours."""
        username = f"quo{door}"
        secret = person(running, username)
        await browser.sign_in(username, PASSWORD, code(secret))
        codes = iter(renew(running.accounts.store, username, now=datetime.now(UTC)))
        evil = EVIL if door == "login" else EVIL[::8]  # each costs a password here; all are tried in test_way_back
        for asked in (*evil, "/user/ana/etude/lab"):
            address = URL(f"{browser.base}/hub/{door}").with_query(next=asked)
            form = None
            if door == "again":
                page = await browser.get(f"/hub/again?{address.query_string}")
                form = {"_xsrf": page.hidden("_xsrf"), "password": PASSWORD, "code": next(codes)}
            method = "GET" if form is None else "POST"
            async with browser.session.request(method, address, data=form, allow_redirects=False) as answer:
                assert (answer.status, answer.headers.get("Location")) == (302, "/hub/token"), asked

    @staticmethod
    def later(secret: str) -> str:
        return pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30))

    async def again(self, browser: Browser, **fields: str) -> Page:
        page = await browser.get("/hub/again?next=%2Fhub%2Fdoor%2Flogo.svg")
        form = {"_xsrf": page.hidden("_xsrf"), **fields}
        return await browser.post("/hub/again?next=%2Fhub%2Fdoor%2Flogo.svg", form)

    @staticmethod
    def session(running: Running, username: str) -> SignIn:
        with running.accounts.store.read() as session:
            (row,) = live_sign_ins(session, username, now=datetime.now(UTC))
            return row


class TestIdle:
    async def test_a_cookie_that_comes_again_opens_nothing_and_the_page_says_why(
        self, running: Running, browser: Browser
    ) -> None:
        secret = person(running, "rui")
        await browser.sign_in("rui", PASSWORD, code(secret))
        assert await browser.signed_in()
        store = running.accounts.store
        with store.write(Event(Kind.ACCOUNT_CHANGED, "system:test", None, datetime.now(UTC))) as session:
            row = live_sign_ins(session, "rui", now=datetime.now(UTC))[0]
            row.seen_at = datetime.now(UTC) - timedelta(minutes=32)
        assert not await browser.signed_in()
        for language, sentence in (("fr", "après 30 minutes sans activité"), ("en", "after 30 minutes without")):
            page = await browser.get(f"/hub/login?lang={language}")
            assert sentence in page.text
        stranger = Browser(running)
        assert "sans activité" not in (await stranger.get("/hub/login")).text
        await stranger.session.close()
        later = pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30))
        await browser.sign_in("rui", PASSWORD, later)
        assert await browser.signed_in()


class TestEnrolment:
    async def test_from_the_activation_code_to_the_first_session(self, running: Running, browser: Browser) -> None:
        activation = person(running, "kim", enrolled=False)
        first = await browser.get("/hub/enrol")
        form = {"_xsrf": first.hidden("_xsrf"), "activation": activation, "password": PASSWORD, "password2": PASSWORD}
        second = await browser.post("/hub/enrol", form)
        assert second.status == 200
        assert "<svg" in second.text
        assert second.headers["Cache-Control"] == "no-store"
        secret = self.secret(second)
        confirm = {"_xsrf": second.hidden("_xsrf"), "step": "confirm", "activation": second.hidden("activation")}
        wrong = await browser.post("/hub/enrol", {**confirm, "code": "000000"})
        assert wrong.status == 403
        assert "vérifiez l'heure" in wrong.alert
        assert self.secret(wrong) == secret
        done = await browser.post("/hub/enrol", {**confirm, "code": code(secret)})
        assert "Votre compte est activé" in done.text
        recovery = re.findall(r"<li><code>([A-Z2-7-]{19})</code>", done.text)
        assert len(recovery) == 10
        assert done.headers["Cache-Control"] == "no-store"
        next_code = pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30))
        page = await browser.sign_in("kim", PASSWORD, next_code)
        assert (page.status, page.url.path) == (200, "/hub/token")
        assert running.recorded("kim", Kind.ACCOUNT_ENROLLED) == 1
        await browser.get("/hub/logout")
        assert (await browser.sign_in("kim", PASSWORD, recovery[0])).url.path == "/hub/token"
        await browser.get("/hub/logout")
        assert (await browser.sign_in("kim", PASSWORD, recovery[0])).alert == WRONG

    async def test_cookies_copied_before_signing_out_open_nothing_after(
        self, running: Running, browser: Browser
    ) -> None:
        secret = person(running, "lou")
        await browser.sign_in("lou", PASSWORD, code(secret))
        headers = {"Cookie": "; ".join(f"{each.key}={each.value}" for each in browser.session.cookie_jar)}
        thief = Browser(running)
        assert (await thief.get("/hub/token", headers=headers, allow_redirects=False)).status == 200
        await browser.get("/hub/logout")
        assert (await thief.get("/hub/token", headers=headers, allow_redirects=False)).status == 302
        await thief.session.close()

    def secret(self, page: Page) -> str:
        found = re.search(r'id="totp-secret"[^>]*>([A-Z2-7 ]+)<', page.text)
        assert found, page.text
        return found.group(1).replace(" ", "")

    @pytest.mark.parametrize(
        ("change", "status", "sentence"),
        [
            ({"activation": "AAAA-BBBB"}, 403, "Ce code d'activation n'est pas valable"),
            ({"password": "court", "password2": "court"}, 422, "Le mot de passe doit avoir de 12"),
            ({"password2": "another password"}, 422, "Les deux mots de passe diffèrent."),
            ({"step": "confirm", "code": "123456"}, 409, "Choisissez d'abord un mot de passe."),
            ({"step": "confirm", "activation": "x", "code": "1"}, 403, "Ce code d'activation n'est pas valable"),
            ({"_xsrf": "forged"}, 403, "Cette page a expiré"),
        ],
    )
    async def test_what_can_go_wrong_is_one_sentence(
        self, running: Running, browser: Browser, change: dict, status: int, sentence: str
    ) -> None:
        activation = person(running, f"lea{abs(hash(str(change))) % 10**6}", enrolled=False)
        first = await browser.get("/hub/enrol")
        form = {"_xsrf": first.hidden("_xsrf"), "activation": activation, "password": PASSWORD, "password2": PASSWORD}
        page = await browser.post("/hub/enrol", {**form, **change})
        assert page.status == status
        assert page.alert.startswith(sentence)
        assert PASSWORD not in page.text

    async def test_speaks_english(self, browser: Browser) -> None:
        page = await browser.get("/hub/enrol?lang=en")
        assert "Activate your account" in page.text
        refused = await browser.post("/hub/enrol", {"_xsrf": page.hidden("_xsrf"), "activation": "x"})
        assert refused.alert.startswith("This activation code is not valid")


class TestTraits:
    """TRAPS B1, B2, B14: a configuration that would open a hole does not load."""

    def test_defaults(self) -> None:
        authenticator = LocalAuthenticator()
        assert 0 < authenticator.auth_refresh_age <= 300
        assert authenticator.auth_refresh_strict
        assert authenticator.refresh_pre_spawn
        assert not authenticator.allow_existing_users
        assert authenticator.admin_users == set()

    @pytest.mark.parametrize(
        "traits", [{"auth_refresh_age": 0}, {"auth_refresh_age": 3600}, {"allow_existing_users": True}]
    )
    def test_refused(self, traits: dict) -> None:
        with pytest.raises(TraitError):
            LocalAuthenticator(**traits)

    def test_having_been_here_once_stays_no_right_when_somebody_is_listed(self) -> None:
        assert not LocalAuthenticator(allowed_users={"ana"}).allow_existing_users
