"""Our side of a bench: a throw-away installation, one person in one project, signed in with both factors."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pyotp

from hub_extensions.client import WorkbenchClient
from hub_extensions.opening import open_box, open_store
from hub_extensions.settings import Settings
from project_spaces.accounts import Accounts
from project_spaces.memberships import grant_membership
from project_spaces.people import create_person
from project_spaces.projects import create_project
from project_spaces.quotas import Quota

INSTALLATION = "system:installation"
PERSON = "ana"
PROJECT = "mesure"


@asynccontextmanager
async def analyst(settings: Settings) -> AsyncIterator[WorkbenchClient]:
    """Yield a signed-in person whose workspace of ``PROJECT`` runs; no data set is mounted.

    Parameters
    ----------
    settings
        of a running installation that knows nobody yet.
    """
    password = secrets.token_urlsafe(24)
    totp = await asyncio.to_thread(_enrol, settings, password)
    async with WorkbenchClient(settings.public_url, PERSON, password, totp.now) as client:
        await client.start_workspace(PROJECT)
        try:
            yield client
        finally:
            await client.stop_workspace(PROJECT)


def _enrol(settings: Settings, password: str) -> pyotp.TOTP:
    store, now = open_store(settings), datetime.now(UTC)
    acted = {"actor": INSTALLATION, "now": now}
    window = {"starts_at": now - timedelta(minutes=1), "ends_at": now + timedelta(days=1)}
    create_person(store, username=PERSON, display_name="Ana Mesure", email="ana@example.org", **acted)
    quota = Quota(settings.default_cpu, settings.default_memory_mb, settings.default_pids)
    create_project(store, slug=PROJECT, title="Mesure", purpose="Banc d'essai.", quota=quota, **window, **acted)
    grant_membership(store, person=PERSON, project=PROJECT, **window, **acted)
    accounts = Accounts(store, open_box(settings))
    activation = accounts.create(PERSON, **acted)
    totp = pyotp.TOTP(accounts.enrol(activation, password, now=now).secret)
    # The code of the step before: a code opens only once, and the sign-in that follows needs the present one.
    earlier = now - timedelta(seconds=totp.interval)
    accounts.confirm_enrolment(activation, totp.at(earlier), now=earlier)
    return totp
