"""What of a workspace's HTTP interface is open: an allow-list of routes, methods, parameters and headers.

Once the server in the container is its user's, any path, query or header is a way to hand it bytes (TRAPS C11), and
any route that answers with a file is a way out. What is not named here is refused, and what is named is recorded.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qs

from audit.events import Kind
from hub_extensions.gateway.refusals import method_refused
from project_spaces.errors import Invalid, Refused
from project_spaces.text import Text


class Effect(StrEnum):
    """What a route does, as the ledger names it."""

    PAGE = "page"
    READ = "read"
    WRITE = "write"
    CHANGE = "change"
    KERNEL = "kernel"
    SESSION = "session"
    TERMINAL = "terminal"


#: Ledger kind of each effect.
KINDS: Mapping[Effect, Kind] = {
    Effect.PAGE: Kind.REQUEST,
    Effect.READ: Kind.CONTENTS_READ,
    Effect.WRITE: Kind.FILE_WRITE,
    Effect.CHANGE: Kind.FILE_CHANGE,
    Effect.KERNEL: Kind.KERNEL_LIFECYCLE,
    Effect.SESSION: Kind.SESSION_CHANGE,
    Effect.TERMINAL: Kind.TERMINAL_LIFECYCLE,
}

UUID = r"[0-9a-fA-F-]{36}"
NAME = r"[A-Za-z0-9_.@%+-]{1,200}"
WORD = re.compile(r"[A-Za-z0-9_.:-]{0,128}")
CACHE_BUSTER = re.compile(r"[0-9]{1,20}")
PATH_TEXT = re.compile(r"[^\x00-\x1f\x7f]{0,1024}")


@dataclass(frozen=True)
class Route:
    """One kind of request that may pass."""

    methods: frozenset[str]
    pattern: re.Pattern[str]
    effect: Effect
    parameters: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    body: bool = False


def _route(methods: str, pattern: str, effect: Effect, parameters: Sequence[str] = (), *, body: bool = False) -> Route:
    checks = {name: PATH_TEXT if name in {"path", "reset"} else WORD for name in parameters}
    return Route(frozenset(methods.split()), re.compile(pattern), effect, checks, body)


#: What JupyterLab says about the file it reads or saves.
CONTENTS = ("type", "format", "content", "hash", "contentProviderId", "_")

#: Relative to the workspace's prefix. Jupyter Server 2.21 and JupyterLab 4.6, less every route that hands out files
#: (``/files``, ``/view``, ``/nbconvert``), runs code on the server (``/lsp``, ``/api/nbconvert``) or speaks to
#: others than this workspace (``/proxy``).
OPEN: tuple[Route, ...] = (
    _route("GET", r"/lab(/(tree|workspaces|doc)(/.*)?)?", Effect.PAGE, ("reset", "path", "factory", "mode")),
    _route("GET", r"/(static|lab/static|lab/extensions|lab/api/themes|lab/api/schemas)/.+", Effect.PAGE, ("v", "_")),
    _route(
        "GET",
        r"/lab/api/(settings|translations|workspaces|licenses|listings)(/.*)?",
        Effect.PAGE,
        ("_", "1", "ids_only"),
    ),
    _route("PUT POST DELETE", r"/lab/api/(settings|workspaces)/.+", Effect.CHANGE, (), body=True),
    _route(
        "GET",
        r"/(favicon\.ico|api|api/me|api/status|api/kernelspecs|kernelspecs/.+)",
        Effect.PAGE,
        ("_", "permissions"),
    ),
    _route("GET", r"/api/kernelspecs/" + NAME, Effect.PAGE, ("_",)),
    _route("GET", r"/api/config/" + NAME, Effect.PAGE, ("_",)),
    _route("GET", r"/api/contents(/.*)?", Effect.READ, CONTENTS),
    _route("PUT", r"/api/contents/.+", Effect.WRITE, CONTENTS, body=True),
    _route("POST", r"/api/contents(/.*)?", Effect.CHANGE, CONTENTS, body=True),
    _route("POST DELETE", r"/api/contents/.+/checkpoints/[A-Za-z0-9_-]{1,64}", Effect.CHANGE, ("_",), body=True),
    _route("PATCH DELETE", r"/api/contents/.+", Effect.CHANGE, CONTENTS, body=True),
    _route("GET", r"/api/(sessions|kernels)", Effect.PAGE, ("_",)),
    _route("GET", rf"/api/(sessions|kernels)/{UUID}", Effect.PAGE, ("_",)),
    _route("POST", r"/api/(sessions|kernels)", Effect.KERNEL, ("_",), body=True),
    _route("DELETE", rf"/api/(sessions|kernels)/{UUID}", Effect.KERNEL, ("_",), body=True),
    _route("PATCH", rf"/api/sessions/{UUID}", Effect.SESSION, ("_",), body=True),
    _route("POST", rf"/api/kernels/{UUID}/(interrupt|restart)", Effect.KERNEL, ("_",), body=True),
    _route("GET", r"/api/terminals", Effect.PAGE, ("_",)),
    _route("POST", r"/api/terminals", Effect.TERMINAL, ("_",), body=True),
    _route("GET", rf"/api/terminals/{NAME}", Effect.PAGE, ("_",)),
    _route("DELETE", rf"/api/terminals/{NAME}", Effect.TERMINAL, ("_",)),
)

#: Ways out that people will try: told why, not just "no".
WAYS_OUT = re.compile(r"/(files|view|nbconvert|api/nbconvert|lab/api/download)(/|$)")

#: Headers that pass, each with the values it may have.
HEADERS: Mapping[str, re.Pattern[str]] = {
    "Accept": re.compile(r"[A-Za-z0-9 ,;=.*/+-]{1,256}"),
    "Content-Type": re.compile(r"(application/json|text/plain)(; ?charset=[Uu][Tt][Ff]-8)?"),
    "If-None-Match": re.compile(r'(W/)?"[A-Za-z0-9+/=_-]{1,128}"'),
    "If-Modified-Since": re.compile(r"[A-Za-z0-9 ,:]{1,40}"),
}

#: Types of answers that a browser shows, or makes a page of.
SHOWN_TYPES = re.compile(
    r"(text/(html|css|plain|javascript)|application/(json|problem\+json|javascript|wasm|vnd\.ms-fontobject)"
    r"|image/(png|jpeg|gif|webp|bmp|svg\+xml|x-icon|vnd\.microsoft\.icon)|font/(woff2?|ttf|otf))"
    r"(; ?charset=[A-Za-z0-9-]{1,20})?"
)


def find(method: str, path: str, parameters: Mapping[str, Sequence[str]]) -> Route:
    """Return the open route for this request.

    Parameters
    ----------
    path
        below the workspace's prefix, percent-decoded, starting with ``/``.
    parameters
        of the query string.

    Raises
    ------
    Refused
        no such route is open; downloads get the sentence that points to the export desk.
    Invalid
        the route is open, but not with these parameters or this method.
    """
    if ".." in path.split("/") or "\\" in path or not PATH_TEXT.fullmatch(path):
        raise Invalid(Text("Chemin refusé.", "Path refused."))
    if WAYS_OUT.match(path):
        raise Refused(
            Text(
                "Téléchargement refusé : rien ne sort d'un espace projet sans passer par le sas d'export.",
                "Download refused: nothing leaves a project space except through the export desk.",
            )
        )
    matching = [route for route in OPEN if route.pattern.fullmatch(path)]
    if not matching:
        raise Refused(Text("Cette adresse du bureau n'est pas ouverte.", "This address of the workspace is not open."))
    for route in matching:
        if method in route.methods:
            check_parameters(route.parameters, parameters)
            return route
    raise method_refused(method)


def parse_query(query: str) -> dict[str, list[str]]:
    """Return the parameters of a query string; JupyterLab's bare numbers against caches are dropped.

    Raises
    ------
    Invalid
        it is not ``name=value`` pairs in UTF-8.
    """
    pairs = "&".join(part for part in query.split("&") if not CACHE_BUSTER.fullmatch(part))
    try:
        return parse_qs(pairs, keep_blank_values=True, strict_parsing=bool(pairs), errors="strict")
    except ValueError:
        raise Invalid(Text("Paramètres d'adresse mal formés.", "Malformed address parameters.")) from None


def check_parameters(allowed: Mapping[str, re.Pattern[str]], parameters: Mapping[str, Sequence[str]]) -> None:
    """Let the parameters of an address pass when each is known, comes once, and is well-formed.

    Raises
    ------
    Invalid
        one is not; the sentence names it.
    """
    for name, values in parameters.items():
        pattern = allowed.get(name)
        if pattern is None or len(values) != 1 or not pattern.fullmatch(values[0]):
            shown = name[:40]
            raise Invalid(Text(f"Paramètre « {shown} » refusé.", f"Parameter '{shown}' refused."))


def forwarded_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that reach the workspace: known names with well-formed values, nothing else."""
    return {
        name: headers[name] for name, pattern in HEADERS.items() if name in headers and pattern.fullmatch(headers[name])
    }


def shown_type(said: str) -> str:
    """Return the type that an answer has for the browser: of one that it can't show it would make a file, a way out."""
    return said if SHOWN_TYPES.fullmatch(said) else "text/plain; charset=utf-8"
