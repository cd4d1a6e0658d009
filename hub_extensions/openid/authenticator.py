"""Sign-in at an OpenID Connect provider, on oauthenticator's flow, with every statement of the provider verified here.

oauthenticator sends the person there and exchanges the code (PKCE, state); what comes back counts only once
:mod:`hub_extensions.openid.tokens` has verified it, and who it is only by issuer and subject. Whatever goes wrong is
one sentence for the person and a failure in the ledger.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from jupyterhub.handlers import BaseHandler
from jupyterhub.utils import url_path_join
from oauthenticator.generic import GenericOAuthenticator
from tornado import web
from tornado.httpclient import HTTPClientError
from traitlets import default

from hub_extensions.openid.pages import Begun, CallbackHandler, openid_handlers
from hub_extensions.openid.provider import ANSWER_S, CONNECT_S, Metadata, Provider
from hub_extensions.openid.refusals import Cause, ProviderDown, Unproved, cause_of
from hub_extensions.openid.tokens import (
    Claims,
    Expected,
    authenticated_at,
    key_id,
    level,
    verify_id_token,
    verify_logout_token,
    ways,
)
from hub_extensions.presence.origin import address_of
from hub_extensions.sign_in.authenticator import DecidedAuthenticator, SignInError
from hub_extensions.sign_in.browser_sessions import terminal_of
from hub_extensions.sign_in.token_doors import token_doors
from project_spaces.errors import BureauError
from project_spaces.identities import (
    Asserted,
    end_at_provider,
    link_identity,
    refuse_sign_in,
    session_name,
    sign_in_with,
)
from project_spaces.sign_ins import Proof, SignInMethod, Terminal

#: Remembered of at most so many sign-ins, to sign out at the provider without a question.
HINTS = 10_000


class OpenIDAuthenticator(DecidedAuthenticator, GenericOAuthenticator):
    """One identity provider, by the settings."""

    login_handler = CallbackHandler
    callback_handler = CallbackHandler

    @default("client_id")
    def _client_id(self) -> str:
        return str(self.settings.openid_client_id)

    @default("client_secret")
    def _client_secret(self) -> str:
        return str(self.settings.openid_client_secret.read_text().strip())

    @default("scope")
    def _scope(self) -> list[str]:
        return list(self.settings.openid_scopes.split())

    @default("oauth_callback_url")
    def _callback_url(self) -> str:
        return f"{self.settings.public_url}/hub/oauth_callback"

    @default("http_request_kwargs")
    def _in_time(self) -> dict[str, Any]:
        return {"connect_timeout": CONNECT_S, "request_timeout": ANSWER_S, "follow_redirects": False}

    @cached_property
    def provider(self) -> Provider:
        """The identity provider."""
        return Provider(self.settings.openid_issuer)

    @property
    def expected(self) -> Expected:
        """What its tokens are held against."""
        algorithms = frozenset(self.settings.openid_algorithms.split())
        return Expected(self.settings.openid_issuer, self.client_id, algorithms)

    @property
    def max_age(self) -> timedelta:
        """How long ago the person may have proved who it is, at a sign-in."""
        return timedelta(minutes=self.settings.openid_max_age_minutes)

    @cached_property
    def spent(self) -> dict[str, datetime]:
        """Requests to the provider that were answered: none is answered twice."""
        return {}

    @cached_property
    def _hints(self) -> dict[str, str]:
        return {}

    def login_url(self, base_url: str) -> str:
        """The page with the sentence and the button, not the provider's own: it also says what went wrong."""
        return url_path_join(base_url, "login")

    async def authenticate(self, handler: BaseHandler, data: dict[str, str] | None = None) -> str:  # noqa: ARG002
        """Verify what the provider says, ask ``decide``, and return the username.

        Raises
        ------
        SignInError
            nothing was proved, or it is not enough; the sentence, recorded.
        """
        if not isinstance(handler, CallbackHandler):
            raise SignInError(Unproved(Cause.STATE))
        terminal = terminal_of(handler, self.settings)
        try:
            begun = handler.begun()
            max_age = begun.max_age(self.max_age, datetime.now(UTC))
            asserted, token = await self.prove(handler, begun, max_age)
            username = await asyncio.to_thread(self._sign_in, asserted, begun, terminal)
        except BureauError as error:
            raise SignInError(await self.failed(error, terminal)) from None
        self.begin(handler, terminal)
        self._remember(str(terminal.session), token)
        return username

    def _sign_in(self, asserted: Asserted, begun: Begun, terminal: Terminal) -> str:
        now = datetime.now(UTC)
        if begun.invitation:
            link_identity(self.accounts.store, begun.invitation, asserted, now=now)
        only = begun.person or None
        return sign_in_with(self.accounts.store, asserted, terminal, now=now, only=only).username

    async def prove(self, handler: CallbackHandler, begun: Begun, max_age: timedelta) -> tuple[Asserted, str]:
        """Exchange the code, and return what the id token proves, with the token itself.

        Raises
        ------
        Unproved, ProviderDown
            with the cause.
        """
        now = datetime.now(UTC)
        metadata = await self.provider.metadata(now)
        named = handler.get_query_argument("iss", "")
        if (metadata.names_itself or named) and named != metadata.issuer:
            raise Unproved(Cause.ISSUER)
        answer = await self._exchange(handler, metadata)
        token = str(answer.get("id_token") or "")
        keys = await self.provider.keys(key_id(token), now)
        claims = verify_id_token(
            token,
            keys,
            self.expected,
            nonce=begun.nonce,
            access_token=str(answer["access_token"]),
            max_age=max_age,
            now=datetime.now(UTC),
        )
        self._require_organisation(claims)
        return self._asserted(claims), token

    async def _exchange(self, handler: CallbackHandler, metadata: Metadata) -> dict[str, Any]:
        self.token_url, self.basic_auth = metadata.token, metadata.basic
        parameters = {k: v for k, v in self.build_access_tokens_request_params(handler).items() if v is not None}
        try:
            return dict(await self.get_token_info(handler, parameters))
        except HTTPClientError as error:
            refused = error.code in {400, 401, 403}
            raise (Unproved(Cause.NO_EXCHANGE) if refused else ProviderDown(Cause.DOWN)) from None
        except OSError:
            raise ProviderDown(Cause.DOWN) from None
        except (web.HTTPError, ValueError, TypeError):
            raise Unproved(Cause.NO_EXCHANGE) from None

    def _asserted(self, claims: Claims) -> Asserted:
        sid = claims.get("sid")
        proof = Proof(
            amr=ways(claims),
            at=authenticated_at(claims, datetime.now(UTC)),
            acr=level(claims),
            method=SignInMethod.OPENID,
            provider_session=session_name(self.provider.issuer, sid) if isinstance(sid, str) else None,
        )
        return Asserted(self.provider.issuer, str(claims["sub"]), proof)

    def _require_organisation(self, claims: Claims) -> None:
        """An organisation that is not listed has no access, whatever else the token proves."""
        accepted = frozenset(self.settings.openid_organisations.split())
        stated = claims.get(self.settings.openid_organisation_claim) if accepted else None
        values = stated if isinstance(stated, list) else [stated]
        if accepted and not accepted.intersection(value for value in values if isinstance(value, str)):
            raise Unproved(Cause.ORGANISATION)

    async def failed(self, error: BureauError, terminal: Terminal) -> BureauError:
        """Record an attempt that failed, unless it is recorded; return the error to show."""
        if error.recorded:
            return error
        try:
            await asyncio.to_thread(self._record, error, terminal)
        except BureauError as worse:
            return worse
        return error

    def _record(self, error: BureauError, terminal: Terminal) -> None:
        try:
            refuse_sign_in(self.accounts.store, error, cause_of(error), terminal, now=datetime.now(UTC))
        except type(error) as same:
            if same is not error:
                raise

    async def provider_signed_out(self, handler: BaseHandler, token: str) -> int:
        """End what the provider says is over (back-channel logout); return how many sessions that were.

        Raises
        ------
        Unproved, ProviderDown
            the token proves nothing.
        """
        now = datetime.now(UTC)
        try:
            keys = await self.provider.keys(key_id(token), now)
            claims = verify_logout_token(token, keys, self.expected, now=now)
            if str(claims["jti"]) in self.spent:
                raise Unproved(Cause.STATE)
            self.spend(str(claims["jti"]), now)
        except BureauError as error:
            raise await self.failed(error, Terminal(address_of(handler.request))) from None
        return await asyncio.to_thread(
            end_at_provider,
            self.accounts.store,
            self.provider.issuer,
            subject=claims.get("sub"),
            provider_session=claims.get("sid") if isinstance(claims.get("sid"), str) else None,
            now=now,
        )

    def spend(self, name: str, now: datetime) -> None:
        """Remember that a request was answered, or a token used, for as long as it could come again."""
        for old in [each for each, at in self.spent.items() if now - at > 2 * Begun.LASTS]:
            del self.spent[old]
        self.spent[name] = now

    def _remember(self, session: str, token: str) -> None:
        while len(self._hints) >= HINTS:
            del self._hints[next(iter(self._hints))]
        self._hints[session] = token

    def forget_hint(self, session: str) -> str | None:
        """Return the id token of a session that ends, to sign out at the provider with it."""
        return self._hints.pop(session, None)

    def get_handlers(self, app: Any) -> list[tuple[Any, ...]]:  # noqa: ARG002
        """Return the pages, and the door for tokens."""
        return [*openid_handlers(), *token_doors()]
