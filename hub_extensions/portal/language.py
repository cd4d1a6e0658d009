"""French first, English on demand: which language a request reads, and the catalogue that turns one into the other.

Templates are written in French and marked for gettext; the English catalogue is compiled when the process starts, so
that the text file under version control is the only copy. Sentences of the domain are bilingual by construction.
"""

import gettext
import io
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from tornado.web import RequestHandler

from project_spaces.text import Language, Text

LOCALE = Path(__file__).parent / "locale"
#: The gateway and the sign-in pages read the same cookie.
COOKIE = "bureau-lang"


def chosen(handler: RequestHandler) -> Language:
    """Return the language asked for: in the address, else by the cookie, else by the browser, else French."""
    wanted = (
        asked(handler) or handler.get_cookie(COOKIE) or _preferred(handler.request.headers.get("Accept-Language", ""))
    )
    return "en" if wanted == "en" else "fr"


def asked(handler: RequestHandler) -> Language | None:
    """Return the language that the address itself asks for; bytes that are no text ask for none."""
    found = handler.request.query_arguments.get("lang", [b""])[-1]
    return next((known for known in ("fr", "en") if found == known.encode()), None)


def _preferred(header: str) -> str:
    for part in header.lower().split(","):
        tag = part.split(";")[0].strip()[:2]
        if tag in {"fr", "en"}:
            return tag
    return "fr"


@lru_cache(maxsize=2)
def translations(language: Language) -> gettext.NullTranslations:
    """Return the catalogue of *language*; French is what the templates say."""
    if language == "fr":
        return gettext.NullTranslations()
    with (LOCALE / language / "LC_MESSAGES" / "portal.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def sentence(text: Any, language: Language) -> str:
    """Return a bilingual text, as the domain's ``Text`` or as the API's ``{"fr", "en"}``, in *language*."""
    if text is None:
        return ""
    if isinstance(text, Text):
        return text.in_(language)
    if isinstance(text, dict):
        return str(text[language])
    return str(text)


def day(moment: Any, language: Language) -> str:
    """Write a date for a person: « 3 mars 2027 »."""
    return format_date(moment, format="d MMM y", locale=language)


def minute(moment: Any, language: Language) -> str:
    """Write a moment for a person, to the minute; the foot of every page says in which zone."""
    form = "d MMM y 'à' HH:mm" if language == "fr" else "d MMM y 'at' HH:mm"
    return _written(moment, form, language)


def second(moment: Any, language: Language) -> str:
    """Write a moment for an auditor, to the second: with its distance from UTC, for one hour a year comes twice."""
    return f"{_written(moment, 'd MMM y HH:mm:ss', language)} {offset(moment)}"


def clock(moment: Any, _language: Language) -> str:
    """Write the time of the day to the thousandth of a second, for a table whose head says the zone."""
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"


def offset(moment: Any) -> str:
    """Write how far the clocks are from UTC: « UTC+2 », « UTC−3:30 »."""
    minutes = int(moment.utcoffset().total_seconds()) // 60
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}{f':{rest:02d}' if rest else ''}"


def _written(moment: Any, form: str, language: Language) -> str:
    return format_datetime(moment, format=form, tzinfo=moment.tzinfo, locale=language)


def written_size(number: int, language: Language) -> str:
    """Write a number of bytes for a person."""
    byte, *larger = ("o", "Kio", "Mio", "Gio") if language == "fr" else ("B", "KiB", "MiB", "GiB")
    value, unit = float(number), byte
    for each in larger:
        if value < 1024:
            break
        value, unit = value / 1024, each
    digits = 0 if unit == byte or value >= 10 else 1
    written = f"{value:.{digits}f}"
    return f"{written.replace('.', ',') if language == 'fr' else written}\u202f{unit}"


def written_number(number: int | None, language: Language) -> str:
    """Write a whole number for a person: « 10 000 000 »."""
    return "–" if number is None else format_decimal(number, locale=language)


def written_gap(seconds: float | None, language: Language) -> str:
    """Write a length of time for a person: « 340 ms », « 12 s », « 4 min 10 s », « 2 h 5 min », « 3 j 4 h »."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{round(seconds * 1000)}\u202fms"
    day = "j" if language == "fr" else "d"
    units = ((86_400, day), (3600, "h"), (60, "min"), (1, "s"))
    rest, parts = int(seconds), []
    for length, unit in units:
        number, rest = divmod(rest, length)
        if number or parts:
            parts.append(f"{number}\u202f{unit}" if number else "")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if part)
