"""The allow-list: what JupyterLab needs passes, ways out and ways round do not."""

import pytest

from hub_extensions.gateway.routes import Effect, find, forwarded_headers
from project_spaces.errors import Invalid, Refused, WrongMethod

KERNEL = "0b9f7a1c-1111-2222-3333-444455556666"


@pytest.mark.parametrize(
    ("method", "path", "parameters", "effect"),
    [
        ("GET", "/lab", {}, Effect.PAGE),
        ("GET", "/lab/tree/projet/analyse.ipynb", {}, Effect.PAGE),
        ("GET", "/static/lab/main.js", {"v": ["abc"]}, Effect.PAGE),
        ("GET", "/api/contents/projet", {"content": ["1"], "_": ["17"]}, Effect.READ),
        ("PUT", "/api/contents/projet/été 1.ipynb", {}, Effect.WRITE),
        ("POST", "/api/sessions", {}, Effect.KERNEL),
        ("POST", f"/api/kernels/{KERNEL}/interrupt", {}, Effect.KERNEL),
        ("POST", "/api/terminals", {}, Effect.TERMINAL),
        ("DELETE", "/api/contents/projet/a.txt", {}, Effect.CHANGE),
    ],
)
def test_what_jupyterlab_needs_is_open(method, path, parameters, effect) -> None:
    assert find(method, path, parameters).effect is effect


@pytest.mark.parametrize(
    "path",
    [
        "/files/projet/donnees.csv",
        "/view/projet/a.html",
        "/nbconvert/html/projet/a.ipynb",
        "/api/nbconvert",
        "/lsp/ws",
        "/proxy/8080/",
        "/api/security/csp-report",
        "/api/shutdown",
        "/login",
        "/metrics",
        "/tree",
        "/lab/api/extensions",
        "/api/collaboration/session/x",
    ],
)
def test_every_other_address_is_closed(path: str) -> None:
    for method in ("GET", "POST", "PUT"):
        with pytest.raises(Refused) as refused:
            find(method, path, {})
        assert refused.value.text.fr
        assert refused.value.text.en


def test_a_download_is_told_where_the_door_out_is() -> None:
    with pytest.raises(Refused, match="export desk"):
        find("GET", "/files/projet/donnees.csv", {})


@pytest.mark.parametrize("path", ["/lab/../files/x", "/api/contents/../../etc", "/api/contents/a\x00b", "/lab\\x"])
def test_paths_that_climb_or_hide_are_refused(path: str) -> None:
    with pytest.raises(Invalid):
        find("GET", path, {})


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/api/contents/a", {"content": ["1", "0"]}),
        ("/api/contents/a", {"code": ["1"]}),
        ("/api/contents/a", {"content": ["<script>"]}),
        ("/api/kernels", {"path": ["x"]}),
    ],
)
def test_unknown_repeated_or_malformed_parameters_are_refused(path, parameters) -> None:
    with pytest.raises(Invalid):
        find("GET", path, parameters)


def test_a_method_that_is_not_open_gets_its_own_status() -> None:
    with pytest.raises(WrongMethod) as refused:
        find("DELETE", "/lab", {})
    assert refused.value.status == 405


def test_only_known_headers_with_well_formed_values_pass() -> None:
    sent = {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "If-None-Match": '"abc"; drop',
        "X-Code": "import os",
        "Cookie": "a=b",
        "Authorization": "token x",
    }
    assert forwarded_headers(sent) == {"Accept": "application/json", "Content-Type": "application/json"}
