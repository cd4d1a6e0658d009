"""My trace: the page of every person who has signed in."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from hub_extensions.portal.context import Page
from hub_extensions.portal.handlers.audit import proof_archive
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import FileHandler, Form, PageHandler
from hub_extensions.portal.verbs import trace
from project_spaces.text import Text


class TracePage(PageHandler):
    """What is kept about me."""

    template = "trace.html"

    async def page(self) -> Page:
        """One page of my entries, and what stands around them."""
        asked = {name: value for name in trace.Mine.model_fields if (value := self.get_query_argument(name, ""))}
        found = await self.run(trace.trace, self.parsed(trace.Mine, asked))
        kept = {name: value for name, value in asked.items() if name == "kind"}
        more = None if found["next"] is None else "trace?" + urlencode({**kept, "before": found["next"]})
        older = None if found["looks_next"] is None else "trace?" + urlencode({"looks_before": found["looks_next"]})
        first = {"first": "before" not in asked, "first_looks": "looks_before" not in asked}
        return {**found, **first, "asked_kind": asked.get("kind", ""), "more": more, "older_looks": older}


class SecretsPage(PageHandler):
    """Base of pages whose forms take secrets: each as it was typed, with its blanks."""

    def _fields(self, form: Form) -> dict[str, Any]:
        """The form's fields, unchanged."""
        return {name: self.get_body_argument(name, "", strip=False) for name in form.model.model_fields}


class TraceKeyPage(SecretsPage):
    """What locks my trace key, and how I change it."""

    template = "trace_key.html"
    acts: ClassVar = {
        "set": Form(trace.set_phrase, Text("Votre clé de trace est créée.", "Your trace key was made."), trace.Phrase),
        "change": Form(
            trace.change_phrase, Text("La phrase est changée.", "The phrase was changed."), trace.ChangedPhrase
        ),
        "replace": Form(
            trace.replace_phrase,
            Text("Une nouvelle clé de trace est créée.", "A new trace key was made."),
            trace.Phrase,
        ),
    }

    async def page(self) -> Page:
        """What there is."""
        return await self.run(trace.key, Nothing())


class TraceEntryPage(SecretsPage):
    """One of my entries, and what it seals once I have typed my password."""

    template = "trace_entry.html"
    acts: ClassVar = {"open": Form(trace.open_own, None, trace.Password)}

    async def page(self) -> Page:
        """The entry."""
        return {**await self.run(trace.entry, Nothing()), "opened": None}

    async def after(self, form: Form, result: Any) -> None:  # noqa: ARG002 - the base's signature
        """Show the message on this answer only: nothing keeps it."""
        self.set_header("Cache-Control", "no-store")
        await self.show(opened=result)


class OwnProofHandler(FileHandler):
    """The proof of one of my entries."""

    async def get(self, **_path: str) -> None:
        """Send it."""
        found = await self.run(trace.proof, Nothing())
        self.attach(f"entry-{found['index']}.zip", "application/zip", proof_archive(found))
