"""Where I am signed in: every browser session of mine that lasts, and a way to end the others."""

from typing import Literal

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing
from hub_extensions.portal.words import iso
from project_spaces.account_records import has_password
from project_spaces.acting import acting_session
from project_spaces.errors import Refused
from project_spaces.sessions.programs import end_programs, programs_ended_at
from project_spaces.sign_ins import end_other_sign_ins, hash_of, idle_ends, live_sign_ins, sign_in_before
from project_spaces.text import Text

NO_SESSION = Text(
    "Cette demande ne vient d'aucune session de navigateur : déconnectez-vous depuis le portail.",
    "This request comes from no browser session: sign out from the portal.",
)


def mine(call: Call, _body: Nothing) -> Page:
    """My sessions that last: where, since when, how proved, until when; and my sign-in before this one."""
    current = _current(call)
    with call.portal.store.read() as session:
        found = live_sign_ins(session, call.actor, now=call.now)
        here = next((each for each in found if current is not None and each.session_sha256 == hash_of(current)), None)
        before = None if here is None else sign_in_before(session, here)
        return {
            "previous": None
            if before is None
            else {"at": iso(before.at), "device": before.device, "address": before.address},
            "programs_ended_at": iso(programs_ended_at(session, call.actor)),
            "own_account": has_password(session, call.actor),
            "others": len(found) - (here is not None),
            "sessions": [
                {
                    "id": each.id,
                    "current": each is here,
                    "device": each.device,
                    "new_device": each.new_device,
                    "address": each.address,
                    "since": iso(each.at),
                    "factors_at": iso(each.factor_at),
                    "until": iso(each.ends_at),
                    "idle_until": iso(idle_ends(session, each)),
                }
                for each in found
            ],
        }


class Others(Input):
    """What else ends with the other browsers."""

    #: The tokens that I made for programs, too.
    programs: Literal["", "on"] = ""


def end_others(call: Call, body: Others) -> Page:
    """Sign me out everywhere but here; portal and workspaces close at once there. Programs, too, where asked."""
    current = require_session(call)
    ended = end_other_sign_ins(call.portal.store, call.actor, current, now=call.now)
    if body.programs:
        end_programs(call.portal.store, call.actor, now=call.now)
    return {"ended": ended}


def end_my_programs(call: Call, _body: Nothing) -> Page:
    """Revoke every token that I made for a program."""
    require_session(call)
    end_programs(call.portal.store, call.actor, now=call.now)
    return {"ended": True}


def here(call: Call, _body: Nothing) -> Page:
    """Say that I am here: my session does not end for want of that; what a page asks by itself does not say so."""
    require_session(call)
    return {"here": True}


def require_session(call: Call) -> str:
    """Return the browser session that acts.

    Raises
    ------
    Refused
        a program acts.
    """
    current = _current(call)
    if current is None:
        raise Refused(NO_SESSION)
    return current


def _current(call: Call) -> str | None:
    acting = acting_session(call.actor)
    return None if acting is None else acting.session
