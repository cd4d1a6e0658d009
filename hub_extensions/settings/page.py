"""``docs/settings.md``, written from the settings themselves: a setting without its line fails a test.

``python -m hub_extensions.settings.page > docs/settings.md`` writes it anew.
"""

from typing import Any

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from hub_extensions.settings import Settings

HEAD = """# Settings

Read once at the start, from the environment (`BUREAU_` and the name in capitals) and from `bureau.toml` in the
installation's folder; the environment wins. A value out of its range, or a name that does not exist, stops the start
with one sentence that says which, what and what is accepted. Nothing changes a setting while the services run.

| setting | default | accepted | what it is |
|---|---|---|---|
"""


def page() -> str:
    """Return the page."""
    own = [name for name in Settings.__annotations__ if name in Settings.model_fields]
    names = [*own, *(name for name in Settings.model_fields if name not in own)]
    rows = [_row(name, Settings.model_fields[name]) for name in names]
    return HEAD + "".join(rows)


def _row(name: str, field: FieldInfo) -> str:
    nothing = field.default is None or field.default_factory is not None
    default = "" if nothing else f"`{field.default}`"
    return f"| `{name}` | {default} | {_accepted(field)} | {field.description or _plain(name)} |\n"


def _accepted(field: FieldInfo) -> str:
    lows = [str(getattr(each, "ge", getattr(each, "gt", ""))) for each in field.metadata if isinstance(each, Ge | Gt)]
    highs = [str(getattr(each, "le", getattr(each, "lt", ""))) for each in field.metadata if isinstance(each, Le | Lt)]
    if lows or highs:
        return f"{lows[0] if lows else '…'} to {highs[0] if highs else '…'}"
    choices: Any = getattr(field.annotation, "__args__", ())
    words = [each for each in choices if isinstance(each, str)]
    return " or ".join(f"`{each}`" for each in words)


def _plain(name: str) -> str:
    return name.replace("_", " ")


if __name__ == "__main__":
    print(page(), end="")
