"""The settings of the doors in: how many gateways there are, which one serves whom, and what may wait in it.

What a gateway remembers of a person (seats, when somebody was last active, what was shown, what the detection rules
saw) is in its own memory. So all workspaces of one person are behind the same gateway, found from the name alone.
"""

import hashlib
from collections.abc import Collection
from itertools import islice
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from hub_extensions.gateway.room import MIB, Limits

Port = Annotated[int, Field(ge=1, le=65535)]
LAST_PORT = 65535


class GatewaySettings(BaseSettings):
    """Part of the installation's settings."""

    gateways: int = Field(
        1, ge=1, le=16, description="Gateway processes: a core each where many work at once (docs/operation.md)."
    )
    gateway_port: Port = Field(
        8090,
        description="Port of the first gateway, on loopback; further ones take the next ports that are not set here.",
    )
    message_max_mb: int = Field(64, ge=1, le=1024, description="Largest message or saved file, in MiB.")
    seat_connections: int = Field(
        64, ge=8, le=1024, description="Live connections, and requests at a time, of one person in one project."
    )
    seat_in_flight_mb: int = Field(
        256, ge=16, le=4096, description="MiB on their way in at a time, of one person; at least one message's size."
    )
    revocation_poll_ms: int = Field(200, ge=50, le=500, description="How often revocations are looked for.")

    @property
    def seat_limits(self) -> Limits:
        """What one person may keep a gateway busy with."""
        return Limits(self.seat_connections, max(self.seat_in_flight_mb, self.message_max_mb) * MIB)

    def gateway_of(self, username: str) -> int:
        """Number (from 1) of the gateway that serves *username*'s workspaces."""
        return serving(username, self.gateways)


def counted_up(first: int, count: int, taken: Collection[int]) -> tuple[int, ...]:
    """Return *count* ports from *first* on, without those that are *taken*; fewer where there are no more."""
    return (first, *islice((port for port in range(first + 1, LAST_PORT + 1) if port not in taken), count - 1))


def serving(username: str, count: int) -> int:
    """Return which of *count* gateways serves *username*, from 1: the same answer in every process, always."""
    digest = hashlib.blake2b(username.encode()).digest()[:8]
    return int.from_bytes(digest) % count + 1
