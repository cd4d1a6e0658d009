"""Our side of a bench: people of a throw-away installation, signed in with both factors, in running workspaces."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pyotp

from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.installation.opening import open_box, open_store
from hub_extensions.settings import Settings
from project_spaces.accounts import Accounts
from project_spaces.errors import Conflict
from project_spaces.habilitations import grant_habilitation
from project_spaces.memberships import grant_membership
from project_spaces.people import create_person
from project_spaces.projects import create_project
from project_spaces.quotas import Quota

INSTALLATION = "system:installation"
PERSON = "ana"
PROJECT = "mesure"
#: Workspaces that start at the same time: more would wait for the processor, not for us.
STARTS_AT_ONCE = 3


@asynccontextmanager
async def analyst(
    settings: Settings, person: str = PERSON, *, datasets: Sequence[str] = (), leaves: bool = True
) -> AsyncIterator[WorkbenchClient]:
    """Yield a signed-in person whose workspace of ``PROJECT`` runs.

    Parameters
    ----------
    settings
        of a running installation that does not know *person* yet.
    datasets
        registered data sets that the workspace mounts.
    leaves
        whether the workspace is stopped afterwards; one that was cut meanwhile can't be.
    """
    password = secrets.token_urlsafe(24)
    totp = await asyncio.to_thread(enrol, settings, person, password, datasets)
    async with WorkbenchClient(settings.public_url, person, password, totp.now) as client:
        await client.start_workspace(PROJECT)
        try:
            yield client
        finally:
            if leaves:
                await client.stop_workspace(PROJECT)


def enrol(
    settings: Settings, person: str, password: str, datasets: Sequence[str], project: str = PROJECT
) -> pyotp.TOTP:
    """Register a person with an account of both factors, a place in *project* and a right on each data set."""
    store, now = open_store(settings), datetime.now(UTC)
    acted = {"actor": INSTALLATION, "now": now}
    # Further away than the first notice of an end, which would stand under the first cell.
    window = {"starts_at": now - timedelta(minutes=1), "ends_at": now + timedelta(days=60)}
    create_person(store, username=person, display_name="Ana Mesure", email=f"{person}@example.org", **acted)
    quota = Quota(settings.default_cpu, settings.default_memory_mb, settings.default_pids)
    with contextlib.suppress(Conflict):  # another person's bench made it
        create_project(store, slug=project, title="Mesure", purpose="Banc d'essai.", quota=quota, **window, **acted)
    grant_membership(store, person=person, project=project, **window, **acted)
    for dataset in datasets:
        grant_habilitation(store, person=person, project=project, dataset=dataset, **window, **acted)
    accounts = Accounts(store, open_box(settings))
    activation = accounts.create(person, **acted)
    totp = pyotp.TOTP(accounts.enrol(activation, password, now=now).secret)
    # The code of the step before: a code opens only once, and the sign-in that follows needs the present one.
    earlier = now - timedelta(seconds=totp.interval)
    accounts.confirm_enrolment(activation, totp.at(earlier), now=earlier)
    return totp
