"""The settings of an installation: each part in its own module, one frozen object with all of them."""

from hub_extensions.settings.loading import Settings, load

__all__ = ["Settings", "load"]
