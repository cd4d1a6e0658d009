"""Our side of a bench: people of a throw-away installation, signed in with both factors, in running workspaces."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pyotp

from hub_extensions.client import WorkbenchClient
from hub_extensions.opening import open_box, open_store
from hub_extensions.settings import Settings
from project_spaces.accounts import Accounts
from project_spaces.errors import Conflict
from project_spaces.memberships import grant_membership
from project_spaces.people import create_person
from project_spaces.projects import create_project
from project_spaces.quotas import Quota
from project_spaces.store import Store

INSTALLATION = "system:installation"
PERSON = "ana"
PROJECT = "mesure"
#: Workspaces that start at the same time: more would wait for the processor, not for us.
STARTS_AT_ONCE = 3


@asynccontextmanager
async def analyst(settings: Settings, person: str = PERSON, *, leaves: bool = True) -> AsyncIterator[WorkbenchClient]:
    """Yield a signed-in person whose workspace of ``PROJECT`` runs.

    Parameters
    ----------
    settings
        of a running installation.
    leaves
        whether the workspace is stopped afterwards; one that was cut meanwhile can't be.
    """
    password = secrets.token_urlsafe(24)
    totp = await asyncio.to_thread(_enrol, settings, person, password)
    async with WorkbenchClient(settings.public_url, person, password, totp.now) as client:
        await client.start_workspace(PROJECT)
        try:
            yield client
        finally:
            if leaves:
                await client.stop_workspace(PROJECT)


def make_project(settings: Settings, store: Store, now: datetime) -> None:
    """Make ``PROJECT``, once."""
    quota = Quota(settings.default_cpu, settings.default_memory_mb, settings.default_pids)
    window = {"starts_at": now - timedelta(minutes=1), "ends_at": now + timedelta(days=1)}
    acted = {"actor": INSTALLATION, "now": now}
    with contextlib.suppress(Conflict):
        create_project(store, slug=PROJECT, title="Mesure", purpose="Banc d'essai.", quota=quota, **window, **acted)


def _enrol(settings: Settings, person: str, password: str) -> pyotp.TOTP:
    store, now = open_store(settings), datetime.now(UTC)
    acted = {"actor": INSTALLATION, "now": now}
    with contextlib.suppress(Conflict):
        create_person(store, username=person, display_name="Ana Mesure", email=f"{person}@example.org", **acted)
    make_project(settings, store, now)
    window = {"starts_at": now - timedelta(minutes=1), "ends_at": now + timedelta(days=1)}
    grant_membership(store, person=person, project=PROJECT, **window, **acted)
    accounts = Accounts(store, open_box(settings))
    activation = accounts.create(person, **acted)
    totp = pyotp.TOTP(accounts.enrol(activation, password, now=now).secret)
    # The code of the step before: a code opens only once, and the sign-in that follows needs the present one.
    earlier = now - timedelta(seconds=totp.interval)
    accounts.confirm_enrolment(activation, totp.at(earlier), now=earlier)
    return totp
