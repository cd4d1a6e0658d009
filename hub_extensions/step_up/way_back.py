"""Where somebody is led after signing in: an address of this installation and of this person, or nowhere.

An address comes from whoever wrote the link. What browsers read otherwise than programs (a backslash, a tab, a second
slash, an encoding of one of them) is no address here at all; a name of another's workspace is none of this person's.
"""

import re
from urllib.parse import quote, unquote, urljoin, urlsplit

from hub_extensions.installation.processes import PORTAL_PREFIX
from hub_extensions.settings import Settings

LONGEST = 4000
#: Printable ASCII without a backslash, beginning with exactly one slash.
_PLAIN = re.compile(r"/(?!/)[!-\[\]-~]*")
#: Ways out of the session are no place to come back to.
_NEVER = re.compile(r"/hub/(logout|login|again|enrol|oauth_login|oauth_callback)(/.*)?")
_HUB = re.compile(r"/hub/.*")
_WORKSPACE = re.compile(r"/user/([a-z][a-z0-9-]{0,29})/([a-z][a-z0-9-]{0,29})(/.*)?")


def way_back(asked: str, person: str, settings: Settings) -> str | None:
    """Return the address to send *person* to who asked for *asked*; None where that is no place of ours."""
    if len(asked) > LONGEST or not _PLAIN.fullmatch(asked):
        return None
    path = unquote(urlsplit(asked).path)
    if not path.isprintable() or "\\" in path or "//" in path or ".." in path.split("/"):
        return None
    workspace = _WORKSPACE.fullmatch(path)
    if workspace is not None:
        return settings.workspace_origin(person) + asked if workspace[1] == person else None
    ours = f"{path}/".startswith(PORTAL_PREFIX) or (_HUB.fullmatch(path) and not _NEVER.fullmatch(path))
    return asked if ours else None


def sign_in_again(ours: str, path: str) -> str:
    """Return the address at which somebody signs in again and comes back to *path*; *ours* is any of portal or hub."""
    return urljoin(ours, f"/hub/again?next={quote(path, safe='/')}")
