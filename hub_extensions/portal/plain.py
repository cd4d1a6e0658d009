"""Refusals that belong to nobody's page, which the framework would answer with a bare line, in English."""

from typing import Any

from tornado.web import RequestHandler

from hub_extensions.portal import language, templating
from hub_extensions.portal.base import CONTENT_POLICY, as_error


class Plain(RequestHandler):
    """Base of what is no page and no call: when it fails, it says so like the others."""

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        """Write one sentence."""
        error, lang = as_error(status_code), language.chosen(self)
        self.set_status(error.status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", CONTENT_POLICY)
        self.set_header("Cache-Control", "no-store")
        prefix = self.application.settings["prefix"]
        style = f"{prefix}static/bureau.css?v={templating.fingerprint('bureau.css')}"
        zone = self.application.settings["portal"].zone
        self.finish(templating.render("plain.html", lang, zone, error=error, home=prefix, style=style))
