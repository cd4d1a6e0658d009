"""The auditor's pages: search, one entry, its proof, sessions, and the verification of the whole."""

import asyncio
import io
import zipfile
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from audit.events import Kind
from hub_extensions.portal.audit_words import GROUPS
from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import FileHandler, Form, PageHandler
from hub_extensions.portal.timeline import closer, draw, gaps
from hub_extensions.portal.verbs import audit, ledger_state, sessions
from project_spaces.errors import BureauError

FIELDS = ("kind", "group", "person", "project", "dataset", "rule", "workspace", "since", "until")


class AuditPage(PageHandler):
    """Search."""

    template = "audit.html"

    async def page(self) -> Page:
        """One page of entries; a filter that can't be read leaves the form as it was, with the sentence."""
        asked = {name: value for name in FIELDS if (value := self.get_query_argument(name, ""))}
        cursor = {name: value for name in ("before", "after") if (value := self.get_query_argument(name, ""))}
        shown: Page = {"entries": [], "next": None, "previous": None, "total": None, "size": 0}
        error = None
        try:
            shown = await self.run(audit.search, self.parsed(audit.Search, {**asked, **cursor}))
        except BureauError as refused:
            if refused.status != 422:
                raise
            error = refused
            self.set_status(refused.status)
        return {
            **shown,
            **({"error": error} if error else {}),
            "asked": {name: asked.get(name, "") for name in FIELDS},
            "filtered": bool(asked),
            "groups": GROUPS,
            "kinds": tuple(Kind),
            "link": lambda **more: "audit?" + urlencode({**asked, **{k: v for k, v in more.items() if v is not None}}),
            "section": "search",
        }

    async def show(self, error: BureauError | None = None, **extra: Any) -> None:
        """As every page; a refused filter is the page's own error."""
        context = await self.page()
        await self.finish(self.render_page(self.template, **{"error": error, **context, **extra}))


class EntryPage(PageHandler):
    """One entry."""

    template = "audit_entry.html"

    async def page(self) -> Page:
        """All that is kept."""
        found = await self.run(audit.entry, Nothing())
        commands = COMMANDS.format(name=f"entry-{found['index']}.json")
        seal = await asyncio.to_thread(self.portal.seal) if found["sealed_sha256"] else None
        return {"entry": found, "commands": commands, "section": "search", "seal": seal}


class ProofHandler(FileHandler):
    """The proof of one entry, as a small archive."""

    async def get(self, **_path: str) -> None:
        """Send it."""
        found = await self.run(audit.proof, Nothing())
        self.attach(f"entry-{found['index']}.zip", "application/zip", proof_archive(found))


class SessionsPage(PageHandler):
    """Lists of sessions."""

    template = "audit_sessions.html"

    async def page(self) -> Page:
        """One page of them."""
        names = ("project", "person", "before")
        asked = {name: value for name in names if (value := self.get_query_argument(name, ""))}
        found = await self.run(sessions.sessions, self.parsed(sessions.Sessions, asked))
        kept = {name: value for name, value in asked.items() if name != "before"}
        more = None if found["next"] is None else "audit/sessions?" + urlencode({**kept, "before": found["next"]})
        return {
            **found,
            "asked": {name: asked.get(name, "") for name in names},
            "more": more,
            "newest": None if "before" not in asked else "audit/sessions?" + urlencode(kept),
            "section": "sessions",
        }


class SessionPage(PageHandler):
    """One session as a timeline."""

    template = "audit_session.html"

    async def page(self) -> Page:
        """The drawing, and the same as a table."""
        names = ("since", "until")
        asked = {name: value for name in names if (value := self.get_query_argument(name, ""))}
        found = await self.run(sessions.session, self.parsed(sessions.Range, asked))
        begin, end = (datetime.fromisoformat(found[name]) for name in ("from", "to"))
        alive = tuple(datetime.fromisoformat(found[name]) for name in ("started_at", "last_at"))
        here = f"audit/sessions/{found['workspace']}"

        def look(factor: float, shift: float = 0.0) -> str:
            first, last = closer(begin, end, factor, shift)
            return f"{here}?" + urlencode({"since": first.isoformat(), "until": last.isoformat()})

        return {
            "session": found,
            "drawing": draw(found["entries"], begin, end, alive=(alive[0], alive[1]), zone=self.portal.zone),
            "gaps": gaps(found["entries"]),
            "here": here,
            "look": look,
            "range_link": lambda first, last: f"{here}?" + urlencode({"since": first, "until": last}),
            "section": "sessions",
        }


class VerificationPage(PageHandler):
    """The state of the ledger, and its verification while one looks."""

    template = "audit_verification.html"
    acts: ClassVar = {"verify": Form(audit.start_verification, None)}

    async def page(self) -> Page:
        """Checkpoint, heartbeat, silences, and how far the verification is."""
        state = await self.run(ledger_state.state, Nothing())
        return {**state, "report": await self.run(audit.verification, Nothing()), "section": "verification"}


def proof_archive(found: Page) -> bytes:
    """The three files that ``bureau ledger prove`` makes, and how to check them."""
    name = f"entry-{found['index']}.json"
    files = {
        name: found["entry"],
        f"{name}.tlog-proof": found["proof"],
        f"{name}.spicy": found["spicy"],
        "log.vkey": found["vkey"] + "\n",
        "LISEZMOI.txt": HOW_TO.format(name=name),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, text in files.items():
            archive.writestr(zipfile.ZipInfo(each, (1980, 1, 1, 0, 0, 0)), text.encode())
    return packed.getvalue()


COMMANDS = """\
apt install litetlog
spicy-litetlog -verify "$(cat log.vkey)" {name}
"""
HOW_TO = f"""\
Vérifier cette entrée sans le Bureau virtuel (Debian 13) :

{COMMANDS}

{{name}}.tlog-proof est la même preuve au format C2SP (https://c2sp.org/tlog-proof).
Obtenez la clé log.vkey par une autre voie aussi : un journal forgé apporte sa propre clé.

To verify this entry without the Bureau virtuel (Debian 13): the two commands above. The .tlog-proof file is the
same proof in the C2SP format. Get log.vkey another way too: a forged log brings its own key.
"""
