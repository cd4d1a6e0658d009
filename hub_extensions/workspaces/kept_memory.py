"""What processes that pass large outputs on are told about memory.

glibc gives a block of 128 KiB or more back to the system when it is freed, and the system's fresh pages cost more than
copying what they hold. The gateway, the server in a workspace and its kernels ask for many such blocks per output: they
keep up to 64 MiB each instead.
"""

from collections.abc import Mapping
from types import MappingProxyType

#: For the environment of a process; see mallopt(3).
KEEPS_MEMORY: Mapping[str, str] = MappingProxyType(
    {"MALLOC_MMAP_THRESHOLD_": str(32 * 2**20), "MALLOC_TRIM_THRESHOLD_": str(64 * 2**20)}
)
