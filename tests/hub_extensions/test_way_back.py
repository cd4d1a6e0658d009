"""Where signing in leads: to a page of ours and of this person, whatever the link says."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from hub_extensions.settings import Settings
from hub_extensions.step_up.way_back import sign_in_again, way_back

SETTINGS = Settings(public_url="https://bureau.example.org", home=Path("/nowhere"))
PORTAL = "/services/bureau/"

EVIL = (
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "HTTPS://evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    " //evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "/\x00/evil.example",
    "%2F%2Fevil.example",
    "/%2Fevil.example",
    "/%2fevil.example/..",
    "/%5Cevil.example",
    "/%5cevil.example",
    "/%09/evil.example",
    "/services/bureau/%0d%0aSet-Cookie:%20a=b",
    "/services/bureau/\r\nSet-Cookie: a=b",
    "/services/bureau/\rx",
    "/services/bureau/%00",
    "/services/bureau/../../evil",
    "/services/bureau/%2e%2e/%2e%2e/evil",
    "/services/bureau//evil.example",
    "/services/bureau/%5c%5cevil.example",
    "/services/bureauevil",
    "/services/other/",
    "/@evil.example",
    "/.evil.example",
    "https://bureau.example.org.evil.example/services/bureau/",
    "https://bureau.example.org@evil.example/",
    "https://bureau.example.org/services/bureau/",
    "https://ana.bureau.example.org/user/ana/etude/lab",
    "/hub/logout",
    "/hub/logout?x=1",
    "/hub/%6cogout",
    "/hub/login?next=//evil.example",
    "/hub/again?next=//evil.example",
    "/hub/oauth_login",
    "/services/bureau/é",
    "/services/bureau/\u2028x",
    "/user/ben/etude/lab",
    "/user/ben/",
    "/user/ana",
    "/user/ana@evil.example/etude/lab",
    "/user/%61na/../ben/etude/lab",
    "/user/ana/etude/%2e%2e/%2e%2e/ben/etude/lab",
    "/USER/ana/etude/lab",
    "",
    "/",
    "x",
    PORTAL + "x" * 5000,
)


@pytest.mark.parametrize("asked", EVIL)
def test_nowhere_else(asked: str) -> None:
    assert way_back(asked, "ana", SETTINGS) is None


@pytest.mark.parametrize(
    ("asked", "leads"),
    [
        (PORTAL, PORTAL),
        ("/services/bureau", "/services/bureau"),
        (f"{PORTAL}exports?project=etude&x=%C3%A9#top", f"{PORTAL}exports?project=etude&x=%C3%A9#top"),
        (f"{PORTAL}why?next=https%3A%2F%2Fevil.example", f"{PORTAL}why?next=https%3A%2F%2Fevil.example"),
        (
            "/hub/api/oauth2/authorize?client_id=service-bureau&redirect_uri=https%3A%2F%2Fbureau.example.org%2Fx",
            "/hub/api/oauth2/authorize?client_id=service-bureau&redirect_uri=https%3A%2F%2Fbureau.example.org%2Fx",
        ),
        ("/user/ana/etude/lab?reset", "https://ana.bureau.example.org/user/ana/etude/lab?reset"),
        ("/user/ana/etude", "https://ana.bureau.example.org/user/ana/etude"),
    ],
)
def test_where_somebody_wanted_to_go(asked: str, leads: str) -> None:
    assert way_back(asked, "ana", SETTINGS) == leads


@pytest.mark.parametrize("path", [f"{PORTAL}exports?a=1&b=%C3%A9", "/user/ana/etude/lab?x=y&next=/z"])
def test_a_link_to_sign_in_again_keeps_the_whole_address(path: str) -> None:
    parts = urlsplit(sign_in_again("https://bureau.example.org/services/bureau/", path))
    assert (parts.netloc, parts.path) == ("bureau.example.org", "/hub/again")
    assert parse_qs(parts.query) == {"next": [path]}
