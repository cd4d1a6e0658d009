"""The sections of a request's form: what each shows, and what saving it changes. Each is kept as a draft by itself."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.dictionary import tables_of
from hub_extensions.portal.inputs import Input, Nothing, parse
from hub_extensions.portal.verbs.request_shapes import choices, dataset_of, home_organisation
from hub_extensions.portal.verbs.requests import detail, edit
from hub_extensions.portal.words import MEMBER_LABELS, both
from project_spaces.datasets import Dataset, list_datasets
from project_spaces.errors import NotFound
from project_spaces.facts import Classification, MemberRole
from project_spaces.requests.forms import (
    FORBIDDEN_LABELS,
    IDENTIFIER_LABELS,
    LONGEST_MONTHS,
    PURPOSE_LABELS,
    DatasetAsked,
    Forbidden,
    Identifier,
    PersonAsked,
    Purpose,
    RequestForm,
    Resources,
)
from project_spaces.requests.gaps import is_askable
from project_spaces.requests.linkage_asked import WAY_LABELS
from project_spaces.requests.vetting import colleagues
from project_spaces.text import Text

Long = Annotated[str, Field(max_length=20_000)]
Line = Annotated[str, Field(max_length=200)]
Slug = Annotated[str, Field(max_length=30)]

#: Sections in the order of the form, and the fields that each holds.
SECTIONS: Mapping[str, Text] = {
    "project": Text("Projet", "Project"),
    "purpose": Text("Finalité", "Purpose"),
    "data": Text("Données", "Data"),
    "linkage": Text("Appariement", "Linkage"),
    "people": Text("Personnes", "People"),
    "means": Text("Résultats et moyens", "Outputs and means"),
    "check": Text("Relire et déposer", "Check and submit"),
}
FIELDS: Mapping[str, str] = {
    "slug": "project",
    "title": "project",
    "organisation": "project",
    "controller": "project",
    "summary": "project",
    "purpose": "purpose",
    "public_interest": "purpose",
    "disclaimed": "purpose",
    "datasets": "data",
    "columns": "data",
    "identifiers": "data",
    "professionals": "data",
    "linkage": "linkage",
    "people": "people",
    "outputs": "means",
    "months": "means",
    "resources": "means",
}
NOT_ASKED = Text("Ce jeu de données n'est pas demandé ici.", "This data set is not asked for here.")


class ProjectPart(Input):
    """What the project is called and what it is about."""

    title: Line = ""
    slug: Slug = ""
    organisation: Line = ""
    controller: Line = ""
    summary: Long = ""


class PurposePart(Input):
    """What it is for, and what is ruled out."""

    purpose: Purpose | None = None
    public_interest: Long = ""
    disclaimed: frozenset[Forbidden] = frozenset()


class DataPart(Input):
    """Which data sets; what was said of those that stay is kept."""

    datasets: Annotated[tuple[Slug, ...], Field(max_length=50)] = ()


class ColumnsPart(Input):
    """Columns of one data set, and the justification of what is asked for that may point at somebody."""

    columns: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=5000)] = ()
    typed: Long = ""
    identifiers: frozenset[Identifier] = frozenset()
    why_birth_month: Long = ""
    why_commune: Long = ""
    why_care_dates: Long = ""
    why_death_date: Long = ""
    why_death_commune: Long = ""
    professionals: bool = False
    why_professionals: Long = ""


class NewPerson(Input):
    """Somebody who is to work in the project."""

    username: Annotated[str, Field(min_length=1, max_length=30)]
    role: MemberRole = MemberRole.ANALYST
    organisation: Line = ""


class OnePerson(Input):
    """Somebody who is no longer to."""

    username: Slug


class MeansPart(Input):
    """Outputs, duration and resources."""

    outputs: Long = ""
    months: Annotated[int, Field(ge=1, le=LONGEST_MONTHS)] = 12
    cpu: Annotated[float, Field(ge=0.1, le=1024)] = 1.0
    memory_mb: Annotated[int, Field(ge=256, le=4 * 1024 * 1024)] = 2048
    storage_gb: Annotated[int, Field(ge=1, le=1024 * 1024)] = 10
    gpu_count: Annotated[int, Field(ge=0, le=64)] = 0


def save_project(call: Call, body: ProjectPart) -> Page:
    """Keep the section on the project."""
    return _saved(call, "purpose", body.model_dump())


def save_purpose(call: Call, body: PurposePart) -> Page:
    """Keep the section on the purpose."""
    return _saved(call, "data", body.model_dump())


def save_data(call: Call, body: DataPart) -> Page:
    """Keep which data sets are asked for."""

    def change(form: RequestForm) -> RequestForm:
        kept = tuple(form.asked(slug) or DatasetAsked(dataset=slug) for slug in dict.fromkeys(body.datasets))
        return form.model_copy(update={"datasets": kept})

    edit(call, change)
    return {"id": call["request"], "next": _columns_or_linkage(body.datasets[:1])}


def save_columns(call: Call, body: ColumnsPart) -> Page:
    """Keep what is asked of one data set, and lead to the next one."""
    typed = tuple(part for part in body.typed.replace(",", " ").split() if part)
    said = {
        "dataset": call["dataset"],
        "columns": tuple(dict.fromkeys((*body.columns, *typed))),
        "identifiers": {each: getattr(body, f"why_{each.value}") for each in Identifier if each in body.identifiers},
        "professionals": body.why_professionals if body.professionals else None,
    }
    asked = parse(DatasetAsked, said)
    order: list[str] = []

    def change(form: RequestForm) -> RequestForm:
        if form.asked(asked.dataset) is None:
            raise NotFound(NOT_ASKED)
        order.extend(form.slugs)
        replaced = tuple(asked if each.dataset == asked.dataset else each for each in form.datasets)
        return form.model_copy(update={"datasets": replaced})

    edit(call, change)
    return {"id": call["request"], "next": _columns_or_linkage(order[order.index(asked.dataset) + 1 :])}


def add_person(call: Call, body: NewPerson) -> Page:
    """Name somebody; naming the same person again replaces what was said."""
    with call.portal.store.read() as session:
        known = body.username in colleagues(session, call.actor)
        organisation = body.organisation or (home_organisation(session, body.username) if known else "")
    added = PersonAsked(username=body.username, role=body.role, organisation=organisation)

    def change(form: RequestForm) -> RequestForm:
        others = tuple(each for each in form.people if each.username != added.username)
        return form.model_copy(update={"people": (*others, added)})

    edit(call, change)
    return {"id": call["request"], "next": "people"}


def remove_person(call: Call, body: OnePerson) -> Page:
    """Take somebody out."""

    def change(form: RequestForm) -> RequestForm:
        others = tuple(each for each in form.people if each.username != body.username)
        return form.model_copy(update={"people": others})

    edit(call, change)
    return {"id": call["request"], "next": "people"}


def save_means(call: Call, body: MeansPart) -> Page:
    """Keep the section on outputs, duration and resources."""
    resources = Resources(
        cpu_milli=round(body.cpu * 1000),
        memory_mb=body.memory_mb,
        storage_gb=body.storage_gb,
        gpu_count=body.gpu_count,
    )
    return _saved(call, "check", {"outputs": body.outputs, "months": body.months, "resources": resources})


def section(call: Call, name: str) -> Page:
    """What one section's page shows."""
    request = detail(call, Nothing())
    if not request["editable"]:
        raise NotFound(Text("Cette demande ne se modifie pas.", "This request can't be changed."))
    lacking = [each for each in request["gaps"] if FIELDS[each["field"]] == name]
    if name == "data" and "dataset" in call.path:
        lacking = [each for each in lacking if each["about"] == call["dataset"]]
    open_ = {FIELDS[each["field"]] for each in request["gaps"]}
    return {
        "request": request,
        "form": request["form"],
        "section": name,
        "sections": [
            {
                "name": each,
                "label": both(label),
                "current": each == name,
                "whole": each != "check" and each not in open_,
            }
            for each, label in SECTIONS.items()
        ],
        "gaps": lacking,
        "fields": FIELDS,
        **_choices(call, name, request),
    }


