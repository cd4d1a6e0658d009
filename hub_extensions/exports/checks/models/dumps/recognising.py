"""Tells a model that was written as text or JSON from a text or a table, and refuses it in one sentence.

Such a file spells out thresholds that are persons' values, ranges from minimum to maximum, and how few persons a leaf
holds, in forms of their own that no check here reads. ONNX and skops hold the same model and are read.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block

#: How each library's text begins, or what only it says.
_TEXTS: Mapping[str, re.Pattern[str]] = {
    "XGBoost": re.compile(r"^booster\[\d{1,9}\]:?\s*$.{0,400}^\s*\d{1,9}:(?:\[|leaf=)", re.MULTILINE | re.DOTALL),
    "LightGBM": re.compile(r"^Tree=\d{1,9}\s*$.{0,400}^num_leaves=", re.MULTILINE | re.DOTALL),
    "PMML": re.compile(r"<PMML[\s>]"),
    "libsvm": re.compile(r"^svm_type \w{1,20}\s*$.{0,2000}^SV\s*$", re.MULTILINE | re.DOTALL),
}


def check_text_dump(text: str, where: str) -> Iterator[Finding]:
    """Yield a block when *text* is a model that its library wrote."""
    for library, sign in _TEXTS.items():
        if sign.search(text):
            yield _refused(library, where)
            return


def check_json_dump(value: Any, where: str) -> Iterator[Finding]:
    """Yield a block when *value* is a model that its library wrote."""
    library = _library(value)
    if library:
        yield _refused(library, where)


def _library(value: Any) -> str:
    if isinstance(value, list):
        return "XGBoost" if value and all(_is_node(each) for each in value) else ""
    if not isinstance(value, Mapping):
        return ""
    keys, learner, inner = set(value), value.get("learner"), value.get("model")
    signs = {
        "XGBoost": isinstance(learner, Mapping) and "gradient_booster" in learner,
        "LightGBM": {"tree_info", "feature_names"} <= keys,
        "CatBoost": "oblivious_trees" in keys or {"trees", "features_info"} <= keys,
        "tokenizers": isinstance(inner, Mapping) and bool({"vocab", "merges"} & set(inner)),
    }
    return next((library for library, shown in signs.items() if shown), "")


def _is_node(value: Any) -> bool:
    return isinstance(value, Mapping) and "nodeid" in value and ("split" in value or "leaf" in value)


def _refused(library: str, where: str) -> Finding:
    return block(
        "model.dump",
        where,
        f"Un modèle écrit par {library} n'est pas lu sous cette forme : exportez-le en ONNX ou en skops, ou ses "
        f"mesures seules.",
        f"A model as {library} writes it isn't read in this form: export it as ONNX or skops, or its measures alone.",
    )
