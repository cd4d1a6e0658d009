"""Fine places and establishments, whatever their column is called; and what only sounds like them."""

from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import FLAG, PASS, Case, table
from hub_extensions.exports.checks.corpus.pages import html_table, page

IRIS = ("751010101", "751010102", "751010103", "920120201", "920120202")
FINESS = ("750100001", "750100002", "920100003")


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    counted = [[place, 120 + 7 * at] for at, place in enumerate(IRIS)]
    for name, header in {"zone": "zone", "year": "IRIS 2022", "glued": "codeiris", "insee": "DCOMIRIS"}.items():
        yield Case(f"located_{name}.csv", FLAG, f"numbers of IRIS under « {header} »", table([header, "n"], counted))
    named = table(["libellé IRIS", "n"], [["Bel-Air", 120], ["Picpus", 131]])
    yield Case("located_named.csv", FLAG, "IRIS by their names", named)
    for number, header in enumerate(("FINESS géographique", "N° FINESS", "finess_et_2022", "code finess juridique")):
        rows = [[place, 120 + 7 * at] for at, place in enumerate(FINESS)]
        yield Case(f"located_finess_{number}.csv", FLAG, f"establishments: « {header} »", table([header, "n"], rows))
    wide = table(["diag", *IRIS], [["I10", 120, 130, 140, 150, 160], ["E11", 20, 30, 40, 50, 60]])
    yield Case("located_wide.csv", FLAG, "an IRIS to a column", wide)
    yield Case("located.html", FLAG, "numbers of IRIS in a page", page(html_table([["zone", "n"], *counted])))
    for name, header, rows in (
        ("iris_counted", ["dep", "nb_iris", "n"], [["75", 992, 1200], ["92", 800, 1330]]),
        ("communes", ["code_insee", "n"], [["75101", 120], ["75102", 131], ["75103", 140]]),
        ("iris_of_the_eye", ["pathologie", "n"], [["iris de l'œil", 120], ["cornée", 133]]),
        ("saint_iris", ["commune", "n"], [["Saint-Iris", 120], ["Paris", 133]]),
        ("kinds_of_finess", ["type finess", "n"], [["CHU", 120], ["CH", 133]]),
    ):  # fmt: skip
        yield Case(f"honest_{name}.csv", PASS, f"no fine place: {name}", table(header, rows))