def _choices(call: Call, name: str, request: Page) -> dict[str, Any]:
    form = request["form"]
    if name == "purpose":
        chosen = [form["purpose"]] if form["purpose"] else []
        return {
            "purposes": choices(PURPOSE_LABELS, chosen),
            "forbidden": choices(FORBIDDEN_LABELS, form["disclaimed"]),
        }
    if name == "linkage":
        return {"ways": choices(WAY_LABELS, [form["linkage"]["way"]] if form["linkage"] else [])}
    if name == "people":
        return {"roles": choices(MEMBER_LABELS)}
    if name == "data":
        return _of_dataset(call, form) if "dataset" in call.path else {"datasets": _askable(call, form)}
    return {}


def _askable(call: Call, form: Page) -> list[Page]:
    """Every data set that may be asked for, and those that were asked for although they no longer may."""
    asked = {each["slug"] for each in form["datasets"]}
    with call.portal.store.read() as session:
        rows = [
            each
            for each in list_datasets(session)
            if is_askable(each) or (each.slug in asked and each.classification is not Classification.IDENTIFYING)
        ]
        return [{**dataset_of(session, each.slug, call.now), "chosen": each.slug in asked} for each in rows]


def _of_dataset(call: Call, form: Page) -> dict[str, Any]:
    asked = next((each for each in form["datasets"] if each["slug"] == call["dataset"]), None)
    if asked is None:
        raise NotFound(NOT_ASKED)
    with call.portal.store.read() as session:
        askable = is_askable(session.get(Dataset, call["dataset"]))
        tables = tables_of(session, call.portal.layout, call["dataset"], call.now) if askable else ()
    known = {each.name for table in tables for each in table.variables}
    said = {each["value"]: each["why"] for each in asked["identifiers"]}
    return {
        "asked": asked,
        "tables": tables,
        "unlisted": [each for each in asked["columns"] if each not in known],
        "identifiers": [
            {"value": each.value, "label": both(label), "chosen": each.value in said, "why": said.get(each.value, "")}
            for each, label in IDENTIFIER_LABELS.items()
        ],
    }


def _columns_or_linkage(left: Sequence[str]) -> str:
    """What comes next: the columns of the first data set that is *left*. Whatever it is called is one part."""
    return f"data/{quote(left[0], safe='')}" if left else "linkage"


def _saved(call: Call, following: str, part: dict[str, Any]) -> Page:
    edit(call, lambda form: form.model_copy(update=part))
    return {"id": call["request"], "next": following}
