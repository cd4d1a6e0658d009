"""Budgets of what is shown hold live: over every connection of a person, across restarts, and whatever a clock says."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from audit.events import Event, Kind
from hub_extensions.clocks import SteadyClock
from hub_extensions.gateway.egress import FLUSH_BYTES, OVERDRAFT, Egress, Meter
from hub_extensions.gateway.http import OVER_HTTP
from project_spaces.egress import Budget, Flow, OverBudget, Use, hour_of
from project_spaces.errors import Unavailable

from .conftest import PREFIX, Bench, FakeCounts

KIB = 2**10
NOON = datetime(2026, 11, 25, 12, 10, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
KERNEL = "0b9f7a1c-1111-2222-3333-444455556666"


def message(code: str) -> str:
    header = {
        "msg_id": "m1",
        "msg_type": "execute_request",
        "session": "s1",
        "username": "x",
        "date": "",
        "version": "5",
    }
    return json.dumps(
        {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": {"code": code}}
    )


def budget(gateway: Bench, size: int, *, day: int | None = None) -> None:
    gateway.counts.budget = Budget(size, day or 10 * size, 80)


async def exchange(socket: aiohttp.ClientWebSocketResponse, size: int) -> dict:
    """Send a cell that the workspace sends back, as an output would come."""
    await socket.send_str(message("x" * size))
    return await received(socket)


async def use_up(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Be shown 22 KiB of a budget of 20."""
    for _ in range(2):
        await exchange(socket, 11 * KIB)


async def received(socket: aiohttp.ClientWebSocketResponse) -> dict:
    return json.loads((await socket.receive(timeout=10)).data)


async def drain(answer: aiohttp.ClientResponse, got: bytearray) -> None:
    async for chunk in answer.content.iter_any():
        got += chunk


async def nothing_comes(socket: aiohttp.ClientWebSocketResponse, gateway: Bench) -> bool:
    """Everything on its way has had its turn (a request went to and fro), and nothing is there."""
    waiting = asyncio.ensure_future(socket.receive())
    for _ in range(20):
        async with gateway.session.get(gateway.url + "/health") as answer:
            await answer.read()
    came = waiting.done()
    waiting.cancel()
    return not came


class TestMeter:
    def meter(self, hour: int = 100, day: int = 1000) -> tuple[Meter, list[int]]:
        woken: list[int] = []
        made = Meter(lambda: woken.append(1), PARIS)
        made.set(Budget(hour, day, 80), Use(), hour_of(NOON))
        return made, woken

    async def test_lines_are_met_to_the_byte(self) -> None:
        meter, woken = self.meter()
        assert [meter.count(size) for size in (79, 1, 19, 1)] == [Flow.FREE, Flow.WARNED, Flow.WARNED, Flow.PAUSED]
        assert len(woken) == 2

    async def test_what_was_shown_before_counts(self) -> None:
        meter = Meter(lambda: None, PARIS)
        meter.set(Budget(100, 1000), Use(hour=100, day=100), 0)
        assert meter.flow is Flow.PAUSED

    async def test_the_day_holds_when_the_hour_is_free(self) -> None:
        meter = Meter(lambda: None, PARIS)
        meter.set(Budget(100, 300), Use(hour=0, day=290), hour_of(NOON))
        assert meter.count(9) is Flow.WARNED
        assert meter.count(1) is Flow.PAUSED
        assert meter.resumes() == datetime(2026, 11, 26, tzinfo=UTC)
        assert "01:00 (Europe/Paris)" in meter.sentence(Flow.PAUSED).fr

    async def test_much_at_once_is_written_at_once(self) -> None:
        meter, woken = self.meter(hour=2**40, day=2**41)
        assert meter.count(FLUSH_BYTES) is Flow.FREE
        assert woken

    async def test_a_pause_says_when_it_ends(self) -> None:
        meter, _ = self.meter()
        meter.count(100)
        assert meter.resumes() == NOON.replace(hour=13, minute=0)
        assert "14:00 (Europe/Paris)" in meter.sentence(Flow.PAUSED).fr
        with pytest.raises(OverBudget):
            meter.require()

    async def test_saving_passes_within_an_overdraft_only(self) -> None:
        meter, _ = self.meter()
        meter.count(100 + OVERDRAFT - 1)
        meter.require(saving=True)
        meter.count(1)
        with pytest.raises(OverBudget):
            meter.require(saving=True)


