"""What the settings ask reaches the domain's rules; nothing is asked by default."""

import ipaddress
from datetime import timedelta

import pytest

from hub_extensions.settings import load
from hub_extensions.settings.access_rules import access_rules
from project_spaces.facts import Classification, WorkspaceKind
from project_spaces.requirements import NOTHING, Requirement

pytestmark = pytest.mark.usefixtures("nothing_set")


def test_nothing_is_asked_by_default_and_workspaces_are_sealed() -> None:
    rules = access_rules(load())
    assert all(rules.of_tier(each) == NOTHING for each in Classification)
    assert (rules.everybody, rules.duties, rules.workspace) == (NOTHING, NOTHING, WorkspaceKind.SEALED)


def test_the_trial_is_not_sealed() -> None:
    assert access_rules(load({"spawner": "local"})).workspace is WorkspaceKind.LOCAL_TRIAL


def test_what_is_set_is_asked_for_sensitive_data_only() -> None:
    settings = {
        "access_sign_in_hours": 8,
        "access_networks": "10.0.0.0/8 2001:db8::/32",
        "access_trainings": "snds secret",
        "access_approvals": "cnil",
        "access_agreement": True,
        "access_identity": True,
        "access_strong_acr": "eidas2 eidas3",
    }
    rules = access_rules(load(settings))
    assert rules.of_tier(Classification.PSEUDONYMISED) == Requirement(
        timedelta(hours=8),
        (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8::/32")),
        frozenset({"snds", "secret"}),
        frozenset({"cnil"}),
        agreement=True,
        identity=True,
    )
    assert rules.of_tier(Classification.OPEN) == NOTHING
    assert rules.strong_acr == {"eidas2", "eidas3"}


def test_what_is_asked_of_roles_is_asked_of_them_alone() -> None:
    rules = access_rules(load({"access_role_trainings": "relecture secret", "access_role_identity": True}))
    assert rules.duties == Requirement(trainings=frozenset({"relecture", "secret"}), identity=True)
    assert rules.of_tier(Classification.PSEUDONYMISED) == NOTHING
