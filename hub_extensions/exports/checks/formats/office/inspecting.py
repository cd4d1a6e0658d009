"""A document for a reader, part by part: what is shown is read as text and tables, what is not must hold no rows.

Nothing is normalised: what a reviewer approves is these bytes, with every part that Word or PowerPoint would keep.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.formats.archives import read_member, sane_members, trailing_bytes
from hub_extensions.exports.checks.formats.office.encoded import check_encoded
from hub_extensions.exports.checks.formats.office.parts import check_headers, check_part, is_markup
from hub_extensions.exports.checks.formats.office.reading import charted, described, parse, tables, text_of, words
from hub_extensions.exports.checks.formats.office.unseen import check_unseen, check_written, local
from hub_extensions.exports.checks.identifiers import check_nir
from hub_extensions.exports.checks.inspection import Inspected
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.sentences import check_sentences
from hub_extensions.exports.checks.rows.embedded import check_hidden, check_visible

_SHOWN = re.compile(
    r"(?:word/(?:document|header\d*|footer\d*|footnotes|endnotes|comments)|"
    r"ppt/(?:slides|notesSlides|comments)/[^/]+)\.xml$"
)
#: Values in a chart's cache above which it holds rows.
MOST_CACHED = 60


def inspect_document(path: Path, policy: Policy) -> Inspected:
    """Read a Word or PowerPoint file. Raises ``Unreadable`` when it is damaged."""
    members = sane_members(path)
    result = Inspected(findings=list(check_headers(path, members)))
    if trailing_bytes(path):
        result.findings.append(
            block(
                "content.trailing",
                path.name,
                "Des octets se trouvent hors du document.",
                "Bytes lie outside the document.",
            )
        )
    texts: list[str] = []
    with zipfile.ZipFile(path) as archive:
        for member in members:
            name, data = member.filename, read_member(archive, member)
            if is_markup(name):
                texts.append(_read(name, data, result, policy))
            else:
                result.findings += check_part(name, data, policy)
    result.text = "\n".join(filter(None, texts))
    result.findings += [
        *check_sentences(result.text, policy),
        *check_visible(result.text, path.name),
        flag(
            "document.reading",
            path.name,
            "Un document se lit en entier par un vérificateur.",
            "A document is read in full by a reviewer.",
        ),
    ]
    return result


def _read(name: str, data: bytes, result: Inspected, policy: Policy) -> str:
    """Take in one part of markup; return its text if a reader sees it."""
    markup = text_of(data)
    if name.lower().endswith(".vml"):
        result.findings += check_hidden(re.sub(r"<[^<>]+>", "\n", markup), name)
        return ""
    root = parse(markup)
    result.findings += [*_relations(root, name), *_part(name, root), *check_unseen(name, root, markup)]
    result.findings += check_encoded(name, root, policy)
    result.grids += [*tables(root, name), *charted(root, name)]
    text = words(root)
    if _SHOWN.match(name):
        return "\n".join(filter(None, (text, described(root))))
    apart = "\n".join(root.itertext())
    result.findings += [*check_written(text, name), *check_hidden(apart, name), *check_nir(apart, name)]
    return ""


def _relations(root: Any, where: str) -> Iterator[Finding]:
    for relation in root.iter():
        if local(relation) != "Relationship" or relation.get("TargetMode", "").lower() != "external":
            continue
        if not relation.get("Type", "").endswith("/hyperlink"):
            yield block(
                "document.remote",
                where,
                "Le document va chercher quelque chose ailleurs (modèle, image, objet).",
                "The document fetches something elsewhere (template, picture, object).",
            )


def _part(name: str, root: Any) -> Iterator[Finding]:
    named = [local(element) for element in root.iter()]
    if "chartSpace" in named and max(named.count("v"), named.count("pt")) > MOST_CACHED:
        yield block("document.chart", name, "Le graphique garde de nombreuses valeurs.", "The chart keeps many values.")
    if re.search(r"comments", name) or {"ins", "del", "vanish"} & set(named):
        yield flag(
            "document.hidden",
            name,
            "Commentaires, révisions ou texte masqué : acceptez ou supprimez-les.",
            "Comments, revisions or hidden text: accept or delete them.",
        )
    if name.startswith("ppt/slides/") and root.get("show", "").lower() in {"0", "false"}:
        yield block("document.hidden", name, "Diapositive masquée : supprimez-la.", "A hidden slide: delete it.")
