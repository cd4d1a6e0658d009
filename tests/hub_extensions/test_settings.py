"""Settings: one frozen object, and a bad one stops the start with its name, its value and what is accepted."""

from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError

from hub_extensions.settings import load
from hub_extensions.settings.gateways import serving
from project_spaces.errors import Invalid

pytestmark = pytest.mark.usefixtures("nothing_set")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("min_persons", 2, "greater than or equal to 3"),
        ("reviewers_required", 1, "greater than or equal to 2"),
        ("lockout_failures", 11, "less than or equal to 10"),
        ("gateway_port", 0, "greater than or equal to 1"),
        ("spawner", "kubernetes", "docker"),
        ("revocation_poll_ms", 5000, "less than or equal to 500"),
        ("public_url", "http://localhost:8000", "has a dot"),
        ("public_url", "ftp://bureau.example.org", "must be http(s)"),
        ("access_sign_in_hours", 0, "greater than or equal to 1"),
        ("access_networks", "10.0.0.0/8 intranet", "such as 10.0.0.0/8"),
        ("access_trainings", "SNDS", "must be slugs"),
        ("access_approvals", "cnil, cesrees", "must be slugs"),
    ],
)
def test_a_bad_value_names_the_setting_the_value_and_the_range(name: str, value: object, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        load({name: value})
    for sentence in refused.value.text:
        assert name in sentence
        assert repr(value) in sentence
        assert says in sentence


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(Invalid, match="min_person "):
        load({"min_person": 11})


def test_a_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bureau.toml").write_text("min_persons = 20\ndownload_days = 3\n")
    monkeypatch.setenv("BUREAU_HOME", str(tmp_path))
    monkeypatch.setenv("BUREAU_DOWNLOAD_DAYS", "4")
    settings = load()
    assert (settings.min_persons, settings.download_days) == (20, 4)


def test_a_file_that_is_not_toml_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bureau.toml").write_text("min_persons 20")
    monkeypatch.setenv("BUREAU_HOME", str(tmp_path))
    with pytest.raises(Invalid, match="not TOML"):
        load()


def test_settings_cannot_be_changed_after_the_start(tmp_path: Path) -> None:
    settings = load({"home": tmp_path})
    with pytest.raises(ValidationError):
        settings.min_persons = 1  # type: ignore[misc]


def test_listening_for_other_machines_needs_encryption(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="tls_certificate"):
        load({"home": tmp_path, "bind_address": "0.0.0.0"})  # noqa: S104 - refused is what is tested


def test_a_socket_folder_that_no_socket_fits_in_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="longer than 60 bytes"):
        load({"home": tmp_path, "run_dir": tmp_path / ("x" * 60)})


def test_workspaces_never_share_an_origin_with_the_portal(tmp_path: Path) -> None:
    settings = load({"home": tmp_path, "public_url": "https://bureau.example.org/"})
    assert settings.workspace_origin("ana") == "https://ana.bureau.example.org"
    assert settings.workspace_origin("ana") != settings.public_url


def test_settings_with_repositories_can_still_be_the_key_of_what_is_opened_once() -> None:
    """Every process keeps its store by its settings: a table among them stopped all of them at the start."""
    repositories = {"hal": {"kind": "git", "url": "https://example.org/hal.git"}}
    one, same = (load({"publication_repositories": repositories}) for _ in range(2))
    assert one == same
    assert {one: 1}[same] == 1


def test_gateways_take_the_next_ports_that_nothing_else_has(tmp_path: Path) -> None:
    several = load({"home": tmp_path, "gateways": 3, "public_url": "http://bureau.localhost:8092"})
    assert several.gateway_ports == (8090, 8093, 8094), "the portal has 8091, people come by 8092"
    with pytest.raises(Invalid, match="gateway_port 65535 leaves no ports for 2 gateways"):
        load({"home": tmp_path, "gateways": 2, "gateway_port": 65535})


def test_a_person_is_served_by_the_same_gateway_whoever_asks() -> None:
    """Hub, gateways and a later version must say the same: what is remembered of a person is there alone."""
    assert [serving(name, 4) for name in ("ana", "bruno", "claire", "denis")] == [2, 1, 4, 4]
    assert {serving(f"p{number:03d}", 1) for number in range(50)} == {1}
    counts = Counter(serving(f"p{number:03d}", 4) for number in range(1000))
    assert set(counts) == {1, 2, 3, 4}
    assert min(counts.values()) > 200
