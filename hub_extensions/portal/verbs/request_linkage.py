"""The section of a request's form on the linkage that is asked for: most requests ask for none."""

from typing import Annotated

from pydantic import Field

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, parse
from hub_extensions.portal.verbs.request_sections import Long, Slug
from hub_extensions.portal.verbs.requests import edit
from project_spaces.errors import Invalid
from project_spaces.requests.forms import RequestForm
from project_spaces.requests.linkage_asked import LinkageAsked, LinkageWay
from project_spaces.text import Text

HOW = Text(
    "Vous décrivez un appariement : dites s'il est direct ou indirect, ou videz les champs.",
    "You describe a linkage: say whether it is direct or indirect, or empty the fields.",
)


class LinkagePart(Input):
    """The linkage that is asked for; without a *way*, none is."""

    way: LinkageWay | None = None
    datasets: Annotated[tuple[Slug, ...], Field(max_length=50)] = ()
    cohort: Long = ""
    criteria: Long = ""
    why: Long = ""


def save_linkage(call: Call, body: LinkagePart) -> Page:
    """Keep which linkage is asked for, or that none is; what was described without saying how is not lost."""
    words = {"cohort": body.cohort, "criteria": body.criteria, "why": body.why}
    said = {"way": body.way, "datasets": body.datasets, **words}
    asked = None if body.way is None else parse(LinkageAsked, said)

    def change(form: RequestForm) -> RequestForm:
        if asked is None and form.linkage is None and any(words.values()):
            raise Invalid(HOW, [HOW])
        return form.model_copy(update={"linkage": asked})

    edit(call, change)
    return {"id": call["request"], "next": "people"}
