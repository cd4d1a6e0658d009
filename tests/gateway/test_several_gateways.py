"""Several gateways: a person is served by one of them, and what is remembered of a person is in that one's memory."""

import aiohttp
import pytest

from tests.gateway.conftest import PREFIX, Bench

BENS = "http://ben.bureau.test"


async def test_a_person_of_another_gateway_is_served_nothing_here(gateway: Bench) -> None:
    """Or idleness, budgets, rules and the live cut would be known of in two places, and hold in neither."""
    gateway.seats._serves = lambda person: person != "ana"
    async with gateway.request("POST", f"{PREFIX}/api/kernels", json={}) as got:
        assert got.status == 503
        assert (await got.json())["detail"]["en"].startswith("This workspace is behind another gateway")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await gateway.channels()
    assert refused.value.status == 503
    assert not gateway.workspace.effects
    assert not gateway.workspace.openings
    assert not gateway.seats.in_use(60)
    async with gateway.request("GET", "/user/ben/etude/lab", person="ben", headers={"Origin": BENS}) as got:
        assert got.status == 200, "who is served here is"
