"""What the worker gives up before it opens a file from the untrusted side.

Memory, processor time, size of files written and core dumps are limited; new programs, new processes, sockets, tracing
and leaving the process group are refused by a system-call filter. Without that filter nothing is opened: ``confine``
raises, and whoever asked gets no answer, which is never a pass.

Two more locks close where the system permits: an empty network namespace, and, in a user namespace of its own, a limit
on tasks (root is exempt from it, the filter is what holds there). The parent also kills the whole group of a worker
that takes too long. Threads stay allowed (Arrow and DuckDB use them).
"""

import ctypes
import errno
import os
import platform
import resource
import struct
from dataclasses import dataclass

_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000
_CLONE_THREAD = 0x00010000
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000


@dataclass(frozen=True)
class _Calls:
    """Numbers of one architecture (linux/audit.h, unistd.h).

    ``refused``: execve, execveat, socket, ptrace, kexec_load, setpgid, setsid, and io_uring_setup, which opens sockets
    without socket(). ``forks``: those that only make processes.
    """

    architecture: int
    refused: tuple[int, ...]
    forks: tuple[int, ...]
    clone: int
    clone3: int = 435


_CALLS = {
    "x86_64": _Calls(0xC000003E, (59, 322, 41, 101, 246, 109, 112, 425), (57, 58), 56),
    "aarch64": _Calls(0xC00000B7, (221, 281, 198, 117, 104, 154, 157, 425), (), 220),
}


class NotConfined(Exception):
    """The system did not take the filter; nothing may be opened in this process."""


@dataclass(frozen=True)
class Limits:
    """MiB of address space, seconds of processor time, MiB of the largest file written.

    ``forks``: whether the worker may make copies of itself (a solver that must be stopped in time), ``tasks`` how many
    threads and copies at most, where the system counts them.
    """

    memory_mb: int = 6144
    cpu_s: int = 300
    file_mb: int = 512
    forks: bool = False
    tasks: int = 256


def confine(limits: Limits) -> None:
    """Apply *limits* to this process, for good. Raises ``NotConfined`` where the system can't."""
    _limit(resource.RLIMIT_AS, limits.memory_mb << 20)
    _limit(resource.RLIMIT_CPU, limits.cpu_s)
    _limit(resource.RLIMIT_FSIZE, limits.file_mb << 20)
    _limit(resource.RLIMIT_CORE, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) and libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        _limit(resource.RLIMIT_NPROC, limits.tasks)  # counted in the new namespace alone
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or not refuse_calls(libc, forks=limits.forks):
        raise NotConfined


def _limit(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (bound, bound))


def _filter(calls: _Calls, *, forks: bool) -> bytes:
    """Return the BPF program that refuses *calls*, copies of the process, and calls of any other architecture.

    A thread is a clone with CLONE_THREAD among its flags, which a filter sees; those of clone3 it can't see, so the C
    library is told that there is none and falls back to clone.
    """
    load, equal, above, among, give = 0x20, 0x15, 0x35, 0x45, 0x06
    steps: list[tuple[int, str, str, int]] = [
        (load, "", "", 4),
        (equal, "", "refuse", calls.architecture),
        (load, "", "", 0),
        (above, "refuse", "", 0x40000000),
        *((equal, "refuse", "", call) for call in calls.refused),
    ]
    if not forks:
        steps += [
            *((equal, "refuse", "", call) for call in calls.forks),
            (equal, "absent", "", calls.clone3),
            (equal, "", "allow", calls.clone),
            (load, "", "", 16),
            (among, "allow", "refuse", _CLONE_THREAD),
        ]
    ends = {"": 0, "allow": len(steps), "refuse": len(steps) + 1, "absent": len(steps) + 2}
    jumps = [
        struct.pack("HBBI", code, *(ends[to] - number - 1 if to else 0 for to in (yes, no)), value)
        for number, (code, yes, no, value) in enumerate(steps)
    ]
    given = (_ALLOW, _ERRNO | errno.EPERM, _ERRNO | errno.ENOSYS)
    return b"".join([*jumps, *(struct.pack("HBBI", give, 0, 0, value) for value in given)])


def refuse_calls(libc: ctypes.CDLL, *, forks: bool = False) -> bool:
    """Refuse new programs, processes, sockets and tracing from now on; return whether the kernel took the filter."""
    known = _CALLS.get(platform.machine())
    if known is None or os.name != "posix":
        return False
    program = _filter(known, forks=forks)
    buffer = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    whole = Program(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    return libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(whole), 0, 0) == 0
