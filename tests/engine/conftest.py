"""Real engine, real images."""

from tests.fixtures.images import datascience_image, engine

__all__ = ["datascience_image", "engine"]
