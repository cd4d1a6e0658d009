"""A clock at a quiet moment of a working day, and messages as the gateway forwards them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from hub_extensions.detection.catalogue import Terms
from hub_extensions.detection.watch import Watch

#: A Wednesday, 11 o'clock in Paris.
NOON = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def cell(code: str) -> bytes:
    """The content of an execute_request as it lies in a frame: JSON, written anew by the gateway."""
    return json.dumps({"code": code, "silent": False}, ensure_ascii=False).encode()


def keys(text: str) -> bytes:
    return json.dumps(["stdin", text]).encode()


@pytest.fixture
def watch() -> Watch:
    return Watch(Terms())