class TestClock:
    def clock(self) -> tuple[SteadyClock, dict]:
        state = {"wall": NOON, "elapsed": 1000.0}
        return SteadyClock(lambda: state["wall"], lambda: state["elapsed"]), state

    @pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(days=1), timedelta(hours=-3)])
    def test_setting_the_clock_opens_no_hour(self, step: timedelta) -> None:
        clock, state = self.clock()
        state["wall"] += step + timedelta(seconds=100)
        state["elapsed"] += 100
        assert abs(clock.now() - (NOON + timedelta(seconds=100))) <= timedelta(seconds=1)

    def test_a_clock_that_was_wrong_at_the_start_is_followed_slowly(self) -> None:
        clock, state = self.clock()
        for _ in range(200):
            state["wall"] += timedelta(seconds=100)
            state["elapsed"] += 100
            clock.now()
        state["wall"] += timedelta(seconds=60)
        for _ in range(100):
            state["wall"] += timedelta(seconds=100)
            state["elapsed"] += 100
            clock.now()
        assert abs(clock.now() - state["wall"]) < timedelta(seconds=1)


class TestLive:
    async def test_a_warning_then_a_pause_then_a_lift(self, gateway: Bench) -> None:
        budget(gateway, 20 * KIB)
        async with gateway.channels() as socket:
            assert (await exchange(socket, 17 * KIB))["header"]["msg_type"] == "execute_request"
            warning = await exchange(socket, 4 * KIB)
            assert warning["header"]["msg_type"] == "stream"
            assert "Attention" in warning["content"]["text"]
            assert warning["parent_header"]["msg_id"] == "m1"
            assert len((await received(socket))["content"]["code"]) == 4 * KIB
            pause = await exchange(socket, 1)
            assert "Affichage en pause" in pause["content"]["text"]
            assert await nothing_comes(socket, gateway)
            gateway.counts.lifts = 1
            await gateway.egress.flush()
            assert (await received(socket))["content"]["code"] == "x"

    async def test_each_line_is_recorded_once(self, gateway: Bench) -> None:
        budget(gateway, 20 * KIB)
        async with gateway.channels() as socket:
            await exchange(socket, 17 * KIB)
            await gateway.egress.flush()
            await gateway.egress.flush()
            await exchange(socket, 4 * KIB)
            await gateway.egress.flush()
            await gateway.egress.flush()
        kinds = [event.kind for event in gateway.ledger.of(Kind.EGRESS_WARNED, Kind.EGRESS_PAUSED)]
        assert kinds == [Kind.EGRESS_WARNED, Kind.EGRESS_PAUSED]
        (paused,) = gateway.ledger.of(Kind.EGRESS_PAUSED)
        assert (paused.actor, paused.project) == ("ana", "etude")
        assert int(paused.private["hour_bytes"]) > 20 * KIB

    async def test_a_leaf_tells_no_exact_number_that_code_chose(self) -> None:
        """Who prints 20,481 or 20,482 bytes before the pause would write a bit where everybody reads."""
        told: list[Event] = []

        async def record(event: Event) -> None:
            told.append(event)

        for more in (1, 2):
            each = Egress(FakeCounts(), Budget(20 * KIB, 40 * KIB), PARIS, record)
            (await each.meter("ana", "etude")).count(20 * KIB + more)
            await each.flush()
        assert told[0].kind is Kind.EGRESS_PAUSED
        assert told[0].subject == told[1].subject
        assert told[0].private != told[1].private

    async def test_what_a_plain_request_shows_is_counted_in_the_ledger_too(self, gateway: Bench) -> None:
        for _ in range(3):
            async with gateway.request("GET", f"{PREFIX}/api/contents/notes.txt") as answer:
                size = len("200Cache-Controlno-storeContent-Type" + answer.headers["Content-Type"]) + len(
                    await answer.read()
                )
        async with gateway.request("GET", f"{PREFIX}/lab") as answer:  # pages are counted apart, and less often
            await answer.read()
        assert not gateway.ledger.of(Kind.OUTPUT_COUNT)  # one entry for what comes within seconds
        seat = await gateway.seats.find("ana", "etude")
        seat.over_http[OVER_HTTP].tell()
        await asyncio.sleep(0)
        (counted,) = gateway.ledger.of(Kind.OUTPUT_COUNT)
        assert (counted.actor, counted.project) == ("ana", "etude")
        assert counted.private == {"frames": "6", "bytes": str(3 * size)}  # heads, and what follows them

    async def test_a_second_tab_and_a_terminal_draw_on_the_same_budget(self, gateway: Bench) -> None:
        budget(gateway, 20 * KIB)
        terminal = {"X-Signed-In-As": "ana", "Origin": "http://ana.bureau.test"}
        async with gateway.channels() as first:
            await use_up(first)
        async with gateway.channels() as second:
            assert "Affichage en pause" in (await exchange(second, 1))["content"]["text"]
            assert await nothing_comes(second, gateway)
        async with gateway.session.ws_connect(
            f"{gateway.url}{PREFIX}/terminals/websocket/1", headers=terminal
        ) as shell:
            await shell.send_str('["stdin","ls\\r"]')
            assert "Affichage en pause" in (await received(shell))[1]
            assert await nothing_comes(shell, gateway)

    async def test_connecting_again_and_again_shows_nothing_more(self, gateway: Bench) -> None:
        budget(gateway, 20 * KIB)
        async with gateway.channels() as socket:
            await use_up(socket)
        for _ in range(3):
            async with gateway.channels() as socket:
                assert (await exchange(socket, KIB))["header"]["msg_type"] == "stream"
                assert await nothing_comes(socket, gateway)

    async def test_files_are_not_read_around_a_pause_and_work_is_still_saved(self, gateway: Bench) -> None:
        budget(gateway, 20 * KIB)
        async with gateway.channels() as socket:
            await use_up(socket)
        async with gateway.request("GET", f"{PREFIX}/api/contents/projet/x.csv") as answer:
            assert answer.status == 429
            assert "Affichage en pause" in await answer.text()
        seen = len(gateway.workspace.effects)
        body = {"type": "file", "format": "text", "content": "work"}
        async with gateway.request("PUT", f"{PREFIX}/api/contents/projet/x.txt", json=body) as answer:
            assert answer.status == 200
        assert len(gateway.workspace.effects) == seen + 1

    async def test_reading_files_uses_the_budget_up(self, gateway: Bench) -> None:
        budget(gateway, 240)
        statuses = []
        for _ in range(6):
            async with gateway.request("GET", f"{PREFIX}/api/contents/projet/x.csv") as answer:
                statuses.append(answer.status)
        assert statuses == [200, 200, 200, 429, 429, 429]

    async def test_an_endless_answer_is_broken_off_at_the_line(self, gateway: Bench) -> None:
        budget(gateway, 30 + len("200Content-Typetext/plain; charset=utf-8Cache-Controlno-store"))
        got = bytearray()
        async with gateway.request("GET", f"{PREFIX}/api/contents/endless") as answer:
            with pytest.raises(aiohttp.ClientPayloadError):
                await drain(answer, got)
        assert 30 <= len(got) <= 40

    async def test_one_output_larger_than_the_budget_is_left_out_and_said_so(self, gateway: Bench) -> None:
        budget(gateway, 20 * KIB)
        async with gateway.channels() as socket:
            assert "dépasse à elle seule" in (await exchange(socket, 300 * KIB))["content"]["text"]
            assert len((await exchange(socket, 5))["content"]["code"]) == 5

    async def test_letters_of_several_bytes_count_as_bytes(self, gateway: Bench) -> None:
        meter = await gateway.egress.meter("ana", "etude")
        async with gateway.channels() as socket:
            await socket.send_str(message("😀" * 10))
            shown = (await socket.receive(timeout=10)).data
        assert len(shown) < meter.pending == len(shown.encode()) + 4  # with the frame's header


