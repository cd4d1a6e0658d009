"""The rules that hold for the project's data, as a cell shows them, with the text they follow."""

from html import escape
from typing import Any

from bureau.channel import ask
from bureau.words import in_language


class Policy(dict[str, Any]):
    """Each rule by its name; shown as sentences."""

    def sentences(self) -> list[str]:
        """Return the rules in words."""
        least, share, dof = self["min_persons"], round(100 * self["dominance"]), self["min_dof"]
        said = [
            in_language(f"Au moins {least} personnes par case.", f"At least {least} persons in a cell."),
            in_language(
                f"Aucun contributeur au-dessus de {share} % d'une somme.", f"No contributor above {share} % of a sum."
            ),
            in_language(f"Au moins {dof} degrés de liberté.", f"At least {dof} degrees of freedom."),
            in_language(
                f"Au plus {self['max_file_mb']} Mio par fichier.", f"At most {self['max_file_mb']} MiB a file."
            ),
        ]
        if self["secondary"]:
            said.append(
                in_language(
                    "Une case masquée ne doit pas se retrouver par soustraction.",
                    "A suppressed cell must not follow by subtraction.",
                )
            )
        if self["min_max"] == "block":
            said.append(in_language("Ni minimum ni maximum.", "Neither minima nor maxima."))
        if self["rounding"]:
            said.append(
                in_language(f"Effectifs arrondis à {self['rounding']}.", f"Counts rounded to {self['rounding']}.")
            )
        return said

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
