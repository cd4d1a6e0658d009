"""Sign-in for the Hub: the domain's accounts, two factors, and a decision that is asked again and again.

The Hub keeps a cookie for hours; this class keeps asking ``decide`` (``refresh_user``), so that a person who was
disabled a minute ago has no session now. Whatever fails (ledger, database) refuses, and says so (DESIGN section 3,
rule 1).
Traps of the Hub that the defaults answer: B1, B2, B14, and an API call whose refusal would turn into a 500.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from jupyterhub.auth import Authenticator
from jupyterhub.handlers import BaseHandler
from jupyterhub.user import User
from tornado import web
from tornado.httputil import HTTPServerRequest
from traitlets import Instance, TraitError, default, validate

from audit.errors import LedgerError, Malformed
from hub_extensions.opening import open_box, open_own_trace, open_store
from hub_extensions.settings import Settings
from hub_extensions.sign_in import handlers
from project_spaces.access import may
from project_spaces.accounts import Accounts, SignedIn
from project_spaces.decisions import Action
from project_spaces.errors import BureauError
from project_spaces.sign_ins import end_sign_ins

#: Comparisons of a password at a time, each with 64 MiB; the others wait their turn.
VERIFIERS = 2


def address_of(request: HTTPServerRequest) -> str:
    """Return where *request* came from as our proxy saw it.

    The proxy adds the peer at the end of ``X-Forwarded-For``; what stands before, and ``X-Real-Ip``, which Tornado
    would believe, are the client's own words.
    """
    return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or str(request.remote_ip or "")


class SignInError(web.HTTPError):
    """The domain's refusal as an HTTP answer: its status, its sentence in both languages, nothing else."""

    def __init__(self, error: BureauError) -> None:
        super().__init__(error.status, f"{error.text.fr} — {error.text.en}".replace("%", "%%"))
        self.error = error


class LocalAuthenticator(Authenticator):
    """Accounts of this installation: argon2 passwords and compulsory time-based codes."""

    settings = Instance(Settings, config=True, help="The installation's settings.")

    @default("auth_refresh_age")
    def _auth_refresh_age(self) -> int:
        return 60

    @default("auth_refresh_strict")
    def _auth_refresh_strict(self) -> bool:
        return True

    @default("refresh_pre_spawn")
    def _refresh_pre_spawn(self) -> bool:
        return True

    @default("allow_existing_users")
    def _allow_existing_users(self) -> bool:
        return False  # the base class says True as soon as anybody is listed (TRAPS B14)

    @default("any_allow_config")
    def _any_allow_config(self) -> bool:
        return True  # ``check_allowed`` decides; there is no list to forget

    @validate("auth_refresh_age")
    def _positive_age(self, proposal: dict[str, Any]) -> int:
        age = int(proposal["value"])
        if not 0 < age <= 300:
            message = f"auth_refresh_age = {age} refused: 1 to 300 seconds (0 would never ask again, TRAPS B1)"
            raise TraitError(message)
        return age

    @validate("allow_existing_users")
    def _never_by_history(self, proposal: dict[str, Any]) -> bool:
        if proposal["value"]:
            message = "allow_existing_users = True refused: having been here once is no right (TRAPS B14)"
            raise TraitError(message)
        return False

    @cached_property
    def accounts(self) -> Accounts:
        """The domain's accounts."""
        return Accounts(open_store(self.settings), open_box(self.settings), self.settings.lock_policy)

    @cached_property
    def _verifiers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(VERIFIERS, thread_name_prefix="sign-in")

    async def authenticate(self, handler: BaseHandler, data: dict[str, str] | None) -> str:
        """Check both factors and ask ``decide``; return the username.

        Raises
        ------
        SignInError
            refused, locked or unavailable, with the sentence.
        """
        fields = data or {}
        username, password, code = (str(fields.get(name) or "") for name in ("username", "password", "code"))
        origin = address_of(handler.request)
        try:
            signed_in = await asyncio.get_running_loop().run_in_executor(
                self._verifiers, self._verify, username, password, code, origin
            )
        except BureauError as error:
            raise SignInError(error) from None
        return signed_in.username

    def _verify(self, username: str, password: str, code: str, origin: str) -> SignedIn:
        now = datetime.now(UTC)
        signed_in = self.accounts.verify(username, password, code, now=now, origin=origin)
        self._keep_trace_key(username, password, now)
        return signed_in

    def _keep_trace_key(self, username: str, password: str, now: datetime) -> None:
        """See to it that what the person does is sealed to a key of the person's own, which this password locks."""
        try:
            open_own_trace(self.settings, self.accounts.store).signed_in(username, password, now=now)
        except (BureauError, LedgerError, OSError, Malformed) as error:  # the auditors' key is enough to record
            self.log.warning("no trace key for %s: %s", username, error)

    async def check_allowed(self, username: str, authentication: dict[str, Any] | None = None) -> bool:  # noqa: ARG002
        """Allow whom ``decide`` allows to sign in now, and nobody else."""
        return await asyncio.to_thread(self._allowed, username)

    async def refresh_user(self, user: User, handler: BaseHandler | None = None) -> bool:  # noqa: ARG002
        """Ask ``decide`` again for a person who is signed in; False ends the session.

        Raises
        ------
        SignInError
            the domain does not answer: nothing is allowed until it does.
        """
        try:
            return await asyncio.to_thread(self._allowed, user.name)
        except BureauError as error:
            raise SignInError(error) from None

    def _allowed(self, username: str) -> bool:
        with self.accounts.store.read() as session:
            return may(session, username, Action.SIGN_IN, now=datetime.now(UTC)).allowed

    async def signed_out(self, username: str) -> None:
        """End and record a sign-in, and what asks for one; a ledger that does not answer keeps nobody signed in."""
        try:
            await asyncio.to_thread(end_sign_ins, self.accounts.store, username, now=datetime.now(UTC))
        except BureauError as error:
            self.log.warning("sign-out of %s not recorded: %s", username, error)

    def get_handlers(self, app: Any) -> list[tuple[Any, ...]]:  # noqa: ARG002
        """Return the pages: sign-in, sign-out, enrolment, and the files they are drawn with."""
        return handlers()
