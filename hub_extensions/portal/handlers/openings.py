"""The stewards' pages: who opened the data that they answer for."""

from typing import Any
from urllib.parse import urlencode

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import FileHandler, PageHandler
from hub_extensions.portal.verbs import openings, readers


class OwnDatasetsPage(PageHandler):
    """The data sets that the caller answers for."""

    template = "openings.html"

    async def page(self) -> Page:
        """How often each was opened."""
        return await self.run(openings.owned, Nothing())


class OpeningsPage(PageHandler):
    """Who opened one of them, when, from which project."""

    template = "openings_dataset.html"

    async def page(self) -> Page:
        """One page of openings, and the summary."""
        asked = _asked(self, ("since", "until", "before"))
        found = await self.run(openings.openings, self.parsed(openings.Openings, asked))
        period = {name: value for name, value in asked.items() if name != "before"}
        more = None if found["next"] is None else "?" + urlencode({**period, "before": found["next"]})
        chart = readers.chart(found, self.portal.local_now())
        table = "/openings.csv" + (f"?{urlencode(period)}" if period else "")
        return {**found, "asked": {"since": "", "until": ""} | asked, "more": more, "table": table, "chart": chart}


class OpeningsTable(FileHandler):
    """The openings for a spreadsheet."""

    async def get(self, **_path: str) -> None:
        """Send them."""
        found = await self.run(openings.table, self.parsed(openings.Period, _asked(self, ("since", "until"))))
        self.attach(f"{found['dataset']}-ouvertures.csv", "text/csv; charset=utf-8", openings.as_csv(found).encode())


def _asked(handler: Any, names: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name in names if (value := handler.get_query_argument(name, ""))}
