"""How the gateway says no: a page for a person who navigates, JSON for a program, one sentence either way."""

import html
import json
from typing import Any
from urllib.parse import urlencode

from tornado.web import RequestHandler

from project_spaces.errors import BureauError, NotFound, Refused
from project_spaces.text import Language, Text

PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>Bureau virtuel</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:12vh auto;padding:0 1.5rem;color:#17233c}}
a{{color:#174ea6}} h1{{font-size:1.4rem}}</style></head>
<body><main><h1>{text}</h1>{reasons}{why}<p><a href="{home}">{back}</a></p></main></body></html>
"""

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


class MethodRefused(BureauError):
    """The address is open, but not for this method."""

    status = 405


class Illegible(BureauError):
    """A request that can't be taken apart."""

    status = 400


class SaysWhy(RequestHandler):
    """Base of every handler: also what the framework refuses by itself is one sentence in the reader's language."""

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        """Answer; the body may not have been read, so the connection ends."""
        self.set_header("Connection", "close")
        write_refusal(self, as_error(status_code, str(self.request.method)))


def as_error(status: int, method: str) -> BureauError:
    """Return our error for a status that the framework chose."""
    if status == 405:
        return method_refused(method)
    known = {400: Illegible(NOT_READ), 403: Refused(NOT_SIGNED_IN), 404: NotFound(NOWHERE)}
    return known.get(status) or BureauError(BROKEN)


def method_refused(method: str) -> MethodRefused:
    """Return the refusal of *method* where it is not open."""
    return MethodRefused(
        Text(f"Méthode {method} refusée à cette adresse.", f"Method {method} refused at this address.")
    )


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
    query = urlencode({"action": "send_message", "project": handler.path_args[1]})
    address = html.escape(f"{handler.settings['home_url']}why?{query}", quote=True)
    words = (
        "Pourquoi ? Chaque condition et qui peut la changer"
        if lang == "fr"
        else "Why? Each condition, and who can change it"
    )
    return f'<p><a href="{address}">{words}</a></p>'


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
