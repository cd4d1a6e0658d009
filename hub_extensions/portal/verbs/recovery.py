"""My recovery codes: how many are left, and new ones for who proves both factors once more."""

from threading import BoundedSemaphore
from typing import Annotated

from pydantic import Field, StringConstraints

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing
from hub_extensions.portal.verbs.my_sessions import require_session
from project_spaces.account_records import has_password
from project_spaces.accounts import Accounts
from project_spaces.errors import Conflict, Unavailable
from project_spaces.recovery_codes import HOW_MANY, left
from project_spaces.text import Text

ELSEWHERE = Text(
    "Vous vous connectez par votre établissement : c'est lui qui remplace un second facteur perdu.",
    "You sign in through your organisation: it replaces a second factor that is lost.",
)
BUSY = Text(
    "D'autres mots de passe sont en cours de vérification : réessayez dans un instant.",
    "Other passwords are being checked: try again in a moment.",
)
#: Comparisons of a password at a time, each with 64 MiB, and how many seconds one waits for its turn.
VERIFIERS, PATIENCE_S = BoundedSemaphore(2), 10


class BothFactors(Input):
    """What proves who I am, once more."""

    password: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=256)]
    code: Annotated[str, Field(min_length=6, max_length=8)]


def state(call: Call, _body: Nothing) -> Page:
    """How many of my recovery codes still work; whether there is an account of mine here to have any."""
    with call.portal.store.read() as session:
        return {
            "own_account": has_password(session, call.actor),
            "left": left(session, call.actor),
            "count": HOW_MANY,
        }


def renew(call: Call, body: BothFactors) -> Page:
    """New recovery codes, told this once; those made before stop at once. Asks for my password and a code shown now."""
    require_session(call)
    portal = call.portal
    with portal.store.read() as session:
        if not has_password(session, call.actor):
            raise Conflict(ELSEWHERE)
    if not VERIFIERS.acquire(timeout=PATIENCE_S):
        raise Unavailable(BUSY)
    try:
        accounts = Accounts(portal.store, portal.box, portal.lock_policy)
        codes = accounts.renew_recovery_codes(call.actor, body.password, body.code, now=call.now)
    finally:
        VERIFIERS.release()
    return {"codes": codes}
