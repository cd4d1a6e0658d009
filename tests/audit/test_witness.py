"""The real litewitness cosigns our log, and refuses a fork and a rollback; bad answers are taken for what they are."""

import base64
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint, key_id, signature_line
from audit.cosignature import Cosigner
from audit.http_post import Unreachable
from audit.policy import Policy, Witness
from audit.tiles import TileReader
from audit.witness import Contradicted, WitnessRefused, cosign

from .conftest import Log
from .grown_log import question
from .lite_witness import LiteWitness
from .outside import ENTRY_VERIFIERS


@pytest.fixture
def lite(log) -> Iterator[LiteWitness]:
    witness = LiteWitness().knows(log.signer.vkey).start()
    yield witness
    witness.close()


def node(log: Log):
    return TileReader(log.folder, log.frontier.size).node


def ask(log: Log, lite: LiteWitness, old: int):
    return cosign(Policy.parse(lite.policy).witnesses["w1"], (log.folder / "checkpoint").read_text(), old, node(log))


def test_litewitness_cosigns_each_size_as_the_log_grows(log, lite):
    policy, old = Policy.parse(lite.policy), 0
    for size in (1, 255, 256, 257, 2_000):
        note = log.grow_to(size)
        judged = policy.judge(note + ask(log, lite, old).line, log.signer_verifier)
        assert judged.enough
        assert judged.witnesses.keys() == {"w1"}
        old = size


def test_a_client_that_forgot_is_told_what_the_witness_saw(log, lite):
    log.grow_to(300)
    ask(log, lite, 0)
    log.grow_to(400)
    assert ask(log, lite, 0).line
    log.grow_to(500)
    assert ask(log, lite, 350).line


def test_litewitness_cosigns_the_same_size_again(log, lite):
    log.grow_to(300)
    first, second = ask(log, lite, 0), ask(log, lite, 300)
    assert second.at >= first.at


def test_litewitness_refuses_a_log_that_was_rolled_back(log, make_log, lite):
    log.grow_to(300)
    ask(log, lite, 0)
    shorter = make_log("shorter")
    shorter.signer = log.signer
    shorter.grow_to(299)
    for old in (0, 299, 300):
        with pytest.raises(Contradicted) as caught:
            ask(shorter, lite, old)
        assert caught.value.what == "rollback"


@pytest.mark.parametrize("size", [300, 301, 600])
def test_litewitness_refuses_a_rewritten_log(size, log, make_log, lite):
    log.grow_to(300)
    ask(log, lite, 0)
    forged = make_log("forged")
    forged.signer = log.signer  # the attacker has the log's key
    forged.grow(b'{"n":"another"}')
    forged.grow_to(size)
    for old in (0, 300):
        with pytest.raises(Contradicted) as caught:
            ask(forged, lite, old)
        assert caught.value.what == "fork"


def test_litewitness_does_not_know_a_log_with_another_name_or_key(log, make_log, lite):
    for name in ("another.test/log", log.signer.name):
        stranger = make_log(name.partition("/")[0], name)
        stranger.grow_to(3)
        with pytest.raises(WitnessRefused):
            ask(stranger, lite, 0)


def test_nobody_there_is_no_alarm(log, lite):
    log.grow_to(3)
    lite.stop()
    with pytest.raises(Unreachable):
        ask(log, lite, 0)


@pytest.mark.parametrize("name", ENTRY_VERIFIERS)
def test_programs_of_others_accept_proofs_under_a_cosigned_checkpoint(name, log, lite, tmp_path):
    note = log.grow_to(300)
    (log.folder / "checkpoint").write_text(note + ask(log, lite, 0).line)
    asked = [question(log.folder, index) for index in (0, 255, 256, 299)]
    assert all(one.note.count("— ") == 2 for one in asked)
    assert ENTRY_VERIFIERS[name](asked, tmp_path) == [True] * 4


Answer = Callable[[str], tuple[int, bytes]]


@pytest.fixture
def liar() -> Iterator[Callable[[Answer], str]]:
    """Serve whatever a test wants a witness to say; returns the address."""
    servers = []

    def serve(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                status, body = answer(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        servers.append(HTTPServer(("127.0.0.1", 0), Handler))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


class PaperWitness:
    """A witness's key in the test's hands."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        public = self.key.public_key().public_bytes_raw()
        self.id = key_id("paper.test", b"\x04", public)
        self.cosigner = Cosigner(f"paper.test+{self.id.hex()}+{base64.b64encode(bytes([4]) + public).decode()}")

    def line(self, text: str, at: int = 1_800_000_000) -> str:
        signature = self.key.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        return signature_line("paper.test", self.id + at.to_bytes(8, "big") + signature)


def asked_of(liar, log: Log, paper: PaperWitness, answer: Answer, old: int = 0):
    witness = Witness("w1", paper.cosigner, liar(answer))
    return cosign(witness, (log.folder / "checkpoint").read_text(), old, node(log), timeout_s=5)


def test_a_cosignature_over_another_checkpoint_is_not_taken(liar, log):
    log.grow_to(5)
    paper = PaperWitness()
    another = Checkpoint(log.signer.name, 5, bytes(32)).text()
    with pytest.raises(Unreachable, match="false"):
        asked_of(liar, log, paper, lambda _: (200, paper.line(another).encode()))


def test_a_cosignature_with_another_key_is_not_taken(liar, log):
    note = log.grow_to(5)
    other = PaperWitness()
    with pytest.raises(WitnessRefused, match="another key"):
        asked_of(liar, log, PaperWitness(), lambda _: (200, other.line(note.partition("\n\n")[0] + "\n").encode()))


def test_only_the_lines_of_a_known_key_are_kept(liar, log):
    note = log.grow_to(5)
    paper, stranger, text = PaperWitness(), PaperWitness(), note.partition("\n\n")[0] + "\n"
    lines = stranger.line(text) + paper.line(text) + signature_line("x.test", b"abcdefgh")
    assert asked_of(liar, log, paper, lambda _: (200, lines.encode())).line == paper.line(text)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"", WitnessRefused),
        (200, b"\xff\xfe", Unreachable),
        (200, b"x" * 100_000, Unreachable),
        (301, b"", WitnessRefused),
        (400, b"", WitnessRefused),
        (403, b"", WitnessRefused),
        (404, b"", WitnessRefused),
        (409, b"", Unreachable),
        (409, b"-1\n", Unreachable),
        (409, b"3\n", Unreachable),
        (409, b"6\n", Contradicted),
        (422, b"", Contradicted),
        (429, b"", Unreachable),
        (500, b"", Unreachable),
    ],
)
def test_each_other_answer_means_what_the_protocol_says(status, body, error, liar, log):
    log.grow_to(5)
    with pytest.raises(error):
        asked_of(liar, log, PaperWitness(), lambda _: (status, body))
