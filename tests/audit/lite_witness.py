"""The real litewitness (Debian's torchwood) with a key in an ssh-agent, as its operator would run it."""

import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from audit.checkpoint import key_id

from .verifiers.programs import fetched, installed

_STARTED_WITHIN_S = 30


class LiteWitness:
    """One witness; it knows the logs that it was told of."""

    def __init__(self, name: str = "witness.test/w1") -> None:
        self.name = name
        self.folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="bvw"))
        self._key = Ed25519PrivateKey.generate()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._agent = self._start_agent()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def vkey(self) -> str:
        import base64

        public = self._key.public_key().public_bytes_raw()
        identity = key_id(self.name, b"\x04", public).hex()
        return f"{self.name}+{identity}+{base64.b64encode(bytes([4]) + public).decode()}"

    @property
    def policy(self) -> str:
        return f"witness w1 {self.vkey} {self.url}\nquorum w1\n"

    def knows(self, vkey: str) -> "LiteWitness":
        origin = vkey.partition("+")[0]
        for command in (["add-log"], ["add-key", "-key", vkey.strip()]):
            program = [fetched("bin/witnessctl"), command[0], "-db", str(self.folder / "db"), "-origin", origin]
            subprocess.run([*program, *command[1:]], check=True, capture_output=True, timeout=30)
        return self

    def start(self) -> "LiteWitness":
        lines = subprocess.run(
            [installed("ssh-add", "openssh-client"), "-l"],
            env=self._environment,
            capture_output=True,
            check=True,
            text=True,
        )
        command = [fetched("bin/litewitness"), "-listen", f"127.0.0.1:{self.port}", "-name", self.name]
        command += [
            "-db",
            str(self.folder / "db"),
            "-ssh-agent",
            str(self.folder / "agent"),
            "-key",
            lines.stdout.split()[1],
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + _STARTED_WITHIN_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                assert self._process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        self.stop()
        self._agent.kill()
        self._agent.wait()
        shutil.rmtree(self.folder)

    @property
    def _environment(self) -> dict[str, str]:
        return {"SSH_AUTH_SOCK": str(self.folder / "agent"), "PATH": "/usr/bin:/bin"}

    def _start_agent(self) -> "subprocess.Popen[bytes]":
        key = self.folder / "key"
        key.touch(mode=0o600)
        key.write_bytes(self._key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        agent = subprocess.Popen(
            [installed("ssh-agent", "openssh-client"), "-D", "-a", str(self.folder / "agent")],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _STARTED_WITHIN_S
        add = ["ssh-add", str(key)]
        while True:  # the agent's socket is there before it listens
            done = subprocess.run(add, env=self._environment, check=False, capture_output=True, timeout=30)
            if done.returncode == 0:
                return agent
            assert time.monotonic() < deadline, f"ssh-agent takes no key: {done.stderr.decode()}"
            time.sleep(0.02)
