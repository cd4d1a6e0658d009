"""French first, English whole: no sentence of a page, of the menu or of the API lacks its translation."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from audit.events import Kind
from hub_extensions.portal import audit_words, navigation, words
from hub_extensions.portal.language import LOCALE, sentence, translations, written_gap, written_size
from hub_extensions.portal.templating import HERE, environment
from hub_extensions.portal.verbs import habilitations
from hub_extensions.portal.verbs.audit import GroupId
from hub_extensions.portal.workspaces import STATE_LABELS, STEPS
from project_spaces.records.people import ROLE_LABELS
from project_spaces.text import Language, Text
from project_spaces.windows import moment, on_peoples_clocks

TEMPLATES = HERE / "templates"
OPTIONS = {"**.html": {"extensions": "jinja2.ext.i18n", "trim_blocks": "true", "silent": "false"}}


def messages() -> set[str]:
    found = extract_from_dir(str(TEMPLATES), [("**.html", "jinja2")], OPTIONS)
    return {str(message) for _, _, message, _, _ in found}


def test_no_message_of_a_template_lacks_english() -> None:
    with (LOCALE / "en" / "LC_MESSAGES" / "portal.po").open("rb") as file:
        catalogue = read_po(file, locale="en")
    english = {str(each.id): str(each.string) for each in catalogue if each.id and not each.fuzzy}
    used = messages()
    assert len(used) > 200
    assert sorted(used - {key for key, value in english.items() if value.strip()}) == []
    assert sorted(set(english) - used) == [], "translations of sentences that no page says any more"


def test_the_catalogue_is_the_one_that_pages_read() -> None:
    assert translations("en").gettext("Mes projets") == "My projects"
    assert translations("fr").gettext("Mes projets") == "Mes projets"


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_no_template_says_a_word_outside_the_catalogue(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    text = re.sub(r"<style>.*?</style>|{%.*?%}|{{.*?}}|{#.*?#}|<!--.*?-->", " ", text, flags=re.DOTALL)
    words_left = re.findall(r"[A-Za-zÀ-ÿ]{2,}", re.sub(r"<[^>]*>", " ", text, flags=re.DOTALL))
    assert set(words_left) <= {"CPU", "GPU", "SHA", "UTC", "ms", "data"}, words_left


def test_labels_of_the_domain_are_in_both_languages() -> None:
    tables = (ROLE_LABELS, words.MEMBER_LABELS, words.STATUS_LABELS, words.CLASS_LABELS, words.STEP_LABELS)
    labels = [label for table in tables for label in table.values()]
    labels += [*STATE_LABELS.values(), *habilitations.STATE_LABELS.values(), *(text for _, text in STEPS)]
    labels += [label for _, label, _ in navigation._ITEMS]
    assert all(isinstance(label, Text) and label.fr.strip() and label.en.strip() for label in labels)


def test_how_things_are_written() -> None:
    assert sentence({"fr": "oui", "en": "yes"}, "en") == "yes"
    assert written_size(3200, "fr") == "3,1\u202fKio"
    assert written_size(12, "en") == "12\u202fB"


@pytest.mark.parametrize(
    ("template", "language", "zone", "shown"),
    [
        ("{{ at|minute }}", "fr", "Europe/Paris", "1 mars 2026 à 09:05"),
        ("{{ at|minute }}", "en", "Indian/Reunion", "1 Mar 2026 at 12:05"),
        ("{{ at|second }}", "fr", "Europe/Paris", "1 mars 2026 09:05:00 UTC+1"),
        ("{{ at|second }}", "en", "America/St_Johns", "1 Mar 2026 04:35:00 UTC−3:30"),
        ("{{ at|second }}", "en", "UTC", "1 Mar 2026 08:05:00 UTC"),
        ("{{ at|clock }}", "fr", "Europe/Paris", "09:05:00.000"),
        ("{{ '2026-06-30T22:00:00+00:00'|day }}", "fr", "Europe/Paris", "1 juil. 2026"),
        ("{{ '2026-06-30T22:00:00+00:00'|last_day }}", "fr", "Europe/Paris", "30 juin 2026"),
    ],
)
def test_moments_are_what_peoples_clocks_say(template: str, language: Language, zone: str, shown: str) -> None:
    text = environment(language, ZoneInfo(zone)).from_string(template).render(at="2026-03-01T08:05:00+00:00")
    opening, _, inside = text.partition(">")
    assert inside == f"{shown}</time>"
    said = datetime.fromisoformat(opening.partition('"')[2].rstrip('"'))
    assert said.tzinfo is not None
    assert said.utcoffset() == said.astimezone(ZoneInfo(zone)).utcoffset()


def test_sentences_are_kept_in_utc_and_read_in_the_zone() -> None:
    at = datetime(2026, 7, 31, 22, 30, tzinfo=UTC)
    kept = Text(f"Jusqu'au {moment(at).fr}.", f"Until {moment(at).en}.")
    for language, told in (("fr", "Jusqu'au 01/08/2026 à 00:30."), ("en", "Until 01 August 2026 at 00:30.")):
        page = environment(language, ZoneInfo("Europe/Paris")).from_string("{{ kept|t }}")
        assert page.render(kept=kept) == told.replace("'", "&#39;")
    assert on_peoples_clocks("le 99/99/2026 à 10:00 UTC", ZoneInfo("Europe/Paris")) == "le 99/99/2026 à 10:00 UTC"


@pytest.mark.parametrize("kind", list(Kind), ids=str)
def test_every_kind_of_entry_has_a_name_and_one_family(kind: Kind) -> None:
    label = audit_words.KIND_LABELS[kind.value]
    assert label.fr.strip()
    assert label.en.strip()
    assert [group.id for group in audit_words.GROUPS if kind in group.kinds] != []
    assert sum(kind in group.kinds for group in audit_words.GROUPS) == 1


def test_families_can_be_asked_for_and_lengths_of_time_are_written() -> None:
    assert set(get_args(GroupId)) == {group.id for group in audit_words.GROUPS}
    written = [written_gap(seconds, "fr") for seconds in (None, 0.34, 12, 250, 7500, 273_600)]
    assert [each.replace("\u202f", " ") for each in written] == [
        "–",
        "340 ms",
        "12 s",
        "4 min 10 s",
        "2 h 5 min",
        "3 j 4 h",
    ]
