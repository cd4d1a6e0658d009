"""Which logs and witnesses somebody trusts, and how many witnesses are enough (C2SP tlog-policy).

::

    log <vkey>
    witness <name> <vkey> [<url>]
    group <name> all|any|<number> <name>...
    quorum <name>|none
"""

from dataclasses import dataclass, field
from typing import NoReturn

from audit.checkpoint import Checkpoint, Verifier, read_checkpoint
from audit.cosignature import Cosigner
from audit.errors import Malformed

NOBODY = "none"


@dataclass(frozen=True, slots=True)
class Witness:
    """One witness: its name in the policy, its key, and where it takes checkpoints (empty: nowhere known)."""

    name: str
    cosigner: Cosigner
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these members, each a witness or a group, make the group a witness."""

    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a policy says of one signed checkpoint."""

    checkpoint: Checkpoint
    #: Name of each witness that cosigned it, with the time it states (seconds since 1970).
    witnesses: dict[str, int]
    enough: bool


@dataclass(slots=True)
class Policy:
    """A policy file, read."""

    logs: dict[bytes, Verifier] = field(default_factory=dict)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = ""

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Read a policy; raises ``Malformed`` with the number of the line."""
        policy, used = cls(), set[str]()
        for number, line in enumerate(text.split("\n"), 1):
            words = line.replace("\t", " ").split(" ")
            words = [word for word in words if word]
            if any(char < " " and char != "\t" for char in line) or "\x7f" in line:
                _malformed(number, "a control character")
            if words and not words[0].startswith("#"):
                policy._take(number, words, used)
        if not policy.quorum:
            _malformed(None, "no quorum line")
        return policy

    def judge(self, note: str, log: Verifier | None = None) -> Judgement:
        """Tell whether *note* is signed by a log of this policy and cosigned by enough witnesses.

        Parameters
        ----------
        log
            the log's key when the policy names none.

        Raises
        ------
        Malformed
            when it is not signed by such a log, or a signature of a known key is false.
        """
        checkpoint = self._read(note, log)
        witnesses = {
            name: seconds
            for name, witness in self.witnesses.items()
            if (seconds := witness.cosigner.read(note)) is not None
        }
        return Judgement(checkpoint, witnesses, self.satisfied(set(witnesses)))

    def satisfied(self, names: set[str]) -> bool:
        """Tell whether these witnesses make the quorum."""
        return self.quorum == NOBODY or self._witnessed(self.quorum, names)

    def _witnessed(self, name: str, names: set[str]) -> bool:
        if name in self.witnesses:
            return name in names
        group = self.groups[name]
        return sum(self._witnessed(member, names) for member in group.members) >= group.needed

    def _read(self, note: str, log: Verifier | None) -> Checkpoint:
        logs = list(self.logs.values()) or ([log] if log is not None else [])
        why = Malformed("the policy names no log, and no key was given")
        for verifier in logs:
            try:
                return read_checkpoint(note, verifier)
            except Malformed as error:
                why = error
        raise why

    def _take(self, number: int, words: list[str], used: set[str]) -> None:
        kind, values = words[0], words[1:]
        try:
            if kind == "log" and 1 <= len(values) <= 2:
                self._log(values[0])
            elif kind == "witness" and 2 <= len(values) <= 3:
                self._witness(*values)
            elif kind == "group" and len(values) >= 3:
                self._group(values[0], values[1], values[2:], used)
            elif kind == "quorum" and len(values) == 1:
                self._quorum(values[0])
            else:
                raise Malformed("neither log, witness, group nor quorum, or with too few or too many words")
        except Malformed as error:
            _malformed(number, str(error))

    def _log(self, vkey: str) -> None:
        verifier = Verifier(vkey)
        if self.logs.setdefault(verifier.public, verifier) is not verifier:
            raise Malformed("this log was named before")

    def _witness(self, name: str, vkey: str, url: str = "") -> None:
        self._new(name)
        cosigner = Cosigner(vkey)
        if any(each.cosigner.public == cosigner.public for each in self.witnesses.values()):
            raise Malformed("this witness was named before")
        self.witnesses[name] = Witness(name, cosigner, url.rstrip("/"))

    def _group(self, name: str, needed: str, members: list[str], used: set[str]) -> None:
        self._new(name)
        for member in members:
            self._known(member)
            if member in used:
                raise Malformed(f"{member} is in a group already")
            used.add(member)
        count = {"all": len(members), "any": 1}.get(needed)
        if count is None:
            if not needed.isascii() or not needed.isdigit() or not 1 <= int(needed) <= len(members):
                raise Malformed(f"{needed} is neither all, any nor a number from 1 to {len(members)}")
            count = int(needed)
        self.groups[name] = Group(count, tuple(members))

    def _quorum(self, name: str) -> None:
        if self.quorum:
            raise Malformed("a second quorum line")
        if name != NOBODY:
            self._known(name)
        self.quorum = name

    def _known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise Malformed(f"{name} is no witness or group named before")

    def _new(self, name: str) -> None:
        if name == NOBODY or name in self.witnesses or name in self.groups:
            raise Malformed(f"the name {name} is taken")


def _malformed(number: int | None, why: str) -> NoReturn:
    where = "policy" if number is None else f"policy, line {number}"
    raise Malformed(f"{where}: {why}")
