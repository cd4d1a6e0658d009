"""What the door goes by: the rules of the domain, its own lists of what may pass, the detection rules, the settings."""

from pathlib import Path

from project_spaces.policy_version import policy_version, version_of

ROOM = Path(__file__).parents[1]


def rules_in_force(settings_digest: str, room: Path = ROOM) -> str:
    """Return what stands for all of it in the entry of a kernel's start: another one whenever any of it is changed."""
    own = [room / "gateway" / name for name in ("messages.py", "routes.py")]
    detection = sorted((room / "detection").glob("*.py"))
    return version_of(room, own + detection, beside=f"{policy_version()} {settings_digest}")
