"""Which rules are in force: recorded with every kernel start, so that an auditor knows by what it was allowed."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def policy_version(rules: Path = Path(__file__).parent) -> str:
    """Return the SHA-256 (first 16 hex digits) of the rules' source: every module of this room, by path."""
    return version_of(rules, sorted(rules.rglob("*.py")))


def version_of(root: Path, modules: Iterable[Path], *, beside: str = "") -> str:
    """Return the SHA-256 (first 16 hex digits) of the source of *modules*, by path from *root*, and of *beside*."""
    whole = hashlib.sha256(beside.encode())
    for module in modules:
        source = module.read_bytes()
        whole.update(f"{module.relative_to(root)}\0{len(source)}\0".encode() + source)
    return whole.hexdigest()[:16]
