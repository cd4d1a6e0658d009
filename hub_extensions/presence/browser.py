"""Whether a person is behind a browser's request, or a page by itself.

Browsers say how a request came to be (Fetch Metadata); a script of another origin can't say otherwise. A page that
looks again by itself, with or without script, keeps no session alive; neither does a frame or an image elsewhere.
"""

from urllib.parse import urlsplit

from tornado.httputil import HTTPServerRequest

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({"same-origin", "none"})


def by_hand(request: HTTPServerRequest) -> bool:
    """Tell whether a person caused this request to a page of ours: one that changes something, or a navigation."""
    return request.method not in _READS or navigated(request)


def navigated(request: HTTPServerRequest) -> bool:
    """Tell whether a person went to this address."""
    said = request.headers.get
    if said("Sec-Fetch-Mode", "navigate") != "navigate" or said("Sec-Fetch-Dest", "document") != "document":
        return False
    if said("Sec-Fetch-User") == "?1":
        return True
    return said("Sec-Fetch-Site", "none") in _OURS and not _refreshes_itself(request)


def _refreshes_itself(request: HTTPServerRequest) -> bool:
    """A page that is read again without a hand names itself as where it comes from."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    return (came_from.path, came_from.query) == (request.path, request.query)
