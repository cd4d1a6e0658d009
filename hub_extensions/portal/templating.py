"""The templates, loaded once per language, with the few filters that pages need; everything is escaped."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_environment
from markupsafe import Markup

from hub_extensions.exports.marks import english
from hub_extensions.portal import language as lang
from hub_extensions.portal.audit_words import fact_label, kind_label, part_label
from hub_extensions.portal.words import STEP_LABELS
from project_spaces.text import Language

HERE = Path(__file__).parent
STATIC = HERE / "static"


@lru_cache(maxsize=2)
def environment(language: Language) -> Environment:
    """Return the environment whose pages read *language*."""
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
    made.filters["t"] = partial(lang.sentence, language=language)
    made.filters["day"] = _time(lang.day)
    made.filters["calendar"] = partial(_calendar, language=language)
    made.filters["minute"] = _time(lang.minute)
    made.filters["second"] = _time(lang.second)
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
    made.globals["colon"] = "\u202f: " if language == "fr" else ": "
    made.globals["duration"] = partial(_duration, language=language)
    return made


def render(name: str, language: Language, /, **context: Any) -> str:
    """Return the page *name* in *language*."""
    return environment(language).get_template(name).render(**context)


@lru_cache(maxsize=32)
def fingerprint(name: str) -> str:
    """Return a mark of a static file's bytes: its address changes when it does, so it can be cached for ever."""
    return sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def instant(value: Any) -> datetime | None:
    """Return the moment that *value* (ISO text or a datetime) stands for, in UTC."""
    if value in {None, ""}:
        return None
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(UTC)


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


def _time(write: Callable[[datetime, Language], str]) -> Callable[..., Any]:
    @pass_environment
    def shown(environment: Environment, value: Any) -> Any:
        moment = instant(value)
        if moment is None:
            return "–"
        text = write(moment, environment.globals["lang"])
        return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), text)

    return shown
