"""Requests that are too large to be read: said in one sentence in the reader's language, like every refusal.

Such a request is read over before it is answered, up to a bound, because a sender who is cut off while sending reads no
answer.
"""

from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.web import Application, Finish, RequestHandler

from hub_extensions.portal import language
from hub_extensions.portal.api.handlers import ApiBase
from hub_extensions.portal.pages import PageHandler
from hub_extensions.strangers.unread import Passing
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


class _ReadOver(Passing):
    """Reads a body without keeping it, then lets the answer be made."""

    def data_received(self, chunk: bytes) -> None:
        """Keep nothing."""


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
