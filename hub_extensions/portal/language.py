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
from tornado.web import RequestHandler

from project_spaces.text import Language, Text

LOCALE = Path(__file__).parent / "locale"
#: The gateway and the sign-in pages read the same cookie.
COOKIE = "bureau-lang"


def chosen(handler: RequestHandler) -> Language:
    """Return the language asked for: in the address, else by the cookie, else by the browser, else French."""
    asked = handler.get_query_argument("lang", "")
    if asked not in {"fr", "en"}:
        asked = handler.get_cookie(COOKIE) or _preferred(handler.request.headers.get("Accept-Language", "fr"))
    return "en" if asked == "en" else "fr"


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
    """Write a date for a person, in UTC: « 3 mars 2027 »."""
    return format_date(moment, format="d MMM y", locale=language)


def minute(moment: Any, language: Language) -> str:
    """Write a moment for a person, to the minute, in UTC."""
    form = "d MMM y 'à' HH:mm 'UTC'" if language == "fr" else "d MMM y 'at' HH:mm 'UTC'"
    return format_datetime(moment, format=form, locale=language)


def second(moment: Any, language: Language) -> str:
    """Write a moment for an auditor, to the second, in UTC."""
    return format_datetime(moment, format="d MMM y HH:mm:ss 'UTC'", locale=language)
