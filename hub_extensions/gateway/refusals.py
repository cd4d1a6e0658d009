"""How the gateway says no: a page for a person who navigates, JSON for a program, one sentence either way."""

import html
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from tornado.web import RequestHandler

from hub_extensions.presence.origin import Origin, address_of
from hub_extensions.step_up.way_back import sign_in_again
from hub_extensions.strangers.counted import SOMEBODY
from project_spaces.conditions.person import SIGN_IN_AGAIN
from project_spaces.errors import BureauError, Illegible, NotFound, Refused, WrongMethod
from project_spaces.text import Language, Text

if TYPE_CHECKING:
    from hub_extensions.gateway.recording import Recording

PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>Bureau virtuel</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:12vh auto;padding:0 1.5rem;color:#17233c}}
a{{color:#174ea6}} h1{{font-size:1.4rem}}</style></head>
<body><main><h1>{text}</h1>{reasons}{why}<p><a href="{home}">{back}</a></p></main></body></html>
"""

SIGN_IN_LINK = Text("Me reconnecter et revenir ici", "Sign in again and come back here")
NOWHERE = Text("Il n'y a pas de bureau à cette adresse.", "There is no workspace at this address.")
NOT_READ = Text("Cette demande n'est pas lisible.", "This request can't be read.")
NOT_SIGNED_IN = Text(
    "La connexion n'a pas abouti : revenez à l'accueil et recommencez.",
    "Signing in did not come to its end: go back to the home page and start over.",
)
BROKEN = Text(
    "Quelque chose s'est mal passé de notre côté : rien n'a été transmis.",
    "Something went wrong on our side: nothing was forwarded.",
)


class SaysWhy(RequestHandler):
    """Base of every handler: also what the framework refuses by itself is recorded, and one sentence."""

    visitor = SOMEBODY
    #: What stands for the visitor's session in leaves, once it is known.
    sign_in = ""

    def origin(self) -> Origin:
        """Where the request came from."""
        return Origin(self.sign_in, address_of(self.request))

    @property
    def recording(self) -> "Recording":
        """The way to the ledger."""
        return self.application.settings["recording"]

    def place(self) -> str | None:
        """The project of the workspace that was asked for, once it is known that there is one."""
        return None

    def answered(self) -> bool:
        """Whether the answer is complete."""
        return self._finished

    def request_line(self) -> str:
        """What was asked, as it is kept with a refusal."""
        return f"{self.request.method} {quote(self.request.path)}"

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        """Answer; the body may not have been read, so the connection ends."""
        self.set_header("Connection", "close")
        error = as_error(status_code, str(self.request.method))
        if error.status < 500:
            self.recording.note(self.visitor, self.place(), self.request_line(), error, self.origin())
        write_refusal(self, error)


def as_error(status: int, method: str) -> BureauError:
    """Return our error for a status that the framework chose."""
    if status == 405:
        return method_refused(method)
    known = {400: Illegible(NOT_READ), 403: Refused(NOT_SIGNED_IN), 404: NotFound(NOWHERE)}
    return known.get(status) or BureauError(BROKEN)


def method_refused(method: str) -> WrongMethod:
    """Return the refusal of *method* where it is not open."""
    return WrongMethod(Text(f"Méthode {method} refusée à cette adresse.", f"Method {method} refused at this address."))


def language(handler: RequestHandler) -> Language:
    """French, unless the person chose English in the portal or the browser asks for it first."""
    chosen = handler.get_cookie("bureau-lang") or handler.request.headers.get("Accept-Language", "fr")
    return "en" if chosen.lower().startswith("en") else "fr"


def write_refusal(handler: RequestHandler, error: BureauError) -> None:
    """Finish the request with the error's status, sentence and reasons."""
    lang = language(handler)
    handler.set_status(error.status)
    handler.set_header("Cache-Control", "no-store")
    if error.status == 503:
        handler.set_header("Retry-After", "2")
    if "text/html" in handler.request.headers.get("Accept", ""):
        reasons = "".join(f"<li>{html.escape(reason.in_(lang))}</li>" for reason in error.reasons)
        handler.set_header("Content-Type", "text/html; charset=utf-8")
        handler.finish(
            PAGE.format(
                lang=lang,
                text=html.escape(error.text.in_(lang)),
                reasons=f"<ul>{reasons}</ul>" if reasons else "",
                why=_why(handler, error, lang),
                home=html.escape(handler.settings["home_url"], quote=True),
                back="Retour à l'accueil" if lang == "fr" else "Back to the home page",
            )
        )
        return
    handler.set_header("Content-Type", "application/problem+json")
    handler.finish(json.dumps(problem(error, lang), ensure_ascii=False))


def _why(handler: RequestHandler, error: BureauError, lang: Language) -> str:
    """The link to the portal's page that shows every condition, where one said no."""
    if error.status != 403 or len(handler.path_args) < 2:
        return ""
    again = _again(handler, error, lang)
    query = urlencode({"action": "send_message", "project": handler.path_args[1]})
    address = html.escape(f"{handler.settings['home_url']}why?{query}", quote=True)
    words = (
        "Pourquoi ? Chaque condition et qui peut la changer"
        if lang == "fr"
        else "Why? Each condition, and who can change it"
    )
    return f'{again}<p><a href="{address}">{words}</a></p>'


def _again(handler: RequestHandler, error: BureauError, lang: Language) -> str:
    """The link to sign in again and come back, where that changes the answer."""
    if not error.codes & SIGN_IN_AGAIN:
        return ""
    address = html.escape(sign_in_again(handler.settings["home_url"], str(handler.request.uri)), quote=True)
    return f'<p><a href="{address}">{SIGN_IN_LINK.in_(lang)}</a></p>'


def problem(error: BureauError, lang: Language) -> dict[str, object]:
    """Return the RFC 9457 problem document; ``message`` is where JupyterLab looks for the sentence."""
    return {
        "type": "about:blank",
        "title": error.text.in_(lang),
        "status": error.status,
        "message": error.text.in_(lang),
        "detail": {"fr": error.text.fr, "en": error.text.en},
        "reasons": [{"fr": reason.fr, "en": reason.en} for reason in error.reasons],
    }
