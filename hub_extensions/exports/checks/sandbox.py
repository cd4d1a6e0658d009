"""What the worker gives up before it opens a file from the untrusted side.

Memory, processor time, size of files written, core dumps and new programs are limited by the kernel; the network is left
by moving to an empty network namespace where the system permits. Limits that can't be set are not replaced by hope: the
parent also kills a worker that takes too long.
"""

import ctypes
import resource
from dataclasses import dataclass

_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000
_PR_SET_NO_NEW_PRIVS = 38


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
        resource.setrlimit(
            what, (value, value) if hard == resource.RLIM_INFINITY else (min(value, hard), min(value, hard))
        )
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    leave_network(libc)


def leave_network(libc: ctypes.CDLL) -> bool:
    """Move to an empty network namespace; return whether the system permitted it."""
    return libc.unshare(_CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0
