"""Bodies are strict, days become moments in UTC, and what is wrong is said field by field in both languages."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hub_extensions.portal.inputs import parse
from hub_extensions.portal.verbs.admin import NewProject
from hub_extensions.portal.verbs.exports import Description, NewRequest
from project_spaces.errors import Invalid

PROJECT = {"slug": "a", "title": "A", "purpose": "p", "starts_at": "2026-01-01", "ends_at": "2026-12-31"}


def test_a_day_begins_at_midnight_and_the_last_day_is_included() -> None:
    project = parse(NewProject, PROJECT)
    assert project.starts_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert project.ends_at == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_day_is_one_of_the_place_where_people_work() -> None:
    """Summer and winter: in Paris the last of June is over two hours before it is in UTC."""
    project = parse(NewProject, PROJECT | {"ends_at": "2026-06-30"}, ZoneInfo("Europe/Paris"))
    assert project.starts_at == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert project.ends_at == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_a_moment_keeps_its_zone_and_a_naive_one_is_refused() -> None:
    assert parse(NewProject, PROJECT | {"ends_at": "2026-12-31T12:00:00+01:00"}).ends_at.hour == 12
    with pytest.raises(Invalid):
        parse(NewProject, PROJECT | {"ends_at": "2026-12-31T12:00:00"})


def test_every_wrong_field_is_named_in_both_languages_and_no_value_is_repeated() -> None:
    with pytest.raises(Invalid) as refused:
        parse(NewProject, {"slug": "a", "title": "secret-value" * 100, "colour": "red"})
    assert len(refused.value.reasons) >= 4
    assert all(reason.fr and reason.en and reason.fr != reason.en for reason in refused.value.reasons)
    assert not any("secret-value" in reason.en for reason in refused.value.reasons)


def test_recipients_come_as_a_list_or_as_one_line_of_a_form() -> None:
    assert parse(Description, {"recipients": "ana, ben\nada"}).recipients == ("ana", "ben", "ada")
    assert parse(Description, {"recipients": ["ana"]}).recipients == ("ana",)


def test_a_request_has_a_title() -> None:
    with pytest.raises(Invalid):
        parse(NewRequest, {"project": "a", "title": "  ", "purpose": "p"})


@pytest.mark.parametrize("end", ["9999-12-31", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_that_no_calendar_has_is_refused_in_words(end: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(NewProject, PROJECT | {"ends_at": end})
    assert "ends_at" in refused.value.reasons[0].fr


def test_lines_and_tabs_are_text() -> None:
    assert parse(NewProject, PROJECT | {"purpose": "a\r\n\tb é עברית"}).purpose == "a\r\n\tb é עברית"
