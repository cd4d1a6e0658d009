"""Policies as C2SP tlog-policy writes them, and cosignatures of both kinds."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from audit.checkpoint import Checkpoint, Signer, Verifier, key_id, signature_line
from audit.cosignature import Cosigner
from audit.errors import Malformed
from audit.policy import Policy

#: The same in every process, because its key is part of the names of some tests.
LOG = Signer("log.test", bytes(32))


def vkey(number: int) -> str:
    public = Signer("w.test", bytes([number]) * 32).vkey.rpartition("+")[2]
    raw = base64.b64decode(public)[1:]
    return f"w{number}+{key_id(f'w{number}', bytes([4]), raw).hex()}+{base64.b64encode(bytes([4]) + raw).decode()}"


THREE = "".join(f"witness X{n} {vkey(n)}\n" for n in (1, 2, 3))
TWO = "".join(f"witness Y{n} {vkey(n)} https://y{n}.test/\n" for n in (4, 5))


def test_groups_of_groups_need_what_they_say():
    policy = Policy.parse(
        f"# comment\n\nlog {LOG.vkey}\n{THREE}{TWO}\tgroup X 2 X1  X2 X3\n"
        "group Y any Y4 Y5\ngroup both all X Y\nquorum both\n"
    )
    assert policy.satisfied({"X1", "X3", "Y5"})
    assert policy.satisfied({"X1", "X2", "X3", "Y4", "Y5"})
    assert not policy.satisfied({"X1", "Y4", "Y5"})
    assert not policy.satisfied({"X1", "X2", "X3"})
    assert policy.witnesses["Y4"].url == "https://y4.test"


def test_a_policy_may_want_nobody_or_one():
    assert Policy.parse("quorum none\n").satisfied(set())
    one = Policy.parse(f"{THREE}quorum X2\n")
    assert one.satisfied({"X2"})
    assert not one.satisfied({"X1", "X3"})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no quorum"),
        (THREE, "no quorum"),
        ("quorum none\nquorum none\n", "second quorum"),
        ("quorum X1\n", "no witness or group"),
        (f"quorum X1\n{THREE}", "no witness or group"),
        (f"{THREE}witness X1 {vkey(4)}\nquorum X1\n", "taken"),
        (f"witness none {vkey(4)}\nquorum none\n", "taken"),
        (f"{THREE}witness Z {vkey(1)}\nquorum Z\n", "named before"),
        (f"log {LOG.vkey}\nlog {LOG.vkey}\nquorum none\n", "named before"),
        (f"log {vkey(1)}\nquorum none\n", "Ed25519"),
        (f"witness Z {LOG.vkey}\nquorum Z\n", "neither 04"),
        (f"witness Z {vkey(1)[:-8]}AAAAAAA=\nquorum Z\n", "id does not match"),
        (f"{THREE}group G 4 X1 X2 X3\nquorum G\n", "from 1 to 3"),
        (f"{THREE}group G 0 X1 X2 X3\nquorum G\n", "from 1 to 3"),
        (f"{THREE}group G some X1\nquorum G\n", "neither all"),
        (f"{THREE}group G any X1 X1\nquorum G\n", "already"),
        (f"{THREE}group G any X1\ngroup H any X1\nquorum H\n", "already"),
        (f"{THREE}group G any G\nquorum G\n", "no witness or group"),
        (f"{THREE}group G any none\nquorum G\n", "no witness or group"),
        (f"{THREE}group X1 any X2\nquorum X1\n", "taken"),
        ("quorum none extra\n", "neither log"),
        ("quorum none\r\n", "control"),
        ("witnesses X\nquorum none\n", "neither log"),
    ],
)
def test_a_policy_that_says_something_else_is_refused(text, why):
    with pytest.raises(Malformed, match=why):
        Policy.parse(text)


def test_a_checkpoint_of_a_log_outside_the_policy_is_refused():
    note = Signer.generate("log.test").sign(Checkpoint("log.test", 3, bytes(32)).text())
    with pytest.raises(Malformed):
        Policy.parse(f"log {LOG.vkey}\nquorum none\n").judge(note)
    with pytest.raises(Malformed, match="names no log"):
        Policy.parse("quorum none\n").judge(note)
    with pytest.raises(Malformed):
        Policy.parse("quorum none\n").judge(note, Verifier(LOG.vkey))


class QuantumWitness:
    """An ML-DSA-44 cosigner: the message is that of C2SP tlog-cosignature, written out here again."""

    def __init__(self) -> None:
        self.key = MLDSA44PrivateKey.generate()
        public = self.key.public_key().public_bytes_raw()
        self.id = key_id("q.test", b"\x06", public)
        self.vkey = f"q.test+{self.id.hex()}+{base64.b64encode(bytes([6]) + public).decode()}"

    def line(self, checkpoint: Checkpoint, at: int) -> str:
        message = b"subtree/v1\n\x00" + b"\x06q.test" + at.to_bytes(8, "big") + b"\x08log.test"
        message += (0).to_bytes(8, "big") + checkpoint.size.to_bytes(8, "big") + checkpoint.root
        return signature_line("q.test", self.id + at.to_bytes(8, "big") + self.key.sign(message))


def test_a_post_quantum_cosignature_counts_and_a_false_one_is_refused():
    witness, checkpoint = QuantumWitness(), Checkpoint("log.test", 70_000, bytes(range(32)))
    policy = Policy.parse(f"log {LOG.vkey}\nwitness q {witness.vkey}\nquorum q\n")
    note = LOG.sign(checkpoint.text())
    judged = policy.judge(note + witness.line(checkpoint, 1_800_000_000))
    assert judged.enough
    assert judged.witnesses == {"q": 1_800_000_000}
    assert not policy.judge(note).enough
    with pytest.raises(Malformed, match="false"):
        policy.judge(note + witness.line(Checkpoint("log.test", 70_001, bytes(range(32))), 1_800_000_000))


def test_a_cosigner_is_found_by_name_and_key_alike():
    witness = QuantumWitness()
    note = LOG.sign(Checkpoint("log.test", 1, bytes(32)).text())
    assert Cosigner(witness.vkey).read(note) is None
    assert Cosigner(witness.vkey).lines(note) == ""
