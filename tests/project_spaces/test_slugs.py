"""One rule for names: JupyterHub's own for server names, and every name is a host label too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyterhub.slugs import is_valid_safe_slug

from project_spaces.errors import Invalid
from project_spaces.slugs import is_slug, require_slug, require_version
from project_spaces.text import Text


@given(st.text(alphabet="ab0-_A.é\n \0", max_size=40))
def test_is_exactly_the_hub_s_rule(value: str) -> None:
    assert is_slug(value) == bool(is_valid_safe_slug(value))


@pytest.mark.parametrize("value", ["Projet_A", "projet--a", "2026-etude", "etude-", "a" * 31, "", "é", "etude\n", "٣a"])
def test_refused_with_the_rule(value: str) -> None:
    with pytest.raises(Invalid) as caught:
        require_slug(value, Text("Identifiant du projet", "Project identifier"))
    assert caught.value.text.fr.startswith("Identifiant du projet")
    assert "30" in caught.value.text.en


@pytest.mark.parametrize("value", ["a", "etude-2026", "a" * 30])
def test_accepted(value: str) -> None:
    assert require_slug(value, Text("", "")) == value


@pytest.mark.parametrize("value", ["1", "2025", "2025.1", "v1_2-rc", "A"])
def test_versions(value: str) -> None:
    assert require_version(value) == value
