"""The Hub's own door for tokens of programs, on its page and in its API: no token leaves it, and none ends, unrecorded.

The Hub lets each person make and withdraw own tokens, and its log names neither the act nor its author. These handlers
come before the Hub's, under the same addresses, and leave to them who may do what.
"""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from jupyterhub import orm
from jupyterhub.apihandlers.users import UserTokenAPIHandler, UserTokenListAPIHandler
from jupyterhub.scopes import needs_scope
from jupyterhub.user import User
from tornado import web

from audit.events import Event, Kind
from hub_extensions.sign_in.pages import in_both
from project_spaces.errors import BureauError

#: Characters of what a person typed that are kept, as a private fact.
MOST_NOTE = 512


class TokensHandler(UserTokenListAPIHandler):
    """Makes a token; its value is given away once its entry is durable, or never."""

    async def post(self, user_name: str) -> None:
        """Make it as the Hub does; the answer, which alone holds the value, waits for the ledger."""
        await super().post(user_name)
        made = json.loads(b"".join(self._write_buffer))
        private = {"note": str(made["note"])[:MOST_NOTE], "scopes": " ".join(made["scopes"])[:MOST_NOTE]}
        told = {"change": "program token made", "token": made["id"], "until": made["expires_at"]}
        try:
            await _record(self, user_name, told, private)
        except web.HTTPError:
            self.db.delete(orm.APIToken.find(self.db, made["token"]))
            self.db.commit()
            raise


class TokenHandler(UserTokenAPIHandler):
    """Withdraws a token, recorded first."""

    @needs_scope("tokens")
    async def delete(self, user_name: str, token_id: str) -> None:
        """Withdraw it as the Hub does."""
        user = self.find_user(user_name)
        if user is not None:
            token = self.find_token_by_id(user, token_id)
            told = {"change": "program token withdrawn", "token": token_id}
            await _record(self, user_name, told, {"note": str(token.note)[:MOST_NOTE]})
        super().delete(user_name, token_id)


def token_doors() -> list[tuple[Any, ...]]:
    """Return the handlers; the Hub puts its own prefix before each address."""
    return [(r"/api/users/([^/]+)/tokens", TokensHandler), (r"/api/users/([^/]+)/tokens/([^/]*)", TokenHandler)]


async def _record(handler: Any, owner: str, told: dict[str, Any], private: dict[str, str]) -> None:
    """Record what somebody does with a token of *owner*.

    Raises
    ------
    HTTPError
        the ledger does not take it.
    """
    requester = handler.current_user
    actor = requester.name if isinstance(requester, User) else f"system:service.{requester.name}"
    persons = {"owner": owner} if owner != actor else {}
    event = Event(Kind.ACCOUNT_CHANGED, actor, None, datetime.now(UTC), told, private=private, persons=persons)
    try:
        await asyncio.to_thread(handler.authenticator.accounts.store.record, event)
    except BureauError as error:
        raise web.HTTPError(error.status, in_both(error.text)) from None
