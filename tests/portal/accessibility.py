"""What axe objects to on pages, in both languages and both colour schemes."""

from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: What other words or other colours can break. The markup around them is the same and was looked at with every rule.
OF_WORDS_AND_COLOURS = [
    "button-name",
    "color-contrast",
    "document-title",
    "empty-heading",
    "html-has-lang",
    "html-lang-valid",
    "image-alt",
    "label",
    "link-in-text-block",
    "link-name",
    "select-name",
    "svg-img-alt",
    "target-size",
    "valid-lang",
]
#: Language, colour scheme, and the rules that are tried in it.
LOOKS: tuple[tuple[str, Literal["light", "dark"], list[str]], ...] = (
    ("fr", "light", TAGS),
    ("en", "dark", OF_WORDS_AND_COLOURS),
)


async def violations(page: Page, rules: list[str] = TAGS) -> list[str]:
    """What axe objects to on this page as it is, by these rules."""
    asked: dict[str, Any] = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("asked => axe.run(document, asked)", asked)
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found["violations"]]


async def in_both_languages(page: Page, address: str, *paths: str, unfolded: bool = False) -> dict[str, list[str]]:
    """What axe objects to on these pages: in French and light by every rule, then in what English and dark change."""
    found: dict[str, list[str]] = {}
    for language, scheme, rules in LOOKS:
        await page.emulate_media(color_scheme=scheme)
        for path in paths:
            await page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
            assert await page.get_attribute("html", "lang") == language
            if unfolded:
                await page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            if bad := await violations(page, rules):
                found[f"{scheme} {language} {path}"] = bad
    return found
