"""Pages of requests for access: my requests, the form in sections, one request with its steps, its agreement, print."""

from collections import defaultdict
from typing import Any, ClassVar

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import FileHandler, Form, PageHandler
from hub_extensions.portal.verbs import instruction, request_linkage, request_sections, requests
from project_spaces.errors import BureauError
from project_spaces.text import Text

KEPT = Text("Enregistré.", "Saved.")


def _form(result: Any) -> str:
    return f"requests/{result['id']}/form/{result['next']}"


def _status(result: Any) -> str:
    return f"requests/{result['id']}"


BEGIN = Form(
    requests.begin,
    Text("Brouillon ouvert : chaque section s'enregistre à part.", "Draft opened: each section is saved by itself."),
    requests.Begin,
    next=lambda result: f"requests/{result['id']}/form/project",
)


class RequestsPage(PageHandler):
    """My requests."""

    template = "requests.html"
    acts: ClassVar = {"begin": BEGIN}

    async def page(self) -> Page:
        """Mine, and those in which I am named."""
        return await self.run(requests.mine, Nothing())


class NewRequestPage(PageHandler):
    """Where the catalogue leads: a data set, what asking for it means, and the button that begins a request."""

    template = "request_new.html"
    acts: ClassVar = {"begin": BEGIN}

    async def page(self) -> Page:
        """The data set that the address names, and my drafts that ask for it already."""
        asked = requests.Begin(dataset=self.get_query_argument("dataset", "")[:30])
        return await self.run(requests.about, asked)


class SectionPage(PageHandler):
    """One section of the form of a draft."""

    acts: ClassVar = {
        "save_project": Form(request_sections.save_project, KEPT, request_sections.ProjectPart, next=_form),
        "save_purpose": Form(
            request_sections.save_purpose, KEPT, request_sections.PurposePart, frozenset({"disclaimed"}), next=_form
        ),
        "save_data": Form(
            request_sections.save_data, KEPT, request_sections.DataPart, frozenset({"datasets"}), next=_form
        ),
        "save_columns": Form(
            request_sections.save_columns,
            KEPT,
            request_sections.ColumnsPart,
            frozenset({"columns", "identifiers"}),
            next=_form,
        ),
        "save_linkage": Form(
            request_linkage.save_linkage, KEPT, request_linkage.LinkagePart, frozenset({"datasets"}), next=_form
        ),
        "add_person": Form(
            request_sections.add_person,
            Text("Personne nommée.", "Person named."),
            request_sections.NewPerson,
            next=_form,
        ),
        "remove_person": Form(
            request_sections.remove_person,
            Text("Personne retirée.", "Person taken out."),
            request_sections.OnePerson,
            next=_form,
        ),
        "save_means": Form(request_sections.save_means, KEPT, request_sections.MeansPart, next=_form),
        "submit": Form(
            requests.submit,
            Text("Demande déposée : vous serez tenu au courant ici.", "Request submitted: you are told here."),
            next=_status,
        ),
    }

    @property
    def section(self) -> str:
        """The section that the address names."""
        return self.path_kwargs.get("section", "data")

    @property
    def template(self) -> str:  # type: ignore[override]
        """Each section has its own template."""
        return f"request_{'columns' if 'dataset' in self.path_kwargs else self.section}.html"

    async def page(self) -> Page:
        """The section."""
        return await self.run(request_sections.section, self.section)

    async def show(self, error: BureauError | None = None, **extra: Any) -> None:
        """The page, and what was chosen in a form that is shown again."""
        chosen = defaultdict[str, set[str]](set)
        chosen.update({name: set(self.get_body_arguments(name)) for name in self.request.body_arguments})
        await super().show(error, sent=chosen, **extra)


class RequestPage(PageHandler):
    """One request: where it stands, for whoever may know; and the answer of whoever must act."""

    template = "request.html"
    acts: ClassVar = {
        "withdraw": Form(requests.withdraw, Text("Demande abandonnée.", "Request withdrawn.")),
        "copy": Form(
            requests.copy,
            Text("Copie ouverte : donnez-lui un identifiant de projet.", "Copy opened: give it a project slug."),
            next=lambda result: f"requests/{result['id']}/form/project",
        ),
        "sign": Form(requests.sign, Text("Convention signée.", "Agreement signed."), requests.Sign),
        "answer": Form(instruction.answer, Text("Réponse enregistrée.", "Answer recorded."), instruction.Answer),
        "renew": Form(instruction.renew, Text("Délai renouvelé.", "Time renewed."), instruction.Renewal),
    }

    async def page(self) -> Page:
        """The request."""
        return {"request": await self.run(requests.detail, Nothing())}


class AgreementPage(PageHandler):
    """The agreement of one step, as it is signed."""

    template = "request_agreement.html"
    acts: ClassVar = {
        "sign": Form(requests.sign, Text("Convention signée.", "Agreement signed."), requests.Sign, next=_status),
        "answer": Form(
            instruction.answer, Text("Réponse enregistrée.", "Answer recorded."), instruction.Answer, next=_status
        ),
    }

    async def page(self) -> Page:
        """The text."""
        return await self.run(requests.agreement, Nothing())


class AgreementFile(FileHandler):
    """The same as a file, whose SHA-256 any program computes."""

    async def get(self, **_path: str) -> None:
        """Send it."""
        found = await self.run(requests.agreement, Nothing())
        self.attach("convention.txt", "text/plain; charset=utf-8", found["document"].encode())


class SummaryPage(PageHandler):
    """The whole form on one page, to print."""

    template = "request_summary.html"

    async def page(self) -> Page:
        """The request."""
        return {"request": await self.run(requests.detail, Nothing())}
