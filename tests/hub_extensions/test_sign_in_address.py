"""The address that is recorded with an attempt to sign in is the one our proxy saw, not one that a client tells."""

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest

from hub_extensions.presence.origin import address_of


def request(**headers: str) -> HTTPServerRequest:
    told = HTTPHeaders({name.replace("_", "-"): value for name, value in headers.items()})
    asked = HTTPServerRequest("POST", "/hub/login", headers=told, host="bureau.localhost")
    asked.remote_ip = headers.get("X_Real_Ip", "127.0.0.1")  # as Tornado believes it behind a proxy
    return asked


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Forwarded_For": "192.0.2.7"},
        {"X_Forwarded_For": "7.7.7.7,192.0.2.7"},
        {"X_Forwarded_For": "7.7.7.7, 192.0.2.7", "X_Real_Ip": "6.6.6.6"},
    ],
)
def test_a_forged_address_is_not_recorded(headers: dict[str, str]) -> None:
    assert address_of(request(**headers)) == "192.0.2.7"


def test_without_a_proxy_the_peer_is_recorded() -> None:
    assert address_of(request()) == "127.0.0.1"
