"""What the parent asks of the worker, as both sides know it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.policy import Policy, policy_from_mapping


@dataclass(frozen=True)
class Request:
    """What the parent asks. ``files`` are (index, path, name); ``skip`` the indexes that another worker has done;
    ``apart`` judges each file as if it were alone; ``supporting`` are the indexes of those that never leave. Moments
    are seconds since 1970, None where nobody knows: from ``data_since`` on the project's data are what they are.
    """

    files: tuple[tuple[int, Path, str], ...]
    skip: frozenset[int]
    policy: Policy
    data: tuple[Path, ...]
    released: Path | None
    out_dir: Path
    apart: bool = False
    supporting: frozenset[int] = frozenset()
    now: float | None = None
    data_since: float | None = None


def read_request(raw: Mapping[str, Any]) -> Request:
    """Read what the parent wrote. Raises ``KeyError``, ``ValueError`` or ``Invalid`` when it wrote something else."""
    return Request(
        files=tuple((int(index), Path(path), str(name)) for index, path, name in raw["files"]),
        skip=frozenset(raw["skip"]),
        policy=policy_from_mapping(raw["policy"]),
        data=tuple(Path(path) for path in raw["data"]),
        released=None if raw["released"] is None else Path(raw["released"]),
        out_dir=Path(raw["out_dir"]),
        apart=bool(raw.get("apart", False)),
        supporting=frozenset(raw.get("supporting", ())),
        now=_moment(raw.get("now")),
        data_since=_moment(raw.get("data_since")),
    )


def _moment(value: Any) -> float | None:
    return None if value is None else float(value)
