"""What the play needs before it begins: data sets on disk, people, projects, rights. Doing it again changes nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hub_extensions.clients.person import ApiProblem, WorkbenchClient
from hub_extensions.demo.cast import ADMINISTRATOR, ANALYST, CAST, OTHER_ANALYST, Players, Role
from hub_extensions.demo.catalogue import catalogue, install
from hub_extensions.installation.opening import open_box, open_layout, open_store
from hub_extensions.settings import Settings
from project_spaces.accounts import Accounts
from project_spaces.decisions import Action
from project_spaces.errors import Conflict
from project_spaces.people import create_person, grant_role, subject_of

INSTALLATION = "system:installation"
PROJECT = "readmission"
OTHER_PROJECT = "cohorte"
OPEN_DATA = "diabetes130"
#: In the catalogue, but Ana holds no habilitation for it: it must not appear in her workspace.
NOT_HERS = "omop-1001"

PROJECTS: dict[str, dict[str, Any]] = {
    PROJECT: {
        "title": "Réadmissions à 30 jours",
        "purpose": "Part des séjours suivis d'une réadmission dans les 30 jours, par âge, pour l'évaluation des soins.",
    },
    OTHER_PROJECT: {"title": "Cohorte OMOP", "purpose": "Parcours de soins d'une cohorte fictive au format OMOP."},
}
MEMBERS = ((PROJECT, ANALYST, "lead"), (OTHER_PROJECT, OTHER_ANALYST, "lead"))
HABILITATIONS = ((PROJECT, ANALYST, OPEN_DATA), (OTHER_PROJECT, OTHER_ANALYST, NOT_HERS))


def register_data(settings: Settings) -> None:
    """Turn the shipped files into registered versions; those that are there stay."""
    slugs = [dataset.slug for dataset in catalogue()]
    install(open_store(settings), open_layout(settings), slugs, actor=INSTALLATION, now=datetime.now(UTC))


def first_administrator(settings: Settings) -> str | None:
    """Make the first administrator as the installation; returns the activation code when the account is new."""
    store, now = open_store(settings), datetime.now(UTC)
    role = ADMINISTRATOR
    try:
        create_person(
            store,
            username=role.username,
            display_name=role.display_name,
            email=_address(role),
            actor=INSTALLATION,
            now=now,
        )
        for each in role.roles:
            grant_role(store, role.username, each, actor=INSTALLATION, now=now)
    except Conflict:
        with store.read() as session:
            if subject_of(session, role.username, Action.SIGN_IN).second_factor:
                return None
    return Accounts(store, open_box(settings)).create(role.username, actor=INSTALLATION, now=now)


async def enrol(players: Players, username: str, activation: str) -> None:
    """Open the account through the enrolment page."""
    client = players.client(username)
    try:
        await client.enrol(activation, lambda secret: players.code(username, secret))
    finally:
        await client.session.close()


async def build(administrator: WorkbenchClient, players: Players, cast: Sequence[Role] = CAST[1:]) -> None:
    """Make *cast*, the projects, and the cast's memberships and habilitations through the administration's API."""
    for role in cast:
        activation = await _person(administrator, players, role)
        if activation is not None:
            await enrol(players, role.username, activation)
    for slug, facts in PROJECTS.items():
        body = {"slug": slug, **facts, "starts_at": day(0), "ends_at": day(365), "quota": {"cpu": 2.0}}
        await once(administrator, "/admin/projects", body)
    for project, role, part in (each for each in MEMBERS if each[1] in cast):
        body = {"username": role.username, "role": part, "ends_at": day(300)}
        if not await _has(administrator, project, "memberships", role.username):
            await administrator.api("POST", f"/admin/projects/{project}/memberships", body)
    for project, role, dataset in (each for each in HABILITATIONS if each[1] in cast):
        await habilitate(administrator, project, role.username, dataset)


async def habilitate(administrator: WorkbenchClient, project: str, username: str, dataset: str) -> None:
    """Grant a habilitation unless one holds."""
    if await _has(administrator, project, "habilitations", username, dataset):
        return
    body = {"username": username, "dataset": dataset, "ends_at": day(180), "reason": "Démonstration"}
    await administrator.api("POST", f"/admin/projects/{project}/habilitations", body)


async def once(client: WorkbenchClient, path: str, body: dict[str, Any]) -> Any:
    """Create, and take an existing one for done."""
    try:
        return await client.api("POST", path, body)
    except ApiProblem as problem:
        if problem.status != 409:
            raise
        return None


def day(days: int) -> str:
    """Return the date *days* from now."""
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


async def _person(administrator: WorkbenchClient, players: Players, role: Role) -> str | None:
    body = {"username": role.username, "display_name": role.display_name, "email": _address(role)}
    made = await once(administrator, "/admin/people", body)
    for each in role.roles:
        await administrator.api("POST", "/admin/roles", {"username": role.username, "role": each.value})
    if made is None and players.get(role.username).secret:
        return None
    if made is None:
        made = await administrator.api("POST", "/admin/activations", {"username": role.username})
    return str(made["activation_code"])


async def _has(client: WorkbenchClient, project: str, what: str, username: str, dataset: str = "") -> bool:
    page = await client.api("GET", f"/admin/projects/{project}")
    return any(
        row["username"] == username and row.get("dataset", "") in {dataset, ""} and row["state"] == "current"
        for row in page[what]
    )


def _address(role: Role) -> str:
    return f"{role.username}@example.org"
