"""The auditor's pages on data sets, and a search that leaves as a file."""

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import FileHandler, PageHandler
from hub_extensions.portal.verbs import audit_export, readers
from project_spaces.errors import BureauError


class AuditDatasetsPage(PageHandler):
    """Every data set."""

    template = "audit_datasets.html"

    async def page(self) -> Page:
        """How often each was opened."""
        return {**await self.run(readers.datasets, Nothing()), "section": "datasets"}


class ReadersPage(PageHandler):
    """Who opened one data set, when."""

    template = "audit_dataset.html"

    async def page(self) -> Page:
        """The table and the chart."""
        found = await self.run(readers.readers, Nothing())
        return {
            **found,
            "chart": readers.chart(found, self.portal.local_now()),
            "section": "datasets",
        }


class ReadersTable(FileHandler):
    """The same for a spreadsheet."""

    async def get(self, **_path: str) -> None:
        """Send it."""
        found = await self.run(readers.readers, Nothing())
        name = f"{found['dataset']['slug']}-acces.csv"
        self.attach(name, "text/csv; charset=utf-8", readers.as_csv(found).encode())


class ExportHandler(FileHandler):
    """A search as a file to keep: it leaves the platform, so never by GET."""

    async def get(self, **_path: str) -> None:
        """Nothing leaves by looking."""
        self.go(self.prefix + "audit")

    async def post(self, **_path: str) -> None:
        """Send it."""
        fields = {name: value for name in self.request.body_arguments if (value := self.get_body_argument(name))}
        fields.pop("_xsrf", None)
        try:
            made = await self.run(audit_export.package, self.parsed(audit_export.Export, fields))
        except BureauError as error:
            self.answer_error(error)
            return
        self.attach(made.name, made.media_type, made.data)
