r"""The cells of a LaTeX table as they are printed: ``\textbf{7}`` is 7, ``\multicolumn{2}{c}{Femmes}`` two cells.

Emphasis, colour and footnote marks change nothing of what a reader sees; a checker that takes them for words counts
nothing.
"""

import re

#: Commands that print their last argument.
_PRINTED = re.compile(
    r"\\(?:text(?:bf|it|sc|sl|tt|rm|sf|up|md|normal|color\s*(?:\[[^\]{}]*\])?\{[^{}]*\})?|emph|underline|uline|num|mathbf|mathrm|mathit"
    r"|boldmath|makecell|thead|textnormal|tablenum|numprint|ensuremath|colorbox\{[^{}]*\}|SI|qty|highlight|hl|mbox|fbox)\s*(?:\[[^\]{}]*\])?\{([^{}]*)\}"
)
#: Commands that print a mark, a colour or nothing.
_DROPPED = re.compile(
    r"\\(?:cellcolor|rowcolor|color|columncolor)\s*(?:\[[^\]{}]*\])?\{[^{}]*\}"
    r"|\\(?:textsuperscript|footnotemark|footnote|tnote|sym|label|tablefootnote)(?:\[[^\]{}]*\])?(?:\{[^{}]*\})?"
    r"|\^(?:\{[^{}]*\}|[*\w])"
    r"|\\(?:bfseries|itshape|em|bf|it|scshape|small|footnotesize|scriptsize|centering|phantom\{[^{}]*\}|quad|qquad|hspace\*?\{[^{}]*\}"
    r"|addlinespace(?:\[[^\]]*\])?)(?![a-zA-Z])"
)
#: Braces around a cell, and what begins or rules a table on the line of its rows.
_BRACED = re.compile(r"(?<![\\A-Za-z}\]])\{([^{}\\&]*)\}")
_RULED = re.compile(
    r"\\(?:begin|end)\{[^{}]*\}(?:\[[^\]{}]*\])?(?:\{[^{}]*\})?|\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot)(?![a-zA-Z])"
)
#: The end of a row, with another one behind it on the line.
_ROW_END = re.compile(r"\\\\(?:\[[^\]\n]{0,20}\])?[ \t]{0,40}(?=[^\s%])")
_MULTICOLUMN = re.compile(r"\\multicolumn\s*\{\s*(\d{1,2})\s*\}\s*\{[^{}]*\}\s*\{([^{}]*)\}")
_MULTIROW = re.compile(r"\\multirow\s*(?:\[[^\]{}]*\])?\{\s*(\d{1,3})\s*\}(?:\[[^\]{}]*\])?\{[^{}]*\}\s*\{([^{}]*)\}")
_SIGNS = (
    ("\\,", "\u202f"),
    ("\\%", "%"),
    ("\\_", "_"),
    ("\\#", "#"),
    ("\\$", "$"),
    ("~", "\u00a0"),
    ("---", "—"),
    ("--", "–"),
)
#: Emphasis within emphasis that is taken off.
DEEPEST = 5
_MATHS = re.compile(r"\$([^$]*)\$")
#: Signs of a table of LaTeX.
_TABLE = re.compile(r"\\\\|\\begin\{(?:tabular|longtable|array)")


def is_latex(text: str) -> bool:
    """Whether *text* holds rows of LaTeX tables."""
    return "&" in text and bool(_TABLE.search(text))


def printed_latex(text: str) -> str:
    """Return *text*, whose table rows show what LaTeX prints, a row a line."""
    held: dict[int, tuple[str, int]] = {}
    lines = []
    for line in _ROW_END.sub("\\\\\\\\\n", text).split("\n"):
        if "&" not in line:
            held = held if line.lstrip().startswith("\\") else {}
            lines.append(_printed(line) if "\\multicolumn" in line else line)
            continue
        lines.append(_downwards(_printed(line), held))
    return "\n".join(lines)


def _printed(line: str) -> str:
    for sign, shown in _SIGNS:
        line = line.replace(sign, shown)
    line = _MATHS.sub(r"\1", line.replace("\\(", "").replace("\\)", ""))
    for _ in range(DEEPEST):
        bare = _PRINTED.sub(r"\1", _RULED.sub("", _DROPPED.sub("", line)))
        bare = _BRACED.sub(r"\1", _MULTICOLUMN.sub(_across, bare))
        if bare == line:
            break
        line = bare
    return line


def _across(found: re.Match[str]) -> str:
    """Return a cell that spans columns as itself and empty ones."""
    return found.group(2) + " & " * max(0, min(int(found.group(1)), 40) - 1)


def _downwards(line: str, held: dict[int, tuple[str, int]]) -> str:
    """Return *line* with the labels of cells that span rows, in each of these rows."""
    cells = line.split("&")
    for at, cell in enumerate(cells):
        spanning = _MULTIROW.search(cell)
        if spanning is not None:
            held[at] = (spanning.group(2).strip(), int(spanning.group(1)) - 1)
            cells[at] = cell[: spanning.start()] + spanning.group(2) + cell[spanning.end() :]
        elif not cell.strip(" \t") and held.get(at, ("", 0))[1] > 0:
            label, left = held[at]
            held[at] = (label, left - 1)
            cells[at] = f" {label} "
    return "&".join(cells)
