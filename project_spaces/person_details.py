"""A person's name and e-mail address change; the username never does, so every record stays whose it was.

Whoever administers the person writes them, never the person: a name is what others recognise somebody by. A new name is
not the one that was proved, so the identity is reviewed again. What was before goes where it can be forgotten, not into
a leaf. The address before is told too: nobody moves somebody's notices unseen. Signing in is not touched: neither name
nor address is a link (``identities``).
"""

from datetime import datetime

from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces.errors import Conflict, Invalid
from project_spaces.notifications import Topic, notify, write_to
from project_spaces.people import Person, check_email, check_name, get_person, person_places, require_administrator
from project_spaces.reasons import written_reason
from project_spaces.records.places import Affiliation
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text

TOLD = Text(
    "Votre nom ou votre adresse électronique a changé ici : voyez votre dossier, et dites-le si c'est une erreur.",
    "Your name or e-mail address was changed here: see your file, and say so if that is a mistake.",
)

MOVED = Text(
    "L'adresse électronique de votre compte a été changée : plus rien ne vous sera écrit ici. Si vous ne l'avez pas "
    "demandé, prévenez aussitôt un administrateur.",
    "The e-mail address of your account was changed: nothing more is sent here. If you did not ask for that, tell an "
    "administrator at once.",
)


def change_person(
    store: Store, username: str, *, display_name: str, email: str, reason: str, actor: str, now: datetime
) -> None:
    """Write the name and the e-mail address of *username*, and tell the person, at the address before as well.

    Raises
    ------
    Invalid
        the name or address can't be one, there is no reason, or both are what they were.
    NotFound, Conflict, Refused
        nobody of that name; somebody else changed them meanwhile; *actor* does not administer the person, or is that
        person.
    """
    check_name(display_name)
    check_email(email)
    written = written_reason(reason)
    wanted = (display_name.strip(), email)
    with store.read() as session:
        _require_may(session, username, actor, now)
        before = _details(get_person(session, username))
    with store.write(_event(username, before, wanted, reason=written, actor=actor, now=now)) as session:
        _require_may(session, username, actor, now)
        row = get_person(session, username)
        if _details(row) != before:
            raise Conflict(Text("Quelqu'un d'autre vient de les changer.", "Somebody else has just changed them."))
        row.display_name, row.email = wanted
        if wanted[0] != before[0]:
            _review_again(session, username)
        notify(session, to=username, kind=Topic.ACCOUNT, text=TOLD, link="onboarding", now=now)
        if wanted[1] != before[1]:
            write_to(session, before[1], about=username, kind=Topic.ACCOUNT, text=MOVED, link="onboarding", now=now)


def _require_may(session: Session, username: str, actor: str, now: datetime) -> None:
    require_administrator(session, actor, now, beneficiary=username, within=person_places(session, username))


def _details(person: Person) -> tuple[str, str]:
    return person.display_name, person.email


def _event(
    username: str, before: tuple[str, str], after: tuple[str, str], *, reason: str, actor: str, now: datetime
) -> Event:
    changed = [name for name, old, new in zip(("name", "mail"), before, after, strict=True) if old != new]
    if not changed:
        raise Invalid(Text("Rien n'a changé.", "Nothing has changed."))
    private = {"reason": reason}
    for name, old, new in zip(("name", "mail"), before, after, strict=True):
        private |= {f"{name}_before": old, name: new} if name in changed else {}
    subject = {"change": f"{' and '.join(changed)} changed"}
    return Event(Kind.PERSON_CHANGED, actor, None, now, subject, private=private, persons={"person": username})


def _review_again(session: WriteSession, username: str) -> None:
    row = session.get(Affiliation, username)
    if row is not None:
        row.reviewed_at = row.reviewed_by = row.document = None
