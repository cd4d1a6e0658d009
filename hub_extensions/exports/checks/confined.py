"""Starts the processes that open files of the untrusted side, and takes their answer.

Such a process gets nothing of this one's environment, a process group of its own, and confines itself before it opens
anything (``sandbox``).
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class NoAnswer(Exception):
    """The process died, took too long, or said something that is no answer."""


def environment(scratch: Path | None = None) -> dict[str, str]:
    """Return all that a confined process is told of this machine; *scratch* is its folder for what it writes."""
    told = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": os.pathsep.join(sys.path[1:]),
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return told if scratch is None else {**told, "TMPDIR": str(scratch)}


def ask(
    command: Sequence[str], order: Mapping[str, Any], timeout_s: float, scratch: Path | None = None
) -> dict[str, Any]:
    """Give one order to a confined process and return the object that it answers.

    Parameters
    ----------
    command
        what is run; it reads one JSON object and writes one.
    timeout_s
        seconds that it may take.
    scratch
        where it may write; the caller deletes it, with what a killed process leaves there.

    Raises
    ------
    NoAnswer
        there is no answer to be had.
    """
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(scratch),
            start_new_session=True,
        )
    except OSError as error:
        raise NoAnswer from error
    try:
        out, _ = process.communicate(json.dumps(order).encode(), timeout=timeout_s)
        said = json.loads(out) if process.returncode == 0 else None
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        raise NoAnswer from error
    finally:
        kill_group(process)
    if not isinstance(said, dict):
        raise NoAnswer
    return said


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill *process* with all that it started, unless it has been waited for, and close what was heard of it."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
