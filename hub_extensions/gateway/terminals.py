"""Terminals: a shell in the workspace, whose input is recorded frame by frame before it is typed."""

from audit.canonical import loads_strict, reserialise
from audit.errors import Malformed
from hub_extensions.gateway.channels import CLOSED_GONE, LiveSocket, short
from hub_extensions.gateway.upstream import WorkspaceGone
from hub_extensions.presence.workspace import typed_by_hand
from project_spaces.errors import BureauError, Invalid, Unavailable
from project_spaces.text import Text

MALFORMED = Text("Entrée de terminal refusée : trame mal formée.", "Terminal input refused: malformed frame.")


class TerminalHandler(LiveSocket):
    """``/terminals/websocket/<name>``: what is typed is recorded frame by frame."""

    end = "terminal"

    async def open(self, _person: str, _project: str, terminal: str) -> None:  # type: ignore[override]
        """Connect to the terminal."""
        await self.connect(terminal, f"terminals/websocket/{terminal}", "")

    async def on_message(self, frame: str | bytes) -> None:
        """Record, then forward."""
        if self.upstream is None:
            return
        try:
            out = terminal_frame(frame)
            self.seats.require(self.seat, self.session)
            await self.recording.terminal(self.seat.workspace, self.about, out)
            self.seats.require(self.seat, self.session)
            if self.seats.idle is not None and typed_by_hand(out):
                self.seats.idle.here(self.seat, self.session)
            await self.upstream.send(out)
        except OSError:
            self.close(CLOSED_GONE, short(WorkspaceGone().text))
        except Unavailable as error:
            await self.notice(error.text)
        except BureauError as error:
            await self.refuse(error)

    def notice_frame(self, text: Text) -> str:
        """Return a line of the terminal."""
        return reserialise(["stdout", f"\r\n\x1b[31m{text.fr}\x1b[0m\r\n{text.en}\r\n"]).decode()


def terminal_frame(frame: str | bytes) -> str:
    """Parse a terminado frame strictly (``["stdin", text]`` or ``["set_size", rows, columns, …]``) and write it anew.

    Raises
    ------
    Invalid
        it is anything else.
    """
    if isinstance(frame, bytes):
        raise Invalid(MALFORMED)
    try:
        match loads_strict(frame.encode("utf-8", "surrogatepass")):
            case ["stdin", str() as typed]:
                return reserialise(["stdin", typed]).decode()
            case ["set_size", int() | float() as rows, int() | float() as columns, *_]:
                return reserialise(["set_size", int(rows), int(columns)]).decode()
    except Malformed:
        pass
    raise Invalid(MALFORMED)
