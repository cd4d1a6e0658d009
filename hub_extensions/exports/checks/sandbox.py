"""What the worker gives up before it opens a file from the untrusted side.

Memory, processor time, size of files written and core dumps are limited; new programs, sockets and tracing are
refused by a
system-call filter; the network is left by moving to an empty network namespace where the system permits. What can't
be set
is not replaced by hope: the parent also kills a worker that takes too long.

Threads stay allowed (Arrow and DuckDB use them), and with them fork: a child without exec is the same confined program.
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
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.EPERM

#: Audit architecture and numbers of execve, execveat, socket, ptrace, kexec_load (linux/audit.h, unistd.h).
_CALLS = {
    "x86_64": (0xC000003E, (59, 322, 41, 101, 246)),
    "aarch64": (0xC00000B7, (221, 281, 198, 117, 104)),
}


@dataclass(frozen=True)
class Limits:
    """MiB of address space, seconds of processor time, MiB of the largest file written."""

    memory_mb: int = 6144
    cpu_s: int = 300
    file_mb: int = 512


def confine(limits: Limits) -> None:
    """Apply *limits* to this process, for good."""
    for what, value in (
        (resource.RLIMIT_AS, limits.memory_mb << 20),
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_FSIZE, limits.file_mb << 20),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (bound, bound))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    leave_network(libc)
    refuse_calls(libc)


def leave_network(libc: ctypes.CDLL) -> bool:
    """Move to an empty network namespace; return whether the system permitted it."""
    return libc.unshare(_CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0


def _filter(architecture: int, calls: tuple[int, ...]) -> bytes:
    """Return the BPF program that answers EPERM to *calls* and to calls of any other architecture."""

    def step(code: int, yes: int, no: int, value: int) -> bytes:
        return struct.pack("HBBI", code, yes, no, value)

    load, equal, above, give = 0x20, 0x15, 0x35, 0x06
    refuse = len(calls) + 1
    program = [step(load, 0, 0, 4), step(equal, 0, refuse + 2, architecture), step(load, 0, 0, 0)]
    program.append(step(above, refuse, 0, 0x40000000))
    program += [step(equal, len(calls) - number, 0, call) for number, call in enumerate(calls)]
    return b"".join([*program, step(give, 0, 0, _ALLOW), step(give, 0, 0, _REFUSE)])


def refuse_calls(libc: ctypes.CDLL) -> bool:
    """Refuse new programs, sockets and tracing from now on; return whether the kernel took the filter."""
    known = _CALLS.get(platform.machine())
    if known is None or os.name != "posix":
        return False
    program = _filter(*known)
    buffer = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    whole = Program(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    return libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(whole), 0, 0) == 0
