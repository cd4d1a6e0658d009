"""The rules that hold for the project's data, as a cell shows them, with the text they follow."""

from html import escape
from typing import Any

from bureau.channel import ask
from bureau.words import in_language


class Policy(dict[str, Any]):
    """Each rule by its name; shown as sentences."""

    def sentences(self) -> list[str]:
        """Return the rules in words."""
        return [in_language(fr, en) for fr, en in self["sentences"]]

    def __repr__(self) -> str:
        return "\n".join([f"{self['name']} ({self['source']})", *(f"  {each}" for each in self.sentences())])

    def _repr_html_(self) -> str:
        rules = "".join(f"<li>{escape(each)}</li>" for each in self.sentences())
        title = in_language("Règles de sortie de ce projet", "Rules of this project's exports")
        return (
            f"<p><strong>{title}</strong> · {escape(self['name'])}</p><ul>{rules}</ul><p>{escape(self['source'])}</p>"
        )


def policy() -> Policy:
    """Return the rules that the desk applies to this project: the strictest of all its data sets."""
    answer, _ = ask("policy")
    return Policy(answer["policy"])
