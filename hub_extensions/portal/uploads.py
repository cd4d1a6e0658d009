"""Receives files while they are being sent: never whole in memory, never more than allowed, a form or raw bytes.

Tornado keeps a form whole in memory; a handler marked ``stream_request_body`` gets the pieces instead. Forms are taken
apart by python-multipart. Nothing is kept before the headers were judged: who, which import, how much room.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from project_spaces.errors import Invalid, TooLarge
from project_spaces.text import Text

NOT_A_FORM = Text("Ce formulaire n'est pas lisible.", "This form can't be read.")
NO_FILE = Text("Choisissez un fichier.", "Choose a file.")
#: What a form may add to its files (bytes).
FRAME = 64 << 10


@dataclass
class Received:
    """One file that was received: the name its sender gave, and where its bytes are."""

    name: str
    path: Path


@dataclass
class Receiver:
    """Writes pieces of a body into scratch files.

    Parameters
    ----------
    scratch
        gives a fresh path for each file.
    most
        bytes of one file.
    """

    scratch: Callable[[], Path]
    most: int
    files: list[Received] = field(default_factory=list)
    _out: BinaryIO | None = None
    _size: int = 0

    def begin(self, name: str) -> None:
        """Open the next file."""
        self.end()
        received = Received(name, self.scratch())
        self.files.append(received)
        self._out, self._size = received.path.open("xb"), 0

    def write(self, data: bytes) -> None:
        """Write a piece; raises ``TooLarge``."""
        self._size += len(data)
        if self._size > self.most:
            raise TooLarge(
                Text(f"Un fichier dépasse {self.most >> 20} Mio.", f"A file is larger than {self.most >> 20} MiB.")
            )
        if self._out is not None:
            self._out.write(data)

    def end(self) -> None:
        """Close the file that is being written."""
        if self._out is not None:
            self._out.close()
            self._out = None

    def discard(self) -> None:
        """Delete what was received and not taken over."""
        self.end()
        for each in self.files:
            each.path.unlink(missing_ok=True)


class FormReader:
    """A form's body, piece by piece; fields that are no files are passed over."""

    def __init__(self, content_type: str, receiver: Receiver) -> None:
        kind, options = parse_options_header(content_type.encode("latin-1"))
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise Invalid(NOT_A_FORM)
        self._receiver = receiver
        self._header = self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._file = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part,
                "on_header_field": self._field,
                "on_header_value": self._valued,
                "on_header_end": self._headed,
                "on_headers_finished": self._opened,
                "on_part_data": self._data,
                "on_part_end": self._closed,
            },
        )

    def write(self, data: bytes) -> None:
        """Take a piece; raises ``Invalid`` and ``TooLarge``."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise Invalid(NOT_A_FORM) from error

    def _part(self) -> None:
        self._headers, self._file = {}, False

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _valued(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _headed(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def _opened(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"filename")
        if name:
            self._file = True
            self._receiver.begin(name.decode("utf-8", "replace"))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file:
            self._receiver.write(data[start:end])

    def _closed(self) -> None:
        self._receiver.end()


class RawReader:
    """A body that is one file."""

    def __init__(self, name: str, receiver: Receiver) -> None:
        self._receiver = receiver
        receiver.begin(unquote(name))

    def write(self, data: bytes) -> None:
        """Take a piece; raises ``TooLarge``."""
        self._receiver.write(data)
