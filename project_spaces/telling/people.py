"""What people are told of their roles and accounts: an administrator's session may be stolen, and its acts look alike.

So whoever gains or loses hears of it where the thief does not read, and every administrator hears of a new one.
"""

from collections.abc import Iterable
from datetime import datetime

from project_spaces.facts import PlatformRole
from project_spaces.notifications import Topic, notify, write_to
from project_spaces.records.people import ROLE_LABELS, Person
from project_spaces.store import WriteSession
from project_spaces.text import Text

REOPENED = Text(
    "Votre compte est rouvert. Si vous n'en savez rien, prévenez aussitôt un administrateur.",
    "Your account is open again. If that is news to you, tell an administrator at once.",
)
CLOSED = Text(
    "Votre compte est fermé : adressez-vous à l'autorité d'enregistrement si c'est une erreur.",
    "Your account is closed: ask the registration authority if that is a mistake.",
)
REPLACED = Text(
    "Un nouveau code d'activation a été émis pour votre compte : votre mot de passe et votre second facteur ne valent "
    "plus. Si vous ne l'avez pas demandé, prévenez aussitôt un administrateur.",
    "A new activation code was issued for your account: your password and second factor are no longer valid. If you "
    "did not ask for that, tell an administrator at once.",
)


def tell_granted(
    session: WriteSession, username: str, role: PlatformRole, administrators: Iterable[Person], *, now: datetime
) -> None:
    """Tell a person of a new role; of a new administrator the others hear, the one whose session did it as well."""
    label = ROLE_LABELS[role]
    text = Text(
        f"Un rôle vous est confié sur la plateforme : {label.fr}.", f"You are given a role on the platform: {label.en}."
    )
    notify(session, to=username, kind=Topic.RIGHTS, text=text, link="habilitations", now=now)
    if role is not PlatformRole.ADMINISTRATOR:
        return
    text = Text(
        f"{username} administre désormais la plateforme. Si vous n'en savez rien, vérifiez qui l'a décidé.",
        f"{username} administers the platform from now on. If that is news to you, find out who decided it.",
    )
    for each in administrators:
        if each.username != username:
            link = f"admin/people/{username}"
            notify(session, to=each.username, kind=Topic.RIGHTS, text=text, link=link, now=now)


def tell_taken(session: WriteSession, username: str, role: PlatformRole, *, now: datetime) -> None:
    """Tell a person of a role that is gone."""
    label = ROLE_LABELS[role]
    text = Text(
        f"Un rôle vous est retiré sur la plateforme : {label.fr}.",
        f"A role of yours on the platform is withdrawn: {label.en}.",
    )
    notify(session, to=username, kind=Topic.RIGHTS, text=text, link="habilitations", now=now)


def tell_account(session: WriteSession, person: Person, *, was_active: bool, now: datetime) -> None:
    """Tell whose account was closed or reopened; a closed one has no pages, so its person gets a letter."""
    if was_active and person.disabled_at is not None:
        write_to(session, person.email, about=person.username, kind=Topic.ACCOUNT, text=CLOSED, now=now)
    elif not was_active and person.disabled_at is None:
        notify(session, to=person.username, kind=Topic.ACCOUNT, text=REOPENED, link="onboarding", now=now)


def tell_replaced(session: WriteSession, username: str, *, now: datetime) -> None:
    """Tell whose keys were replaced; nobody can be told at a closed account."""
    notify(session, to=username, kind=Topic.ACCOUNT, text=REPLACED, link="onboarding", now=now)
