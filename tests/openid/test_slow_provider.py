"""An identity provider that takes the connection and never answers is a sentence after a few seconds, everywhere."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from oauthenticator.oauth2 import _serialize_state

from hub_extensions.openid.authenticator import OpenIDAuthenticator
from hub_extensions.openid.provider import Metadata, Provider, fetch_json
from hub_extensions.openid.refusals import Cause, ProviderDown
from tests.openid.test_tokens import NOW

#: What the limits are here; without one the test waits for ever and is stopped.
SOON_S, STOPPED_S = 0.1, 8


@pytest.fixture
async def silent() -> AsyncIterator[str]:
    """Address of a program that takes every connection and says nothing."""
    taken: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _reader, writer: taken.append(writer), "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for writer in taken:
        writer.close()
    server.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The product's limits, made short."""
    for module in ("provider", "authenticator"):
        monkeypatch.setattr(f"hub_extensions.openid.{module}.ANSWER_S", SOON_S)
    return


class Handler:
    """The browser's way back, as far as the exchange of the code looks at it."""

    def get_argument(self, name: str) -> str:
        return name

    def get_state_cookie(self) -> bytes:
        return _serialize_state({"code_verifier": "v"})


def metadata(address: str) -> Metadata:
    where = {name: f"{address}/{name}" for name in ("authorization", "token", "keys")}
    return Metadata(issuer=address, **where, end_session=None, basic=True, names_itself=False)


async def discovery(address: str) -> object:
    return await Provider(address).metadata(NOW)


async def keys(address: str) -> object:
    async def answers_once(url: str) -> dict[str, str]:
        if not url.endswith("openid-configuration"):
            return dict(await fetch_json(url))
        ends = {"authorization_endpoint": "a", "token_endpoint": "t", "jwks_uri": "jwks"}
        return {"issuer": address, **{name: f"{address}/{path}" for name, path in ends.items()}}

    return await Provider(address, answers_once).keys("one", NOW)


async def token(address: str) -> object:
    callback = "http://bureau.localhost/hub/oauth_callback"
    authenticator = OpenIDAuthenticator(client_id="bureau", client_secret="s", oauth_callback_url=callback)
    return await authenticator._exchange(Handler(), metadata(address))


@pytest.mark.parametrize("ask", [discovery, keys, token])
async def test_whoever_waits_for_it_is_told_that_it_does_not_answer(silent: str, ask) -> None:
    async with asyncio.timeout(STOPPED_S):
        with pytest.raises(ProviderDown) as told:
            await ask(silent)
    assert told.value.cause is Cause.DOWN
    assert told.value.text.fr.startswith("Le fournisseur d'identité ne répond pas.")
