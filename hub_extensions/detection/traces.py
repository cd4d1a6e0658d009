"""What rules remember: a few numbers per person and project, in memory, of bounded size.

A restart forgets them: a rule that counts (refusals in a row, output of this hour) then begins anew. What must not be
forgotten, the budgets of what is shown, is kept in the database (``gateway/egress.py``).
"""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

#: Persons (times projects) remembered at most; the one not seen for longest goes first.
MOST_TRACES = 4096
#: Terminals per person whose unfinished line is kept, and its bytes.
MOST_LINES, LONGEST_LINE = 8, 1024
#: Bytes of a longer line that are read again with what follows: what is looked for may lie across.
READ_AGAIN = 256
#: Moments that one series keeps at most.
LONGEST_SERIES = 1000


class Series:
    """How many times something happened within a span."""

    __slots__ = ("_moments",)

    def __init__(self) -> None:
        self._moments: deque[datetime] = deque(maxlen=LONGEST_SERIES)

    def add(self, at: datetime, span: timedelta) -> int:
        """Note one more at *at*; return how many there were within *span* before it, itself included."""
        moments = self._moments
        moments.append(at)
        oldest = at - span
        while moments and moments[0] <= oldest:
            moments.popleft()
        return len(moments)

    def clear(self) -> None:
        """Begin anew, so that one burst is one hit."""
        self._moments.clear()


class Lines:
    """Unfinished lines of terminals: a shell's input comes a few keys at a time."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: OrderedDict[str, bytearray] = OrderedDict()

    def typed(self, terminal: str, keys: bytes) -> bytes | None:
        """Take in *keys*; return what is finished (lines that Enter ended, pieces of long ones), None while nothing."""
        line, finished = self._open.pop(terminal, None) or bytearray(), bytearray()
        for key in keys:
            if key in b"\x7f\x08":
                del line[-1:]
                continue
            line.append(key)
            if key in b"\r\n":
                finished += line
                line.clear()
            elif len(line) >= LONGEST_LINE:
                finished += line + b"\n"
                del line[:-READ_AGAIN]
        if line:
            self._open[terminal] = line
            if len(self._open) > MOST_LINES:
                self._open.popitem(last=False)
        return bytes(finished) or None


class Traces:
    """What is remembered of one person in one project."""

    __slots__ = ("exports", "failures", "hour_told", "kernels", "lines", "reads", "refusals", "shown", "shown_hour")

    def __init__(self) -> None:
        self.shown_hour = -1
        self.shown = 0
        self.hour_told = -1
        self.reads, self.kernels, self.failures = Series(), Series(), Series()
        self.refusals, self.exports = Series(), Series()
        self.lines = Lines()


class Memory:
    """Traces of everybody, the least recent forgotten beyond a limit."""

    def __init__(self, most: int = MOST_TRACES) -> None:
        self._most = most
        self._traces: OrderedDict[tuple[str, str | None], Traces] = OrderedDict()

    def of(self, who: str, project: str | None) -> Traces:
        """Return the traces of *who* in *project*."""
        key = who, project
        traces = self._traces.get(key)
        if traces is None:
            traces = self._traces[key] = Traces()
            if len(self._traces) > self._most:
                self._traces.popitem(last=False)
        else:
            self._traces.move_to_end(key)
        return traces

    def __len__(self) -> int:
        return len(self._traces)
