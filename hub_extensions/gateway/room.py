"""How much one person may keep a gateway busy with at a time: connections, requests, bytes that are not passed on yet.

A gateway is one process for many people. Without a bound a loop with a sign-in fills its memory: every connection may
send a message of the largest size, or be sent one, and each is kept until it is whole.
"""

from dataclasses import dataclass

from project_spaces.errors import BureauError
from project_spaces.text import Text

MIB = 2**20
#: What is smaller than this is not counted: a cell, a save, most outputs.
SMALL = 64 * 1024

CONNECTIONS = Text("Trop de connexions à la fois à ce bureau.", "Too many connections at a time to this workspace.")
REQUESTS = Text("Trop de requêtes à la fois à ce bureau.", "Too many requests at a time to this workspace.")
BYTES = Text("Trop d'octets à la fois vers ce bureau.", "Too many bytes at a time towards this workspace.")


class Crowded(BureauError):
    """A person asks for more at a time than one may."""

    status = 429


class Room:
    """So much, and not more."""

    __slots__ = ("held", "most")

    def __init__(self, most: int) -> None:
        self.most, self.held = most, 0

    def take(self, size: int) -> bool:
        """Take *size* of it; False, and nothing is taken, when there is not so much left."""
        if self.held + size > self.most:
            return False
        self.held += size
        return True

    def give(self, size: int) -> None:
        """Give *size* back."""
        self.held -= size


@dataclass(frozen=True, slots=True)
class Limits:
    """For one person in one project.

    Parameters
    ----------
    connections
        live at a time; and as many plain requests that are not answered yet.
    incoming
        bytes of messages and bodies on their way in.
    outgoing
        bytes of large outputs that are not whole, or that the browser has not taken yet.
    """

    connections: int = 64
    incoming: int = 256 * MIB
    outgoing: int = 512 * MIB


LIMITS = Limits()


class Rooms:
    """What one seat has room for."""

    __slots__ = ("connections", "incoming", "outgoing", "requests")

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.connections = limits.connections
        self.requests = Room(limits.connections)
        self.incoming = Room(limits.incoming)
        self.outgoing = Room(limits.outgoing)
