"""A request as it is recorded and as it is forwarded: one object, so that the two can't differ."""

from collections.abc import Mapping
from dataclasses import dataclass

from audit.canonical import reserialise


@dataclass(frozen=True)
class Forwarded:
    """An HTTP request exactly as it reaches the workspace."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None

    def as_recorded(self) -> bytes:
        """Return one line of JSON with everything but the body, then the body."""
        head = {"method": self.method, "target": self.target, "headers": dict(self.headers)}
        return reserialise(head) + b"\n" + (self.body or b"")
