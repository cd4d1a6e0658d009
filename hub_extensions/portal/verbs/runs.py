"""Runs of templates: told before the first cell, so that the ledger says which notebook the cells belong to."""

import asyncio
import hashlib
from typing import Annotated

from pydantic import Field

from audit.canonical import reserialise
from audit.events import Event, Kind
from hub_extensions.notebooks.catalogue import Value, find_template, notebook_path
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input
from project_spaces.access import require
from project_spaces.decisions import Action


class NewRun(Input):
    """A run about to begin; *run_id* names the notebook that it will leave."""

    template: Annotated[str, Field(max_length=30)]
    run_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    parameters: dict[Annotated[str, Field(max_length=64)], Value] = Field(default={}, max_length=100)


async def announce(call: Call, body: NewRun) -> Page:
    """Record that I am about to run a template; its cells are recorded one by one when they come."""
    return await asyncio.to_thread(_announce, call, body)


def _announce(call: Call, body: NewRun) -> Page:
    template = find_template(body.template)
    values = template.values(body.parameters)
    with call.portal.store.read() as session:
        require(session, call.actor, Action.OPEN_WORKSPACE, now=call.now, project_slug=call["project"])
    notebook = hashlib.sha256(notebook_path(template).read_bytes()).hexdigest()
    told = {"template": template.slug, "version": template.version, "notebook_sha256": notebook}
    # What a person chooses stays in the sealed part: leaves are for everybody to read.
    chosen = reserialise({"run": body.run_id, "parameters": dict(values)})
    event = Event(Kind.JOB_RUN, call.actor, call["project"], call.now, told, chosen)
    call.portal.store.record(event)
    return {**told, "run": body.run_id}
