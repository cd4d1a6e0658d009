"""Asks the rules about each record on its way to the ledger, where the plaintext passes anyway.

One watch per process: the gateway's sees what reaches code and what it shows, the portal's and the Hub's what the
domain records (refusals, sign-ins, exports). What it returns goes into the leaf with the record itself.
"""

import threading
from base64 import decodebytes
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from audit.canonical import loads_strict
from audit.errors import Malformed
from audit.events import Event, Kind, Scalar
from hub_extensions.detection.catalogue import BY_KIND, READ, Sighting, Terms
from hub_extensions.detection.reading import NOTHING, Found, read_code, read_line
from hub_extensions.detection.traces import Memory, Traces

_NO_SUBJECT: Mapping[str, Scalar] = {}


class Watch:
    """The rules and what they remember. Safe to share between threads."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._memory = Memory()
        self._lock = threading.Lock()

    def look(
        self,
        kind: Kind,
        who: str,
        project: str | None,
        at: datetime,
        *,
        subject: Mapping[str, Scalar] = _NO_SUBJECT,
        content: bytes | None = None,
        mounted: tuple[str, ...] = (),
    ) -> tuple[str, ...]:
        """Return the rules that this record hits.

        Parameters
        ----------
        who
            user name, or whatever else tells one source from another.
        content
            exactly what will be forwarded.
        mounted
            data sets of the workspace it goes to.
        """
        rules = BY_KIND[kind]
        if not rules:
            return ()
        with self._lock:
            traces = self._memory.of(who, project)
            found = self._read(kind, traces, subject, content, mounted) if content and kind in READ else NOTHING
            sighting = Sighting(kind, at, subject, found)
            return tuple([rule.id for rule in rules if rule.hits(sighting, traces, self.terms)])

    def watched(self, event: Event) -> Event:
        """Return *event* with the rules that it hits."""
        claimed = event.persons.get("claimed") or (event.private or {}).get("address")
        signing_in = event.kind in {Kind.SIGNIN_FAILURE, Kind.SIGNIN_LOCKED}
        who = claimed if signing_in and claimed else event.actor
        rules = self.look(event.kind, who, event.project, event.at, subject=event.subject, content=event.content)
        return replace(event, rules=rules) if rules else event

    @staticmethod
    def _read(
        kind: Kind, traces: Traces, subject: Mapping[str, Scalar], content: bytes, mounted: tuple[str, ...]
    ) -> Found:
        if kind is not Kind.TERMINAL_INPUT:
            return read_code(_plain(content) if kind is Kind.FILE_WRITE else content, mounted)
        line = traces.lines.typed(str(subject.get("terminal")), _keys(content))
        return NOTHING if line is None else read_line(line, mounted)


def _plain(request: bytes) -> bytes:
    """Return what a saved file will hold, as a cell would; front ends pack every file that somebody uploads.

    Pictures and archives, which no interpreter takes, are nothing to read.
    """
    if b'"format":"base64"' not in request:
        return request
    try:
        match loads_strict(request.partition(b"\n")[2]):
            case {"format": "base64", "content": str() as packed}:
                data = decodebytes(packed.encode("ascii"))
            case _:
                return request
    except (Malformed, ValueError):
        return request  # no file is made of it
    return b"" if b"\0" in data else data.replace(b"\n", b"\\n")


def _keys(frame: bytes) -> bytes:
    """Return what is typed in a frame ``["stdin", text]`` of terminado; nothing for any other."""
    try:
        match loads_strict(frame):
            case ["stdin", str() as typed]:
                return typed.encode("utf-8", "surrogatepass")
    except Malformed:
        pass
    return b""
