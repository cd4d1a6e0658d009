"""Verdicts as HTML and as text: the cells that a finding names are marked, in colour and with a sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from bureau.words import in_language

_MOST_ROWS = 200
_COLOURS = {"block": "#b3261e", "flag": "#8a5a00", "pass": "#146c2e", "info": "#44546a"}
_BACK = {"block": "#fbe4e2", "flag": "#fdf0d5"}


def _label(verdict: str) -> str:
    return {
        "block": in_language("Bloqué", "Blocked"),
        "flag": in_language("À examiner par les vérificateurs", "For the reviewers to judge"),
        "pass": in_language("Rien à redire", "No objection"),
        "info": in_language("Pour information", "For information"),
    }[verdict]


def link(url: str, text: str) -> str:
    """Return a link that opens beside the notebook."""
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'


@dataclass(frozen=True)
class Shown:
    """What is shown of a verdict: *mends* are calls and what they do."""

    name: str
    verdict: str
    findings: Sequence[dict[str, Any]]
    mends: Sequence[tuple[str, str]]
    note: str


def as_text(shown: Shown) -> str:
    """Return the verdict for a terminal."""
    lines = [f"{shown.name} : {_label(shown.verdict)}", *([shown.note] if shown.note else [])]
    lines += [f"  [{each['severity']}] {each['where']} : {in_language(*each['message'])}" for each in shown.findings]
    lines += [f"  {call} : {label}" for call, label in shown.mends]
    return "\n".join(lines)


def as_html(shown: Shown, rows: Sequence[Sequence[str]]) -> str:
    """Return the verdict for a notebook: what is said, then the table with its marked cells, then what helps."""
    colour = _COLOURS[shown.verdict]
    title = f'<strong style="color:{colour}">{_label(shown.verdict)}</strong> · <code>{escape(shown.name)}</code>'
    parts = [
        f'<div lang="{in_language("fr", "en")}" style="border-left:4px solid {colour};padding:.2em 0 .2em .8em">',
        f'<p style="margin:0">{title}</p>',
    ]
    if shown.note:
        parts.append(f"<p>{escape(shown.note)}</p>")
    if shown.findings:
        parts.append("<ul>" + "".join(_finding(each) for each in shown.findings) + "</ul>")
    if rows:
        parts.append(_table(rows, shown.findings))
    if shown.mends:
        calls = "".join(f"<li><code>{escape(call)}</code> {escape(label)}</li>" for call, label in shown.mends)
        parts.append(f"<p>{in_language('Ce qui peut aider :', 'What may help:')}</p><ul>{calls}</ul>")
    return "".join(parts) + "</div>"


def _finding(each: dict[str, Any]) -> str:
    colour = _COLOURS[each["severity"]]
    where = f"<em>{escape(each['where'])}</em> : " if each["where"] else ""
    said = escape(in_language(*each["message"]))
    return f'<li><span style="color:{colour}">{_label(each["severity"])}</span> · {where}{said}</li>'


def _table(rows: Sequence[Sequence[str]], findings: Sequence[dict[str, Any]]) -> str:
    top = next((at for at, row in enumerate(rows) if sum(1 for cell in row if cell.strip()) > 1), 0)
    header = list(rows[top])
    marks = marked(findings, header)
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    above = "".join(f"<p>{escape(' '.join(row))}</p>" for row in rows[:top])
    lines = []
    for number, row in enumerate(rows[top + 1 : top + _MOST_ROWS], start=top + 2):
        cells = "".join(
            _cell(cell, marks.get((number, place)) or marks.get((number, None))) for place, cell in enumerate(row)
        )
        lines.append(f"<tr>{cells}</tr>")
    more = len(rows) - top - _MOST_ROWS
    rest = f"<p>{in_language(f'… et {more} lignes', f'… and {more} lines')}</p>" if more > 0 else ""
    return f"{above}<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>{rest}"


def _cell(text: str, severity: str | None) -> str:
    if severity not in _BACK:
        return f"<td>{escape(text)}</td>"
    style = f"background:{_BACK[severity]};color:{_COLOURS[severity]};outline:2px solid {_COLOURS[severity]}"
    return f'<td class="bureau-{severity}" style="{style}"><mark style="all:unset">▲ {escape(text)}</mark></td>'


def marked(findings: Sequence[dict[str, Any]], header: Sequence[str]) -> dict[tuple[int, int | None], str]:
    """Return the severity of each (line, column from 0, or None for the whole line) that a finding names."""
    found: dict[tuple[int, int | None], str] = {}
    for each in findings:
        mark = each.get("mark")
        if mark is None:
            continue
        column = mark["number"] - 1 if mark["number"] else None
        if mark["name"] in header:
            column = list(header).index(mark["name"])
        key = (mark["line"], column)
        if found.get(key) != "block":
            found[key] = each["severity"]
    return found
