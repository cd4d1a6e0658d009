"""What the identity provider publishes: its addresses (discovery) and its keys, asked for when needed and kept a while.

Nothing is asked at the start, so a provider that is down stops nobody from starting, and nobody who is signed in from
working. Keys rotate: a token signed with a key that is not known makes us look once more, but not more often than
every few seconds, so that forged tokens can't be used to send requests.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from jwt import PyJWK, PyJWTError
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from hub_extensions.openid.refusals import Cause, ProviderDown

KEPT_FOR = timedelta(hours=1)
#: Keys that could not be fetched again stay good for this long.
KEPT_AT_MOST = timedelta(days=1)
LOOK_AGAIN_AFTER = timedelta(seconds=10)
CONNECT_S, ANSWER_S = 3.0, 6.0

log = structlog.get_logger()
#: Fetches a JSON document.
Fetch = Callable[[str], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where the provider does what (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization: str
    token: str
    keys: str
    end_session: str | None
    basic: bool
    #: Whether it names itself in its answers (RFC 9207), so that another can't answer in its place.
    names_itself: bool


class Provider:
    """One identity provider, by the name of its issuer."""

    def __init__(self, issuer: str, fetch: Fetch | None = None) -> None:
        self.issuer = issuer
        self._fetch = fetch or fetch_json
        self._metadata: Metadata | None = None
        self._metadata_at: datetime | None = None
        self._keys: list[PyJWK] = []
        self._keys_at: datetime | None = None
        self._asked_at: datetime | None = None

    async def metadata(self, now: datetime) -> Metadata:
        """Return its addresses.

        Raises
        ------
        ProviderDown
            it does not answer, or calls itself something else than what was asked for.
        """
        if self._metadata is None or self._metadata_at is None or now - self._metadata_at > KEPT_FOR:
            found = await self._fetch(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
            self._metadata, self._metadata_at = read_metadata(found, self.issuer), now
        return self._metadata

    async def keys(self, key: str | None, now: datetime) -> list[PyJWK]:
        """Return its public keys, looked at again when *key* is not among those that are known.

        Raises
        ------
        ProviderDown
            it does not answer, and what is known is too old.
        """
        old = self._keys_at is None or now - self._keys_at > KEPT_FOR
        unknown = key is not None and key not in {each.key_id for each in self._keys}
        waited = self._asked_at is None or now - self._asked_at > LOOK_AGAIN_AFTER
        if (old or unknown) and waited:
            self._asked_at = now
            try:
                found = await self._fetch((await self.metadata(now)).keys)
            except ProviderDown:
                if self._keys_at is None or now - self._keys_at > KEPT_AT_MOST:
                    self._asked_at = None
                    raise
            else:
                self._keys, self._keys_at = read_keys(found), now
        if self._keys_at is None or now - self._keys_at > KEPT_AT_MOST:
            raise ProviderDown(Cause.DOWN)
        return self._keys


async def fetch_json(url: str) -> Mapping[str, Any]:
    """Fetch a JSON object; no redirect is followed.

    Raises
    ------
    ProviderDown
        there is no such answer in time.
    """
    client = AsyncHTTPClient()
    try:
        answer = await client.fetch(url, connect_timeout=CONNECT_S, request_timeout=ANSWER_S, follow_redirects=False)
        found = json.loads(answer.body)
    except (HTTPClientError, OSError, ValueError) as error:
        log.warning("identity_provider_does_not_answer", url=url, error=repr(error))
        raise ProviderDown(Cause.DOWN) from None
    if not isinstance(found, dict):
        raise ProviderDown(Cause.DOWN)
    return found


def read_metadata(found: Mapping[str, Any], issuer: str) -> Metadata:
    """Check the document of discovery: it is this issuer's (4.3), and every address is as safe as the issuer's.

    Raises
    ------
    ProviderDown
        it is another's, or lacks an address.
    """
    if found.get("issuer") != issuer:
        raise ProviderDown(Cause.OTHER_ISSUER)
    methods = found.get("token_endpoint_auth_methods_supported")
    end_session = found.get("end_session_endpoint")
    return Metadata(
        issuer=issuer,
        authorization=_address(found, "authorization_endpoint", issuer),
        token=_address(found, "token_endpoint", issuer),
        keys=_address(found, "jwks_uri", issuer),
        end_session=_address(found, "end_session_endpoint", issuer) if end_session else None,
        basic=not isinstance(methods, list) or "client_secret_basic" in methods,
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
    )


def read_keys(found: Mapping[str, Any]) -> list[PyJWK]:
    """Return the public keys for signatures; what can't be one (a shared secret, an unknown curve) is left out."""
    keys = []
    listed = found.get("keys")
    for each in listed if isinstance(listed, list) else []:
        if not isinstance(each, dict) or each.get("use", "sig") != "sig" or each.get("kty") not in {"RSA", "EC", "OKP"}:
            continue
        try:
            keys.append(PyJWK({name: value for name, value in each.items() if name != "d"}))
        except PyJWTError:
            continue
    return keys


def _address(found: Mapping[str, Any], name: str, issuer: str) -> str:
    address = found.get(name)
    if not isinstance(address, str) or urlsplit(address).scheme not in {"https", urlsplit(issuer).scheme}:
        raise ProviderDown(Cause.DOWN)
    return address
