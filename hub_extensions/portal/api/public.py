"""Calls that need no sign-in: they only know what is public, and their answers may be kept."""

from typing import Any

from hub_extensions.portal.api.handlers import ApiHandler
from hub_extensions.portal.public import Unsigned


class PublicApi(Unsigned, ApiHandler):
    """One public address of the table of operations."""

    def answer(self, value: Any, status: int = 200) -> None:
        """Write an answer that pages of any origin may read."""
        self.keep()
        self.set_header("Access-Control-Allow-Origin", "*")
        self.set_header("Cross-Origin-Resource-Policy", "cross-origin")
        super().answer(value, status)
