"""French first, English whole: no sentence of a page, of the menu or of the API lacks its translation."""

import re
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from audit.events import Kind
from hub_extensions.portal import audit_words, navigation, words
from hub_extensions.portal.language import LOCALE, minute, sentence, translations, written_gap, written_size
from hub_extensions.portal.templating import HERE, instant
from hub_extensions.portal.verbs import habilitations
from hub_extensions.portal.verbs.audit import GroupId
from hub_extensions.portal.workspaces import STATE_LABELS, STEPS
from project_spaces.text import Text

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
    assert set(words_left) <= {"CPU", "GPU", "SHA", "ms", "data"}, words_left


def test_labels_of_the_domain_are_in_both_languages() -> None:
    tables = (words.ROLE_LABELS, words.MEMBER_LABELS, words.STATUS_LABELS, words.CLASS_LABELS, words.STEP_LABELS)
    labels = [label for table in tables for label in table.values()]
    labels += [*STATE_LABELS.values(), *habilitations.STATE_LABELS.values(), *(text for _, text in STEPS)]
    labels += [label for _, label, _ in navigation._ITEMS]
    assert all(isinstance(label, Text) and label.fr.strip() and label.en.strip() for label in labels)


def test_how_things_are_written() -> None:
    assert sentence({"fr": "oui", "en": "yes"}, "en") == "yes"
    assert minute(instant("2026-03-01T09:05:00+01:00"), "fr") == "1 mars 2026 à 08:05 UTC"
    assert written_size(3200, "fr") == "3,1\u202fKio"
    assert written_size(12, "en") == "12\u202fB"


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
