"""What statistics programs print: tables without separators, their columns held together by alignment alone.

R, Stata, SAS, statsmodels and pandas all write right-aligned numbers under a line of names, with one space between
short columns. A printed table pasted into a text is a table; prose never keeps the edges of its words from line to
line, so edges decide and no dialect has to be known.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

#: Lines of numbers that make a table when nothing stands above them; one is enough below a line of names.
FEWEST_LINES = 2
_NUMBER = re.compile(r"<?[-+−]?(?:\d[\d.,]*|\.\d+)(?:[eE][-+]?\d+)?%?|\.|NA|NaN|nan|-")
_DIGIT = re.compile(r"\d")
#: Stars and points that mark significance behind the last number.
_MARKS = re.compile(r"\s(?:\*{1,3}|\.|†)\s*$")
_RULE = re.compile(r"[\s|+=\-_\u2500-\u257f]*")
#: A line between names and numbers that says how each column is stored (tibble, polars).
_STORED = re.compile(r"<?(?:str|chr|int|dbl|fct|ord|date|dttm|lgl|cat|[uif](?:8|16|32|64)|object)>?")
#: A line of an array that numpy printed.
_BRACKETED = re.compile(r"\s*\[+[^\[\]]*\d[^\[\]]*\]+\s*")
#: What other rules read: rows of separated values, Markdown, LaTeX, markup.
_SEPARATED = re.compile(r"[;\t&<]|^\s*\||,\S*,|^\s*[#>*]|:(?:\s|$)|\.{4}|^\s*\d+\)\s|^\s*-\s")


@dataclass(frozen=True)
class _Word:
    """A word of a line and where it stands."""

    text: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        """Whether a column of numbers may hold it."""
        return bool(_NUMBER.fullmatch(self.text))


def _words(line: str) -> list[_Word]:
    bare = re.sub(r"(?<=\s)\|(?=\s|$)|[\u2500-\u257f]", " ", line.expandtabs())
    if _BRACKETED.fullmatch(bare):
        bare = re.sub(r"[\[\]]", " ", bare)
    bare = re.sub(r"<\s(?=[\d.])", " <", bare)
    marks = _MARKS.search(bare)
    bare = bare[: marks.start()] if marks and _DIGIT.search(bare) else bare
    return [_Word(found.group(), found.start(), found.end()) for found in re.finditer(r"\S+", bare)]


def _numbers(words: Sequence[_Word]) -> list[_Word]:
    """Return the numbers at the end of a line."""
    last = len(words)
    while last and words[last - 1].is_number:
        last -= 1
    return list(words[last:])


def _aligned(columns: Sequence[Sequence[_Word]]) -> bool:
    return all(
        len({word.end for word in column}) == 1 or len({word.start for word in column}) == 1 for column in columns
    )


@dataclass
class _Block:
    """Lines of one printed table: number of the first, words of each."""

    first: int
    lines: list[list[_Word]]

    def takes(self, words: list[_Word]) -> bool:
        """Whether *words* go on this table."""
        return self._whole([*self.lines, words]) or self._tail([*self.lines, words])

    @staticmethod
    def _whole(lines: Sequence[Sequence[_Word]]) -> bool:
        return len({len(words) for words in lines}) == 1 and _aligned(list(zip(*lines, strict=True)))

    @staticmethod
    def _tail(lines: Sequence[Sequence[_Word]]) -> bool:
        tails = [_numbers(words) for words in lines]
        fewest = min(len(tail) for tail in tails)
        return fewest >= 1 and _aligned(list(zip(*(tail[-fewest:] for tail in tails), strict=True)))

    def rows(self) -> list[list[_Word]]:
        """Return the cells; what stands left of the numbers is one label when lines differ in length."""
        if self._whole(self.lines):
            return self.lines
        fewest = min(len(_numbers(words)) for words in self.lines)
        return [[_joined(words[:-fewest]), *words[-fewest:]] for words in self.lines]


def _joined(words: Sequence[_Word]) -> _Word:
    if not words:
        return _Word("", 0, 0)
    return _Word(" ".join(word.text for word in words), words[0].start, words[-1].end)


def _header(words: Sequence[_Word], rows: Sequence[Sequence[_Word]]) -> list[str] | None:
    """Return the names above *rows*, each word given to the column it overlaps, or ``None`` when they fit none."""
    spans = [(min(w.start for w in column), max(w.end for w in column)) for column in zip(*rows, strict=True)]
    names = [""] * len(spans)
    for word in words:
        apart = [max(start - word.end, word.start - end, 0) for start, end in spans]
        at = min(range(len(spans)), key=lambda place: (apart[place], abs(spans[place][1] - word.end)))
        names[at] = f"{names[at]} {word.text}".strip()
    if sum(1 for name in names[1:] if name) * 2 < len(names) - 1 or not any(names):
        return None
    return names


def _body(words: Sequence[_Word]) -> bool:
    numbers = [word for word in _numbers(words) if _DIGIT.search(word.text)]
    apart = bool(numbers) and (
        len(words) == len(numbers) or words[-len(numbers)].start - words[-len(numbers) - 1].end >= 2
    )
    return apart or len(numbers) >= 2 or (len(words) >= 3 and sum(word.is_number for word in words) * 2 >= len(words))


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    block: _Block | None = None
    for number, line in enumerate(lines):
        if line.strip() and _RULE.fullmatch(line):
            continue
        words = [] if _SEPARATED.search(line.replace("< ", "")) else _words(line)
        if words and _body(words) and block is not None and block.takes(words):
            block.lines.append(words)
            continue
        if block is not None:
            yield block
        block = _Block(number, [words]) if len(words) >= 2 and _body(words) else None
    if block is not None:
        yield block


#: What a person typed at a prompt is no line of names.
_TYPED = re.compile(r"\s{0,20}(?:>|>>>|\.\.\.|In \[\d{1,6}\]:)(?:\s|$)")
#: Signs by which a name may reach beyond the last number below it.
WIDER = 12
#: Levels of names above a table.
MOST_LEVELS = 5


def _above(lines: Sequence[str], first: int, rows: Sequence[Sequence[_Word]]) -> tuple[int, list[str] | None]:
    """Return the line where the names above line *first* begin, and the names, of several levels where pandas prints
    several; rules and one blank line may lie between."""
    names: list[str] | None = None
    start, blanks = first, 0
    index: list[str] = []
    for number in range(first - 1, max(first - MOST_LEVELS - 2, -1), -1):
        line = lines[number]
        if not line.strip() or _RULE.fullmatch(line):
            blanks += not line.strip()
            if names is not None or blanks > 1:
                break
            continue
        words = _words(line)
        if words and all(_STORED.fullmatch(word.text) for word in words):
            continue
        if not words or _TYPED.match(line) or words[0].text.isdigit():
            break
        if names is None:
            names = _header(words, rows)
            if names is not None:
                names[: len(index)] = [name or own for name, own in zip(names, index, strict=False)]
            elif not index and (index := _index_names(words, rows)):
                pass
            else:
                break
        elif _groups(line, words, rows):
            names = _below(words, names, rows)
        else:
            break
        start = number
    return (start, names) if names is not None else (first, None)


def _index_names(words: Sequence[_Word], rows: Sequence[Sequence[_Word]]) -> list[str]:
    """Return the names of the first columns when a line names these and no other: those of the labels."""
    starts = [min(row[at].start for row in rows) for at in range(1, len(rows[0]))]
    names = [""] * len(rows[0])
    for word in words:
        at = sum(word.start >= start for start in starts) if word.end > starts[0] else 0
        names[at] = f"{names[at]} {word.text}".strip()
    last = max(at for at, name in enumerate(names) if name)
    return names[: last + 1] if last < len(names) - 1 and all(names[: last + 1]) else []


def _groups(line: str, words: Sequence[_Word], rows: Sequence[Sequence[_Word]]) -> bool:
    """Whether a line names groups of columns: words far apart, fewer than the columns, within the table."""
    inside = len(line.rstrip()) <= max(row[-1].end for row in rows) + WIDER
    apart = all(after.start - before.end >= 2 for before, after in pairwise(words))
    return inside and apart and words[-1].start >= rows[0][0].end and len(words) <= len(rows[0])


def _below(words: Sequence[_Word], names: Sequence[str], rows: Sequence[Sequence[_Word]]) -> list[str]:
    """Return *names* with the group that each column stands in, which is written above the first of them only."""
    ends = [max(row[at].end for row in rows) for at in range(len(names))]
    groups = [next((word.text for word in reversed(words) if word.start < end), "") for end in ends]
    return [names[0], *(f"{group} {name}".strip() for group, name in zip(groups[1:], names[1:], strict=True))]


def _told_apart(cells: list[list[str]]) -> list[list[str]]:
    """Return lines such as ``epoch 001 loss 0.63`` as a table: a word that stands in every line names what follows."""
    names = [
        column[0] if len(set(column)) == 1 and not _DIGIT.search(column[0]) else ""
        for column in zip(*cells, strict=True)
    ]
    kept = [at for at, name in enumerate(names) if not name]
    if len(kept) == len(names) or not kept:
        return cells
    header = [names[at - 1] if at and names[at - 1] else "" for at in kept]
    return [header, *[[row[at] for at in kept] for row in cells]]


def printed_tables(text: str) -> Iterator[tuple[int, int, list[list[str]]]]:
    """Yield the printed tables of *text*: first line, line after the last (both from 0), and rows with their header."""
    lines = text.splitlines()
    for block in _blocks(lines):
        rows = block.rows()
        at, names = _above(lines, block.first, rows)
        needed = 1 if names is not None and len(rows[0]) >= 3 else FEWEST_LINES
        if len(rows) < needed or len(rows[0]) < 2:
            continue
        array = names is None and all(
            _BRACKETED.fullmatch(line) for line in lines[block.first : block.first + len(rows)]
        )
        if names is None and len(rows) <= FEWEST_LINES and not array:
            continue
        cells = [[*([f"[{at}]"] if array else []), *(word.text for word in row)] for at, row in enumerate(rows)]
        if names is None and not array:
            cells = _told_apart(cells)
        start = block.first if names is None else at
        last = block.first
        count = 0
        while count < len(block.lines):
            count += not _RULE.fullmatch(lines[last])
            last += 1
        yield start, last, [names, *cells] if names is not None else cells
