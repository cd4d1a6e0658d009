"""What pages show of a project's files counts as output does: code that runs inside chooses names and findings."""

from audit.canonical import reserialise
from audit.events import Event, Kind
from audit.sealing import bucket
from hub_extensions.portal.context import Call, Page

#: Stands for the portal where a kernel's connection stands for itself.
LABEL = "portal"


def metered(call: Call, page: Page) -> Page:
    """Return *page*, about the files of the project that the address names, once it is counted and recorded.

    Raises
    ------
    OverBudget
        the caller's output in this project is paused.
    Unavailable
        it can't be counted, or not recorded.
    """
    size, project = len(reserialise(page)), call["project"]
    call.portal.counts.show(call.actor, project, size, now=call.now, default=call.portal.egress_budget)
    facts = {"label": LABEL, "bytes": bucket(size)}
    call.portal.store.record(
        Event(Kind.OUTPUT_COUNT, call.actor, project, call.now, facts, private={"bytes": str(size)})
    )
    return page
