"""The auditor's work of every month, and the meter of what is shown."""

from datetime import date, timedelta
from typing import ClassVar, Final

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.verbs import controls
from project_spaces.text import Text

#: The days before and after the one that is shown.
_BESIDE: Final = (("before", -1), ("after", 1))


class ControlsPage(PageHandler):
    """Every scope and period."""

    template = "audit_controls.html"

    async def page(self) -> Page:
        """Where each control stands."""
        return {**await self.run(controls.overview, Nothing()), "section": "controls"}


class ControlPage(PageHandler):
    """One period: hits to decide, and the signature."""

    template = "audit_control.html"
    acts: ClassVar = {
        "mark": Form(
            controls.mark, Text("Constats traités.", "Findings decided."), controls.MarkHits, frozenset({"entries"})
        ),
        "sign": Form(controls.sign, Text("Contrôle signé, inscrit au journal.", "Control signed and recorded.")),
        "hold": Form(controls.place_hold, Text("Effacement suspendu.", "Deletion suspended."), controls.Why),
        "lift": Form(controls.lift_hold, Text("L'effacement reprend.", "Deletion goes on."), controls.Why),
    }

    async def page(self) -> Page:
        """Everything to go through."""
        return {"control": await self.run(controls.control, Nothing()), "section": "controls"}


class EgressPage(PageHandler):
    """What was shown to whom."""

    template = "audit_egress.html"
    acts: ClassVar = {
        "lift": Form(controls.lift_pause, Text("L'affichage reprend.", "Output flows again."), controls.Lift)
    }

    async def page(self) -> Page:
        """The meter, and one day by hours."""
        asked = {"day": day} if (day := self.get_query_argument("day", "")) else {}
        found = await self.run(controls.meter, self.parsed(controls.Day, asked))
        beside = {name: (date.fromisoformat(found["day"]) + timedelta(days=step)).isoformat() for name, step in _BESIDE}
        return {**found, **beside, "section": "egress"}
