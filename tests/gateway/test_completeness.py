"""What entries hold besides the message: who, by which rules, with which data; and nothing that a client may choose."""

import json

import pytest

from audit.events import Kind
from hub_extensions.gateway.messages import V1, Message, serialise
from hub_extensions.gateway.policy import rules_in_force
from hub_extensions.strangers.counted import SOMEBODY
from project_spaces.policy_version import policy_version
from tests.gateway.conftest import POLICY, PREFIX, Bench
from tests.gateway.test_gateway import HEADER, answer

SESSION = f"{PREFIX}/api/sessions/0b9f7a1c-1111-2222-3333-444455556666"


async def test_a_kernel_start_names_image_data_and_rules(gateway: Bench) -> None:
    for method, path in (("POST", f"{PREFIX}/api/kernels"), ("POST", f"{PREFIX}/api/sessions"), ("PATCH", SESSION)):
        async with gateway.request(method, path, json={"name": "python3"}) as got:
            assert got.status == 200
    starts = gateway.ledger.of(Kind.KERNEL_LIFECYCLE, Kind.SESSION_CHANGE)
    assert [event.kind for event in starts] == [Kind.KERNEL_LIFECYCLE, Kind.KERNEL_LIFECYCLE, Kind.SESSION_CHANGE]
    for event in starts:
        assert event.subject["image"] == "sha256:abc"
        assert event.subject["data_sha256"] == "d" * 64
        assert event.subject["policy"] == POLICY
        assert (event.content or b"").endswith(b'{"name":"python3"}'), "the arguments are in the sealed part"


def test_the_version_of_the_rules_moves_with_any_of_them(tmp_path) -> None:
    (tmp_path / "decisions.py").write_text("allowed = False\n")
    before = policy_version.__wrapped__(tmp_path)
    assert policy_version.__wrapped__(tmp_path) == before
    (tmp_path / "decisions.py").write_text("allowed = True\n")
    assert policy_version.__wrapped__(tmp_path) != before
    (tmp_path / "conditions").mkdir()
    (tmp_path / "conditions" / "person.py").write_text("")
    below = policy_version.__wrapped__(tmp_path)
    (tmp_path / "conditions" / "person.py").write_text("# changed\n")
    assert policy_version.__wrapped__(tmp_path) != below


def test_the_version_moves_with_the_doors_own_lists_the_detection_rules_and_the_settings(tmp_path) -> None:
    for name in ("gateway/messages.py", "gateway/routes.py", "detection/catalogue.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    seen = {rules_in_force("a" * 64, tmp_path), rules_in_force("b" * 64, tmp_path)}
    for name in ("gateway/messages.py", "gateway/routes.py", "detection/catalogue.py"):
        (tmp_path / name).write_text("# changed\n")
        seen.add(rules_in_force("b" * 64, tmp_path))
    assert len(seen) == 5
    assert rules_in_force("a" * 64) != rules_in_force("b" * 64), "the lists are where they are looked for"


async def test_a_leaf_does_not_tell_the_exact_size_that_a_client_chose(gateway: Bench) -> None:
    """One byte more or less was a channel out through the public log."""
    for size in (500, 501):
        async with gateway.request("PUT", f"{PREFIX}/api/contents/a.txt", json={"content": "x" * size}) as got:
            assert got.status == 200
    first, second = (json.loads(leaf) for leaf in gateway.ledger.leaves)
    changing = {"id", "at", "commit", "sealed", "key"}
    assert {key: first[key] for key in set(first) - changing} == {key: second[key] for key in set(second) - changing}


async def test_a_stranger_is_not_recorded_as_the_owner_whose_address_was_tried(gateway: Bench) -> None:
    async with gateway.request("POST", f"{PREFIX}/api/kernels", person=None, json={}) as got:
        assert got.status == 403
    (refused,) = gateway.ledger.of(Kind.REFUSAL)
    assert refused.actor == SOMEBODY


async def test_nobody_learns_from_the_hubs_question_who_is_at_work(gateway: Bench) -> None:
    answers = []
    for place in (PREFIX, "/user/ana/nothing", "/user/nobody/nothing"):
        async with gateway.request("GET", f"{place}/api", person=None) as got:
            answers.append((got.status, await got.text()))
    assert len(set(answers)) == 1
    assert gateway.workspace.effects == []


@pytest.mark.parametrize(("method", "path"), [("POST", "/lab/api/build"), ("OPTIONS", "/lab"), ("PUT", "/api/kernels")])
async def test_a_method_that_is_not_open_is_refused_with_a_sentence_and_recorded(
    gateway: Bench, method: str, path: str
) -> None:
    async with gateway.request(method, PREFIX + path) as got:
        assert got.status == 405
        assert (await got.json(content_type=None))["detail"]["fr"].startswith(f"Méthode {method} refusée")
    assert gateway.workspace.effects == []
    assert len(gateway.ledger.of(Kind.REFUSAL)) == 1


@pytest.mark.parametrize("protocol", ["", V1])
@pytest.mark.parametrize(("channel", "kind"), [("shell", "comm_msg"), ("stdin", "input_reply")])
async def test_what_has_no_reply_is_refused_in_words_too(
    gateway: Bench, protocol: str, channel: str, kind: str
) -> None:
    async with gateway.channels(protocol=protocol) as socket:
        gateway.ledger.stop()
        frame = serialise(Message(channel, {**HEADER, "msg_type": kind}, {}, {}, {}), protocol)
        await (socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame))
        said = [str((await answer(socket)).data) for _ in range(3)]
    assert "journal" in said[1]
    assert gateway.workspace.effects == []
