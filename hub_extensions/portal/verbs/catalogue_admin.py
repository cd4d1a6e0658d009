"""Showing a data set's card to everybody, or to nobody outside any more: for whoever speaks for its owner."""

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input
from project_spaces.catalogue.publications import set_public


class Publication(Input):
    """Whether everybody may see the card."""

    public: bool


class PublicationOf(Publication):
    """The same where the address names no data set."""

    dataset: str


def publish(call: Call, body: Publication) -> Page:
    """Show the card of a data set in the public catalogue, or take it out."""
    return _set(call, call["dataset"], public=body.public)


def publish_named(call: Call, body: PublicationOf) -> Page:
    """Do so from the list of data sets."""
    return _set(call, body.dataset, public=body.public)


def _set(call: Call, dataset: str, *, public: bool) -> Page:
    set_public(call.portal.store, dataset, public=public, actor=call.actor, now=call.now)
    return {"dataset": dataset, "public": public}
