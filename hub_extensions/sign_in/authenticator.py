"""Sign-in for the Hub: the domain's accounts, two factors, and a decision that is asked again at every request.

The Hub keeps one cookie per person for hours, whatever becomes of the session; these classes ask the domain each time
(``refresh_user``) whether the person may be here and whether this very browser session still lasts, so that a cookie
copied before a sign-out opens nothing after it. Whatever fails (ledger, database) refuses, and says so (DESIGN
section 3, rule 1).
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
from jupyterhub.utils import compare_token
from sqlalchemy.orm import Session
from tornado import web
from traitlets import Instance, TraitError, default, validate

from audit.errors import LedgerError, Malformed
from audit.events import Event
from hub_extensions.clocks import LapseClock
from hub_extensions.installation.opening import open_box, open_own_trace, open_store
from hub_extensions.presence.origin import address_of
from hub_extensions.settings import Settings
from hub_extensions.sign_in.browser_sessions import (
    ProgramToken,
    begin_session,
    program_behind,
    session_behind,
    terminal_of,
)
from hub_extensions.sign_in.pages import SignInHandler, handlers, in_both
from hub_extensions.sign_in.token_doors import token_doors
from hub_extensions.strangers.counted import Strangers
from project_spaces.access import may
from project_spaces.accounts import Accounts, SignedIn
from project_spaces.decisions import Action
from project_spaces.errors import BureauError
from project_spaces.sessions.programs import programs_ended_at
from project_spaces.sign_ins import SignInEnd, Terminal, end_sign_in, live_sign_in
from project_spaces.workspaces import list_open

#: Comparisons of a password at a time, each with 64 MiB; the others wait their turn.
VERIFIERS = 2


class SignInError(web.HTTPError):
    """The domain's refusal as an HTTP answer: its status, its sentence in both languages, nothing else."""

    def __init__(self, error: BureauError) -> None:
        super().__init__(error.status, in_both(error.text))
        self.error = error


class DecidedAuthenticator(Authenticator):
    """What both ways to sign in share: the domain decides, at the sign-in and ever after."""

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
    def _clock(self) -> LapseClock:
        """A clock set back gives an ended session no new life, here as at portal and gateway."""
        return LapseClock()

    @cached_property
    def accounts(self) -> Accounts:
        """The domain's accounts."""
        return Accounts(open_store(self.settings), open_box(self.settings), self.settings.lock_policy)

    async def check_allowed(self, username: str, authentication: dict[str, Any] | None = None) -> bool:  # noqa: ARG002
        """Allow whom ``decide`` allows to sign in now, and nobody else."""
        return await asyncio.to_thread(self._allowed, username)

    async def refresh_user(self, user: User, handler: BaseHandler | None = None) -> bool:
        """Ask the domain again for a person who is signed in; False ends the session.

        Raises
        ------
        SignInError
            the domain does not answer: nothing is allowed until it does.
        """
        session = None if handler is None else session_behind(handler)
        program = None if handler is None else program_behind(handler)
        if handler is not None and not hasattr(handler, "_token_authenticated"):
            handler._token_authenticated = False
        try:
            return await asyncio.to_thread(self._allowed, user.name, session, program)
        except BureauError as error:
            raise SignInError(error) from None
        finally:
            # The Hub notes the time as soon as this returns, and would not ask again for this person within
            # ``auth_refresh_age``, whichever cookie comes: the note goes once the Hub has made it.
            asyncio.get_running_loop().call_soon(ask_again, user)

    def _allowed(self, username: str, browser_session: str | None = None, program: ProgramToken | None = None) -> bool:
        now = self._clock.now()
        with self.accounts.store.read() as session:
            if not may(session, username, Action.SIGN_IN, now=now).allowed:
                return False
            if program is not None and self._ended(session, username, program):
                return False
            return browser_session is None or self._lasts(session, username, browser_session, now)

    def _ended(self, session: Session, username: str, program: ProgramToken) -> bool:
        """Tell whether a program's token was revoked; those of running workspaces are the installation's own."""
        ended_at = programs_ended_at(session, username)
        if ended_at is None or program.made_at >= ended_at:
            return False
        mine = (each for each in list_open(session) if each.person == username)
        return not any(compare_token(program.hashed, each.secrets(self.accounts.box).hub_token) for each in mine)

    def _lasts(self, session: Session, username: str, browser_session: str, now: datetime) -> bool:
        if (username, browser_session) in self._left:
            return False
        return live_sign_in(session, username, browser_session, now=now) is not None

    async def signed_out(self, username: str, browser_session: str) -> None:
        """End and record one browser's sign-in; a ledger that does not answer keeps nobody signed in."""
        self._left.add((username, browser_session))
        try:
            await asyncio.to_thread(self._end, username, browser_session, datetime.now(UTC))
        except BureauError as error:
            self.log.warning("sign-out of %s not recorded: %s", username, error)

    def _end(self, username: str, browser_session: str, now: datetime) -> None:
        store = self.accounts.store
        with store.read() as session:
            row = live_sign_in(session, username, browser_session, now=now)
        if row is not None:
            end_sign_in(store, row.id, SignInEnd.ASKED, actor=username, now=now)

    @cached_property
    def _left(self) -> set[tuple[str, str]]:
        """Sessions that were signed out of, also where the domain could not be told."""
        return set()

    @cached_property
    def refused_calls(self) -> Strangers:
        """Where refusals of the Hub's own doors are recorded."""

        async def write(event: Event) -> None:
            await asyncio.to_thread(self.accounts.store.record, event)

        return Strangers(write)

    def begin(self, handler: BaseHandler, terminal: Terminal) -> None:
        """Give the browser its session, where it is a browser that signed in."""
        if terminal.session is not None:
            begin_session(handler, terminal, self.settings)

    def get_handlers(self, app: Any) -> list[tuple[Any, ...]]:  # noqa: ARG002
        """Return the pages (sign-in, sign-out, enrolment, what they are drawn with) and the door for tokens."""
        return [*handlers(), *token_doors()]


class LocalAuthenticator(DecidedAuthenticator):
    """Accounts of this installation: argon2 passwords and compulsory time-based codes."""

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
        browser = isinstance(handler, SignInHandler)
        terminal = terminal_of(handler, self.settings) if browser else Terminal(address_of(handler.request))
        try:
            signed_in = await asyncio.get_running_loop().run_in_executor(
                self._verifiers, self._verify, username, password, code, terminal
            )
        except BureauError as error:
            raise SignInError(error) from None
        self.begin(handler, terminal)
        return signed_in.username

    def _verify(self, username: str, password: str, code: str, terminal: Terminal) -> SignedIn:
        now = datetime.now(UTC)
        signed_in = self.accounts.verify(username, password, code, now=now, terminal=terminal)
        self._keep_trace_key(username, password, now)
        return signed_in

    def _keep_trace_key(self, username: str, password: str, now: datetime) -> None:
        """See to it that what the person does is sealed to a key of the person's own, which this password locks."""
        try:
            open_own_trace(self.settings, self.accounts.store).signed_in(username, password, now=now)
        except (BureauError, LedgerError, OSError, Malformed) as error:  # the auditors' key is enough to record
            self.log.warning("no trace key for %s: %s", username, error)


def ask_again(user: User) -> None:
    """Make the Hub ask the authenticator at this person's next request, whatever it has just learnt."""
    user._auth_refreshed = None
