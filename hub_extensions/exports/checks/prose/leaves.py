"""Trees as programs print them: a node says how many persons reach it, and of which class they are.

scikit-learn (``export_text``, graphviz), rpart and partykit each have their own way; a leaf of few persons is a small
cell in all of them.
"""

import re
from collections.abc import Iterator

from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.policy import Policy

#: How many persons reach a node: said, or third on a line of rpart (node, split, n).
_REACHED = re.compile(
    r"(?:\b|(?<=\\n))(?:n_node_samples|samples|effectifs?|cover)\s*[:=]\s*(?P<said>\d+)\b"
    r"|^[^\S\n]*\d+\)\s\S[^\n]*?\s(?P<rpart>\d+)\s+\d[\d.]*\s+\S+\s+\("
    r"|\(n\s*=\s*(?P<party>\d+)\s*,\s*err\s*=",
    re.IGNORECASE | re.MULTILINE,
)
#: A line of rpart for a regression: node, split, n, deviance, mean, a star behind leaves.
_REGRESSED = re.compile(
    r"[^\S\n]*\d{1,9}\)[^\S\n](?P<split>\S[^\n]{0,200}?)[^\S\n]+(?P<n>\d{1,9})[^\S\n]+\d[\d.e+]*[^\S\n]+-?\d[\d.e+-]*[^\S\n]*\*?[^\S\n]*"
)
_RPART = re.compile(r"node\),\s*split,\s*n,")
#: The persons of each class in a leaf: ``weights: [870.00, 3.00]``, ``value = [44, 3]``.
_CLASSES = re.compile(r"(?:\b|(?<=\\n))(?:weights|values?)\s*[:=]\s*\[+(?P<classes>[\d., \t]{3,400})\]", re.IGNORECASE)


def check_leaves(text: str, policy: Policy, where: str = "texte") -> Iterator[Finding]:
    """Yield nodes of a tree that few persons, or few of one class, reach."""
    places = [place for place, count in _nodes(text) if 0 < count < policy.min_persons]
    if places:
        yield block(
            "model.leaf",
            f"{where} · ligne {text.count(chr(10), 0, min(places)) + 1}",
            f"Un nœud de l'arbre compte moins de {policy.min_persons} personnes : imposez un minimum par feuille.",
            f"A node of the tree holds fewer than {policy.min_persons} persons: require a minimum for each leaf.",
        )


def _nodes(text: str) -> Iterator[tuple[int, int]]:
    """Yield each count of persons that a tree prints, and where."""
    for found in _REACHED.finditer(text):
        yield found.start(), int(found["said"] or found["rpart"] or found["party"])
    for found in _CLASSES.finditer(text):
        yield from ((found.start(), count) for count in _counts(found["classes"]))
    if _RPART.search(text):
        start = 0
        for line in text.split("\n"):
            node = _REGRESSED.fullmatch(line)
            if node is not None:
                yield start, int(node["n"])
            start += len(line) + 1


def _counts(inside: str) -> list[int]:
    """Return the persons of each class, none where the numbers are shares or one mean."""
    numbers = [float(part) for part in re.findall(r"\d+(?:\.\d*)?", inside)]
    whole = len(numbers) >= 2 and all(number == int(number) for number in numbers)
    return [int(number) for number in numbers] if whole and sum(numbers) > 1 else []
