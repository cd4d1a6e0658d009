"""Where I am signed in: every browser session of mine that lasts, and a way to end the others."""

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.words import iso
from project_spaces.acting import acting_session
from project_spaces.errors import Refused
from project_spaces.sign_ins import end_other_sign_ins, hash_of, live_sign_ins, sign_in_before
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
                }
                for each in found
            ],
        }


def end_others(call: Call, _body: Nothing) -> Page:
    """Sign me out everywhere but here; portal and workspaces close at once there."""
    current = _current(call)
    if current is None:
        raise Refused(NO_SESSION)
    return {"ended": end_other_sign_ins(call.portal.store, call.actor, current, now=call.now)}


def _current(call: Call) -> str | None:
    acting = acting_session(call.actor)
    return None if acting is None else acting.session