class TestAcrossGateways:
    def egress(self, counts: FakeCounts, clock: SteadyClock | None = None, recorded: list | None = None) -> Egress:
        async def record(event) -> None:
            (recorded if recorded is not None else []).append(event)

        return Egress(counts, Budget(100, 1000), PARIS, record, clock)

    async def test_a_gateway_that_starts_again_goes_on_counting(self) -> None:
        counts = FakeCounts()
        first = self.egress(counts)
        (await first.meter("ana", "etude")).count(100)
        await first.flush()
        assert (await self.egress(counts).meter("ana", "etude")).flow is Flow.PAUSED

    async def test_two_gateways_share_one_budget(self) -> None:
        counts, recorded = FakeCounts(), []
        one, two = self.egress(counts, recorded=recorded), self.egress(counts, recorded=recorded)
        mine, other = await one.meter("ana", "etude"), await two.meter("ana", "etude")
        mine.count(60)
        other.count(60)
        await one.flush()
        await two.flush()
        assert other.flow is Flow.PAUSED
        mine.count(1)
        await one.flush()
        assert mine.flow is Flow.PAUSED
        assert len({event.id for event in recorded}) == 1  # the ledger takes it once

    async def test_each_person_and_project_has_its_own(self) -> None:
        each = self.egress(FakeCounts())
        (await each.meter("ana", "etude")).count(100)
        assert (await each.meter("ben", "etude")).flow is Flow.FREE
        assert (await each.meter("ana", "autre")).flow is Flow.FREE

    async def test_the_table_is_read_once_however_many_people_work(self) -> None:
        counts = FakeCounts()
        each = self.egress(counts)
        for number in range(20):
            (await each.meter(f"person-{number}", "etude")).count(1)
        await each.flush()
        assert counts.looks == 1

    async def test_the_next_hour_opens_and_wakes_whoever_waits(self) -> None:
        state = {"wall": NOON, "elapsed": 0.0}
        each = self.egress(FakeCounts(), SteadyClock(lambda: state["wall"], lambda: state["elapsed"]))
        meter = await each.meter("ana", "etude")
        meter.count(100)
        await each.flush()
        waiting = asyncio.ensure_future(meter.opened())
        await asyncio.sleep(0)
        assert not waiting.done()
        state["wall"] += timedelta(hours=1)
        state["elapsed"] += 3600
        await each.flush()
        await asyncio.wait_for(waiting, 10)
        assert meter.flow is Flow.FREE

    async def test_a_clock_set_forward_opens_nothing_and_one_set_back_before_a_restart_neither(self) -> None:
        state = {"wall": NOON, "elapsed": 0.0}
        counts = FakeCounts()
        each = self.egress(counts, SteadyClock(lambda: state["wall"], lambda: state["elapsed"]))
        meter = await each.meter("ana", "etude")
        meter.count(100)
        await each.flush()
        state["wall"] += timedelta(hours=2)
        await each.flush()
        assert meter.flow is Flow.PAUSED
        back = SteadyClock(lambda: NOON - timedelta(hours=5), lambda: 0.0)
        assert (await self.egress(counts, back).meter("ana", "etude")).flow is Flow.PAUSED

    async def test_counts_that_could_not_be_written_are_kept(self) -> None:
        counts = FakeCounts()
        each = self.egress(counts)
        meter = await each.meter("ana", "etude")
        meter.count(90)
        counts.broken = True
        with pytest.raises(Exception, match="database gone"):
            await each.flush()
        meter.count(10)
        assert meter.flow is Flow.PAUSED
        counts.broken = False
        await each.flush()
        assert sum(counts.rows.values()) == 100

    async def test_nothing_is_shown_while_the_budget_can_not_be_read(self) -> None:
        counts = FakeCounts(broken=True)
        with pytest.raises(Unavailable):
            await self.egress(counts).meter("ana", "etude")
