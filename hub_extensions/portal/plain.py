"""Refusals before there is a page: what belongs to nobody's page, and what is too large to be read at all.

The framework answers both in its own words, in English, or with a bare line. Here they are answered like everything
else: one sentence in the reader's language. A request that is too large is read over before it is answered, up to a
bound, because a sender who is cut off while sending reads no answer.
"""

from typing import Any

from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, HTTPServerRequest, RequestStartLine, ResponseStartLine
from tornado.web import Application, Finish, RequestHandler

from hub_extensions.portal import language, templating
from hub_extensions.portal.api.handlers import ApiBase
from hub_extensions.portal.base import CONTENT_POLICY, as_error
from hub_extensions.portal.pages import PageHandler
from project_spaces.errors import TooLarge
from project_spaces.text import Text

#: A form of the portal is text and at most one small file (bytes).
LARGEST_REQUEST = 2 << 20
#: What is read over so that its sender hears why it is not taken (bytes).
HEARD = 64 << 20
TOO_MUCH = Text(
    f"Cet envoi est trop volumineux : {LARGEST_REQUEST >> 20} Mio au plus. Rien n'a été fait.",
    f"This is too large to be sent here: {LARGEST_REQUEST >> 20} MiB at most. Nothing was done.",
)


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
        self.finish(templating.render("plain.html", lang, error=error, home=prefix, style=style))


class TooLargePage(PageHandler):
    """Answers a form that is too large."""

    async def prepare(self) -> None:
        """Say so, whoever it is."""
        self.lang = language.chosen(self)
        self.answer_error(TooLarge(TOO_MUCH))
        raise Finish


class TooLargeCall(ApiBase):
    """Answers a call that is too large."""

    async def prepare(self) -> None:
        """Say so, whoever it is."""
        self.lang = language.chosen(self)
        self.answer_error(TooLarge(TOO_MUCH))
        raise Finish


class _ReadOver(HTTPMessageDelegate):
    """Reads a body without keeping it, then lets the answer be made."""

    def __init__(self, inner: HTTPMessageDelegate) -> None:
        self._inner = inner

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> Any:
        """Pass on."""
        return self._inner.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> None:
        """Keep nothing."""

    def finish(self) -> None:
        """Answer."""
        self._inner.finish()

    def on_connection_close(self) -> None:
        """Pass on."""
        self._inner.on_connection_close()


class PortalApplication(Application):
    """The application that answers also what is too large for it."""

    def get_handler_delegate(
        self, request: HTTPServerRequest, target_class: type[RequestHandler], *arguments: Any, **named: Any
    ) -> Any:
        """Turn away what declares too large a body, except where files are received as they come."""
        declared = request.headers.get("Content-Length", "")
        streams = getattr(target_class, "_stream_request_body", False)
        if streams or not declared.isdigit() or int(declared) <= LARGEST_REQUEST:
            return super().get_handler_delegate(request, target_class, *arguments, **named)
        answering = TooLargeCall if issubclass(target_class, ApiBase) else TooLargePage
        return _ReadOver(super().get_handler_delegate(request, answering))
