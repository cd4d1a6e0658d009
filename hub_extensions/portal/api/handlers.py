"""Serves the table of operations: strict JSON in, JSON out, problem documents for what is refused."""

from typing import Any

from tornado.web import HTTPError

from audit.canonical import loads_strict
from audit.errors import Malformed
from hub_extensions.portal.api.document import document
from hub_extensions.portal.api.operations import Operation
from hub_extensions.portal.api.problems import MEDIA_TYPE, problem
from hub_extensions.portal.base import NOT_HERE, SESSION_OVER, SIGN_IN, PortalHandler, SessionEnded, to_json
from hub_extensions.portal.handlers.exports import download
from hub_extensions.portal.why_link import why_link
from project_spaces.errors import BureauError, Invalid, NotFound
from project_spaces.text import Text

NOT_JSON = Text(
    "Le corps de la demande n'est pas un objet JSON valable.", "The request's body is not a valid JSON object."
)
#: A body of the API is a form, not a file (bytes).
LARGEST_BODY = 1 << 20


class ApiBase(PortalHandler):
    """Base of every call."""

    async def refuse(self, error: BureauError) -> None:
        """Answer with a problem document; 401 where signing in would help."""
        self.answer_error(error)

    def answer_error(self, error: BureauError) -> None:
        """Write the problem document."""
        self.said_no = error
        unknown = isinstance(error, SessionEnded) or error.text in {SIGN_IN, SESSION_OVER}
        status = 401 if unknown and self.viewer is None else error.status
        self.set_status(status)
        self.set_header("Content-Type", MEDIA_TYPE)
        if status == 503:
            self.set_header("Retry-After", "2")
        explained = {}
        if status == 403 and self.viewer is not None:
            path = self.request.path.partition("/api/v1/")[2]
            explained = {"why": self.prefix + why_link(path, getattr(self, "path_kwargs", None) or {})}
        self.finish(to_json({**problem(error, self.lang), "status": status, **explained}))

    def answer(self, value: Any, status: int = 200) -> None:
        """Write an answer."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(to_json(value))


class ApiHandler(ApiBase):
    """One address of the table, with the operations it knows by method."""

    def initialize(self, operations: dict[str, Operation]) -> None:
        """Take the operations of this address."""
        self.operations = operations

    async def get(self, **_path: str) -> None:
        """Look."""
        await self._do(self._query())

    async def post(self, **_path: str) -> None:
        """Do."""
        await self._do_with_body()

    put = patch = delete = post

    async def _do_with_body(self) -> None:
        try:
            raw = self._json()
        except Invalid as error:
            self.answer_error(error)
            return
        await self._do(raw)

    async def _do(self, raw: Any) -> None:
        operation = self.operations.get(str(self.request.method))
        if operation is None:
            self.set_header("Allow", ", ".join(sorted(self.operations)))
            raise HTTPError(405)
        try:
            result = await self.run(operation.verb, self.parsed(operation.body, raw))
        except BureauError as error:
            self.answer_error(error)
            return
        self.answer(result, operation.status)

    def _json(self) -> Any:
        body = self.request.body
        if len(body) > LARGEST_BODY:
            raise Invalid(NOT_JSON)
        if not body:
            return {}
        try:
            return loads_strict(body)
        except Malformed:
            raise Invalid(NOT_JSON) from None

    def _query(self) -> dict[str, str]:
        return {name: self.get_query_argument(name) for name in self.request.query_arguments if name != "lang"}


class DownloadApi(ApiBase):
    """The bytes of a released package."""

    async def post(self, **_path: str) -> None:
        """Send them to their recipient."""
        try:
            await download(self)
        except BureauError as error:
            self.answer_error(error)


class DocumentHandler(ApiBase):
    """The OpenAPI document."""

    async def get(self) -> None:
        """Serve it."""
        self.answer(document())


class UnknownCall(ApiBase):
    """Any other address below the API."""

    async def get(self, **_path: str) -> None:
        """Say so."""
        self.answer_error(NotFound(NOT_HERE))

    post = put = patch = delete = get
