"""The templates, loaded once per language and time zone, with the few filters that pages need; everything is escaped.

The one place that turns moments, which are UTC everywhere else, into what people's clocks say.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hub_extensions.exports.marks import english
from hub_extensions.portal import language as lang
from hub_extensions.portal.audit_words import fact_label, kind_label, part_label
from hub_extensions.portal.words import STEP_LABELS
from project_spaces.conditions.person import SIGN_IN_AGAIN
from project_spaces.text import Language
from project_spaces.windows import on_peoples_clocks

#: What an end that is a midnight lies after the last day that it includes.
_LEAST = timedelta(microseconds=1)
HERE = Path(__file__).parent
STATIC = HERE / "static"


@lru_cache(maxsize=4)
def environment(language: Language, zone: ZoneInfo) -> Environment:
    """Return the environment whose pages read *language*, and whose clocks are those of *zone*."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.install_gettext_translations(lang.translations(language), newstyle=True)  # type: ignore[attr-defined]
    made.globals["lang"] = language
    made.globals["zone"] = zone.key
    made.filters["t"] = lambda text: on_peoples_clocks(lang.sentence(text, language), zone)
    made.filters["day"] = _time(lang.day, language, zone)
    made.filters["last_day"] = _time(lang.day, language, zone, before=_LEAST)
    made.filters["typed_day"] = lambda value: _typed(value, zone, timedelta())
    made.filters["typed_last_day"] = lambda value: _typed(value, zone, _LEAST)
    made.filters["calendar"] = partial(_calendar, language=language)
    made.filters["minute"] = _time(lang.minute, language, zone)
    made.filters["second"] = _time(lang.second, language, zone)
    made.filters["clock"] = _time(lang.clock, language, zone)
    made.filters["size"] = partial(lang.written_size, language=language)
    made.filters["place"] = partial(place, language=language)
    made.filters["step"] = lambda kind: lang.sentence(STEP_LABELS.get(kind, kind), language)
    made.filters["short"] = _short
    made.filters["kind"] = lambda view: type(view).__name__
    made.filters["count"] = partial(lang.written_number, language=language)
    made.filters["gap"] = partial(lang.written_gap, language=language)
    made.filters["kind_name"] = lambda kind: lang.sentence(kind_label(kind), language)
    made.filters["fact_name"] = lambda name: lang.sentence(fact_label(name), language)
    made.filters["part_name"] = lambda name: lang.sentence(part_label(name), language)
    made.globals["sign_in_again"] = SIGN_IN_AGAIN | {"session_over"}
    made.globals["colon"] = "\u202f: " if language == "fr" else ": "
    made.globals["duration"] = partial(_duration, language=language)
    return made


def render(name: str, language: Language, zone: ZoneInfo, /, **context: Any) -> str:
    """Return the page *name* in *language*, on the clocks of *zone*."""
    return environment(language, zone).get_template(name).render(**context)


@lru_cache(maxsize=32)
def fingerprint(name: str) -> str:
    """Return a mark of a static file's bytes: its address changes when it does, so it can be cached for ever."""
    return sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def instant(value: Any, zone: ZoneInfo) -> datetime | None:
    """Return the moment that *value* (ISO text or a datetime) stands for, as the clocks of *zone* show it."""
    if value in {None, ""}:
        return None
    moment: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(zone)


def place(where: str, language: Language) -> str:
    """Write where a finding points, for a reader of *language*."""
    return where if language == "fr" else english(where)


def _calendar(day: str, language: Language) -> Markup:
    """Write a day that has no hour."""
    return Markup('<time datetime="{}">{}</time>').format(day, lang.day(date.fromisoformat(day), language))


def _duration(begin: str, end: str, language: Language) -> str:
    return lang.written_gap((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds(), language)


def _short(value: str | None) -> str:
    return "" if not value else f"{value[:12]}…"


def _typed(value: Any, zone: ZoneInfo, before: timedelta) -> str:
    """Write a day as a form's field of a date holds it."""
    moment = instant(value, zone)
    return "" if moment is None else (moment - before).date().isoformat()


def _time(
    write: Callable[[datetime, Language], str], language: Language, zone: ZoneInfo, before: timedelta = timedelta()
) -> Callable[[Any], Any]:
    def shown(value: Any) -> Any:
        moment = instant(value, zone)
        if moment is None:
            return "–"
        return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), write(moment - before, language))

    return shown
