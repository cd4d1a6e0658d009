"""The public catalogue: search, cards, dictionaries, linked data and samples, for everybody, without signing in."""

import asyncio
import json
import os
from typing import Any
from urllib.parse import urlencode

from hub_extensions.datasets.catalogue_sheets import open_sample
from hub_extensions.portal.base import NOT_HERE
from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.public import PublicPage, ReadyPages
from hub_extensions.portal.verbs import catalogue
from project_spaces.catalogue.dcat import MEDIA_TYPE
from project_spaces.errors import NotFound

#: Sizes in which a sample is sent (bytes).
_CHUNK = 1 << 18
_SAMPLE_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".zip": "application/zip",
    ".parquet": "application/vnd.apache.parquet",
}


class CataloguePage(PublicPage):
    """Base of the catalogue's pages: written once for each state of the catalogue, then kept ready."""

    section = "catalogue"

    def data(self, value: Any, media_type: str, *, file: str | None = None) -> None:
        """Finish with a document for programs."""
        self.set_header("Content-Type", media_type)
        self.set_header("Access-Control-Allow-Origin", "*")
        self.set_header("Cross-Origin-Resource-Policy", "cross-origin")
        if file is not None:
            self.set_header("Content-Disposition", f'attachment; filename="{file}"')
        self.keep()
        self.finish(json.dumps(value, ensure_ascii=False, indent=1))

    def wants_linked_data(self) -> bool:
        """Tell whether the reader is a program that asks for JSON-LD rather than a page."""
        accepted = self.request.headers.get("Accept", "")
        return MEDIA_TYPE in accepted and "text/html" not in accepted

    async def show(self, error: Any = None, **extra: Any) -> None:
        """Write the page, or the one that is ready for this state, language and address."""
        snapshot = await asyncio.to_thread(self.portal.catalogue.current, self.portal.clock())
        ready: ReadyPages = self.application.settings.setdefault("ready_pages", ReadyPages())
        key = (snapshot.number, self.lang, self.request.uri, self.portal.trial)
        html = ready.get(key)
        if html is None:
            html = self.render_page(self.template, error=error, **{**await self.page(), **extra})
            ready.put(key, html)
        else:
            self.remember_language()
        self.keep()
        await self.finish(html)


class ListPage(CataloguePage):
    """Search and facets."""

    template = "catalogue.html"

    async def get(self, **_path: str) -> None:
        """Show the list, or the whole catalogue as linked data."""
        if self.wants_linked_data():
            self.data(await self.run(catalogue.linked_catalogue, Nothing()), MEDIA_TYPE)
            return
        await self.show()

    async def page(self) -> Page:
        """What was found, and the address of every other choice."""
        asked = self._asked()
        found = await self.run(catalogue.search, self.parsed(catalogue.Search, asked))
        return {
            **found,
            "asked": asked,
            "chosen": {name: asked[name] for name in ("theme", "owner", "classification") if name in asked},
            "link": lambda **changes: self._link(asked, changes),
        }

    def _asked(self) -> dict[str, str]:
        names = (name for name in self.request.query_arguments if name != "lang")
        return {name: value for name in names if (value := self.get_query_argument(name))}

    def _link(self, asked: dict[str, str], changes: dict[str, Any]) -> str:
        """Return this search with other choices, from its first page unless another is named."""
        wanted = {**{name: value for name, value in asked.items() if name != "after"}, **changes}
        query = urlencode({name: value for name, value in wanted.items() if value is not None})
        return f"{self.prefix}catalogue" + (f"?{query}" if query else "")


class CardPage(CataloguePage):
    """One data set."""

    template = "catalogue_dataset.html"

    async def get(self, **_path: str) -> None:
        """Show the card, or the data set as linked data."""
        if self.wants_linked_data():
            self.data(await self.run(catalogue.linked, Nothing()), MEDIA_TYPE)
            return
        address = f"{self.request.path}.jsonld"
        self.set_header("Link", f'<{address}>; rel="alternate"; type="{MEDIA_TYPE}"')
        await self.show()

    async def page(self) -> Page:
        """The card."""
        return {"dataset": await self.run(catalogue.dataset, Nothing())}


class TablePage(CataloguePage):
    """The dictionary of one table."""

    template = "catalogue_table.html"

    async def page(self) -> Page:
        """The table."""
        return await self.run(catalogue.table, Nothing())


class SchemaHandler(CataloguePage):
    """The dictionary as Table Schema."""

    async def get(self, **_path: str) -> None:
        """Send it."""
        name = f"{self.path_kwargs['dataset']}-{self.path_kwargs['table']}.schema.json"
        self.data(await self.run(catalogue.schema, self.lang), "application/json", file=name)


class LinkedHandler(CataloguePage):
    """One data set as DCAT-AP."""

    async def get(self, **_path: str) -> None:
        """Send it."""
        self.data(await self.run(catalogue.linked, Nothing()), MEDIA_TYPE)


class LinkedCatalogueHandler(CataloguePage):
    """The catalogue as DCAT-AP."""

    async def get(self, **_path: str) -> None:
        """Send it."""
        self.data(await self.run(catalogue.linked_catalogue, Nothing()), MEDIA_TYPE)


class SampleHandler(CataloguePage):
    """The sample of a data set: made-up rows, or an extract of open data."""

    async def get(self, **_path: str) -> None:
        """Send it as a file to keep."""
        card = await self.run(catalogue.dataset, Nothing())
        sample = card["sample"]
        if sample is None:
            raise NotFound(catalogue.NOT_PUBLIC)
        source = await asyncio.to_thread(open_sample, self.portal.layout, card["slug"], card["version"], sample["file"])
        suffix = os.path.splitext(sample["file"])[1]  # noqa: PTH122 - a name, checked by the card's model
        self.set_header("Content-Type", _SAMPLE_TYPES[suffix])
        self.set_header("Content-Disposition", f'attachment; filename="{card["slug"]}-{sample["file"]}"')
        self.keep()
        with os.fdopen(source, "rb") as stream:
            while chunk := await asyncio.to_thread(stream.read, _CHUNK):
                self.write(chunk)
                await self.flush()
        await self.finish()


class UnknownEntry(CataloguePage):
    """Any other address below the catalogue."""

    async def get(self, **_path: str) -> None:
        """Answer as for a data set that is not public."""
        self.answer_error(NotFound(NOT_HERE))
