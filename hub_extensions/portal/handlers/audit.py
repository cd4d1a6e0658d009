"""The audit page: search with a cursor, and the live verification."""

from typing import Any
from urllib.parse import urlencode

from audit.events import Kind
from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import parse
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.verbs import audit
from project_spaces.text import Text

FIELDS = ("kind", "person", "project", "since", "until")


class AuditPage(PageHandler):
    """Search and verify."""

    template = "audit.html"
    acts = {"verify": Form(audit.verify, Text("Journal vérifié.", "Ledger verified."))}  # noqa: RUF012

    async def page(self) -> Page:
        """One page of entries; looking at it is recorded."""
        asked = {name: value for name in FIELDS if (value := self.get_query_argument(name, ""))}
        cursor = {"before": before} if (before := self.get_query_argument("before", "")) else {}
        found = await self.run(audit.search, parse(audit.Search, {**asked, **cursor}))
        more = None if found["next"] is None else urlencode({**asked, "before": found["next"]})
        return {
            **found,
            "asked": {name: asked.get(name, "") for name in FIELDS},
            "kinds": [kind.value for kind in Kind],
            "more": more,
            "first": not cursor,
            "report": None,
        }

    async def after(self, form: Form, result: Any) -> None:  # noqa: ARG002 - there is one form
        """Show what the verification found."""
        await self.show(report=result)
