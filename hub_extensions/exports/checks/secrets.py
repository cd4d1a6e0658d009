"""Keys and passwords that notebooks and logs carry out by accident.

Only shapes that their issuers publish, and assignments to a name that means « secret »: entropy alone accuses every
hash.
"""

import re
from collections.abc import Iterator

from hub_extensions.exports.checks.findings import Finding, block, flag

_KNOWN = re.compile(
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----|\bgh[pousr]_[A-Za-z0-9]{30,}\b|\bgithub_pat_\w{40,}\b|\bglpat-[\w-]{20,}\b|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bxox[abprs]-[\w-]{10,}\b"  # noqa: E501
    r"|\bsk-[A-Za-z0-9_-]{20,}\b|\bAIza[\w-]{35}\b|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}|\bnpm_[A-Za-z0-9]{36}\b|\bhf_[A-Za-z0-9]{30,}\b"
)
_URL = re.compile(r"\b[a-z][a-z0-9+.-]{0,30}://[^\s/:@'\"]+:([^\s/@'\"]{3,})@")
_ASSIGNED = re.compile(
    r"(?i)\b(?:password|passwd|pwd|mot_?de_?passe|secret|api_?key|token|access_?key)\b\s*[=:]\s*['\"]([^'\"\s]{6,})['\"]"
)
_PLAIN = re.compile(r"[*.<>{}$\w]*")
_STANDS_FOR = re.compile(r"example|exemple|changeme|\*{3}|x{3}", re.IGNORECASE)


def check_secrets(text: str, where: str) -> Iterator[Finding]:
    """Yield a block for a key or a password in *text*."""
    if _KNOWN.search(text) or _URL.search(text):
        yield block(
            "secret.key",
            where,
            "Clé ou jeton d'accès : retirez-le et révoquez-le.",
            "An access key or token: remove it and revoke it.",
        )
        return
    found = _ASSIGNED.search(text)
    if found and not _placeholder(found.group(1)):
        yield flag(
            "secret.assigned",
            where,
            "Un mot de passe semble écrit en clair : vérifiez.",
            "A password seems to be written in clear: check it.",
        )


def _placeholder(value: str) -> bool:
    """Whether *value* only stands for a secret: ``<your key>``, ``${TOKEN}``, ``changeme``, ``xxxx``."""
    if value.startswith("${") or (value.startswith("<") and value.endswith(">")):
        return True
    return bool(_PLAIN.fullmatch(value) and _STANDS_FOR.search(value))
