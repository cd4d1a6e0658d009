"""One HTTP request to somebody who may be slow, hostile or gone: bounded in time and size, no redirect followed."""

import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

#: An answer of a witness or a time-stamp authority is a few kilobytes.
MAX_ANSWER = 64 * 1024
_CHUNK = 4096


class Unreachable(Exception):
    """Nobody answered in time, or the answer could not be read; asking again later is right."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of an HTTP answer."""

    status: int
    body: bytes


def post(url: str, body: bytes, content_type: str, timeout_s: float) -> Answer:
    """Send *body* to *url* (http or https) and return the answer.

    Parameters
    ----------
    timeout_s
        seconds for the whole exchange; one that answers a byte at a time does not get more.

    Raises
    ------
    Unreachable
        no connection, no answer in time, or an answer of more than 64 KiB.
    """
    deadline = time.monotonic() + timeout_s
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = f"{url} is no http(s) address"
        raise Unreachable(msg)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=timeout_s)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {"Content-Type": content_type, "Connection": "close"})
        answer = connection.getresponse()
        return Answer(answer.status, _read(answer, connection, deadline))
    except (OSError, HTTPException) as error:
        msg = f"{url}: {error or type(error).__name__}"
        raise Unreachable(msg) from None
    finally:
        connection.close()


def _read(answer: HTTPResponse, connection: HTTPConnection, deadline: float) -> bytes:
    body = b""
    while len(body) <= MAX_ANSWER:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        if connection.sock is not None:
            connection.sock.settimeout(left)
        chunk = answer.read1(_CHUNK)
        if not chunk:
            return body
        body += chunk
    raise HTTPException("an answer of more than 64 KiB")
