"""People without an account: invited by an author, let in by two factors, to one package or one import."""

from dataclasses import asdict
from typing import Annotated

from pydantic import Field

from hub_extensions.exports import outsiders
from hub_extensions.imports import composing, views
from hub_extensions.imports.acting import By, load
from hub_extensions.imports.composing import Declaration
from hub_extensions.imports.states import Act, may_act
from hub_extensions.outside import door
from hub_extensions.outside.access import Invitation, Purpose, by_id
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing, Person
from hub_extensions.portal.verbs.imports import Declared, ReceivedFile
from hub_extensions.portal.words import iso
from project_spaces.second_factor import provisioning_uri


class MailOf(Input):
    """One outside recipient of an export, by mail address."""

    mail: Annotated[str, Field(min_length=3, max_length=255)]


class Code(Input):
    """An activation code, or a code of the person's application."""

    code: Annotated[str, Field(min_length=1, max_length=40)]


class Statement(Input):
    """A word about the destruction of a package."""

    message: Annotated[str, Field(min_length=1, max_length=10_000)]


def invite_recipient(call: Call, body: MailOf) -> Page:
    """Open a door for an outside recipient of a released export; link and code are shown once."""
    portal = call.portal
    made = outsiders.invite(portal.desk, portal.box, call["request"], body.mail, actor=call.actor, now=call.now)
    return _shown_once(call, made, body.mail)


def invite_provider(call: Call, body: Person) -> Page:
    """Let a named provider send the files of an import; link and code are shown once."""
    portal, by = call.portal, By(call.actor, call.now)
    made = composing.invite(portal.imports, portal.box, call["request"], body.outsider(), by)
    return _shown_once(call, made, body.mail)


def uninvite_provider(call: Call, _body: Nothing) -> Page:
    """Close the provider's door."""
    composing.uninvite(call.portal.imports, call["request"], By(call.actor, call.now))
    return views.detail(call.portal.imports, call["request"], call.actor, now=call.now)


def _shown_once(call: Call, made: Invitation, mail: str) -> Page:
    link = f"{call.portal.public_url}/services/bureau/outside/{made.token}"
    return {"mail": mail, "link": link, "code": made.code}


def look(call: Call, _body: Nothing) -> Page:
    """To whom the door behind a link belongs, and what it asks."""
    seen = door.look(call.portal.store, call["token"], call.now)
    return {"access": seen.access, "purpose": seen.purpose.value, "name": seen.name, "enrolled": seen.enrolled}


def activate(call: Call, body: Code) -> Page:
    """Exchange the activation code for a factor."""
    access = look(call, Nothing())["access"]
    door.activate(call.portal.store, call.portal.box, access, body.code, call.now)
    return {"access": access}


def confirm(call: Call, body: Code) -> Page:
    """Confirm the factor with its first code."""
    access = look(call, Nothing())["access"]
    door.confirm(call.portal.store, call.portal.box, access, body.code, call.now)
    return {"access": access}


def enter(call: Call, body: Code) -> Page:
    """Pass with the factor's code."""
    access = look(call, Nothing())["access"]
    door.enter(call.portal.store, call.portal.box, access, body.code, call.now)
    return {"access": access}


def factor(call: Call, _body: Nothing) -> Page:
    """The factor that is being set up, for whoever gave the activation code."""
    with call.portal.store.read() as session:
        access = by_id(session, look(call, Nothing())["access"])
        secret = call.portal.box.open(str(access.secret))
        issuer = f"Bureau virtuel · {access.organisation}"[:60]
        return {"secret": secret, "address": provisioning_uri(secret, access.mail, issuer)}


def package(call: Call, _body: Nothing) -> Page:
    """What waits behind a recipient's door."""
    found = outsiders.waiting(call.portal.desk, call["access"], now=call.now)
    return {**asdict(found), "expires_at": iso(found.expires_at)}


def attest(call: Call, body: Statement) -> Page:
    """Say that a recalled package was destroyed."""
    outsiders.attest_outside(call.portal.desk, call["access"], body.message, now=call.now)
    return package(call, Nothing())


def delivery(call: Call, _body: Nothing) -> Page:
    """The import behind a provider's door."""
    door.require_open(call.portal.store, call["access"], Purpose.IMPORT, call.now)
    with call.portal.store.read() as session:
        request = load(session, request_of(call))
        return {**views.shown(request), "editable": may_act(request.state, Act.EDIT), "timeline": []}


def declare(call: Call, body: Declared) -> Page:
    """Say what the files are."""
    said = Declaration(body.content, body.origin, body.legal_basis, body.licence, body.health_data)
    composing.declare(call.portal.imports, request_of(call), said, by(call))
    return delivery(call, Nothing())


def remove_file(call: Call, body: ReceivedFile) -> Page:
    """Take a file out."""
    composing.remove_file(call.portal.imports, request_of(call), body.file_id, by(call))
    return delivery(call, Nothing())


def submit(call: Call, _body: Nothing) -> Page:
    """Seal what was sent."""
    composing.submit(call.portal.imports, request_of(call), by(call))
    return delivery(call, Nothing())


def by(call: Call) -> By:
    """The outside provider, once the door is known to be open."""
    door.require_open(call.portal.store, call["access"], Purpose.IMPORT, call.now)
    return By.outside(call["access"], call.now)


def request_of(call: Call) -> str:
    """The import behind the door."""
    with call.portal.store.read() as session:
        return by_id(session, call["access"]).request_id
