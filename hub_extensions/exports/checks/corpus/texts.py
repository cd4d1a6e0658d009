"""Texts, programs, notebooks and JSON."""

import json
from collections.abc import Iterator
from typing import Any

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, patients, rows_csv, table


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8")


def notebook(*cells: dict[str, Any], metadata: dict[str, Any] | None = None) -> bytes:
    """Return a notebook of version 4."""
    return _json(
        {
            "cells": list(cells),
            "metadata": metadata or {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    """Return a code cell."""
    return {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": source, "outputs": list(outputs)}


def cases() -> Iterator[Case]:
    """Yield every text of the corpus."""
    yield from _letters()
    yield from _programs()
    yield from _notebooks()
    yield from _structures()


def _letters() -> Iterator[Case]:
    yield Case(
        "letter.txt",
        BLOCK,
        "name, NIR with key, record number, date of birth",
        "Lettre de sortie. Mme Sophie Martin, née le 14/08/1955, NIR 2 55 08 14 168 025 38, IPP 8001234567.\n".encode(),
    )
    yield Case("nir_corsica.txt", BLOCK, "a Corsican NIR with its key", b"Dossier 1 84 12 2A 004 123 23\n")
    yield Case(
        "nir_digits.txt", FLAG, "a NIR digit by digit with a wrong key", b"SECU : 2 1 5 0 6 3 7 9 1 2 3 4 5 9 9\n"
    )
    yield Case(
        "nir_column.csv",
        BLOCK,
        "NIR with keys under a plain header",
        table(["code", "n"], [["255081416802538", 120], ["184122A00412323", 130]]),
    )
    yield Case("email.txt", BLOCK, "a person's address", b"Ecrire a jean.dupont@laposte.net pour la suite.\n")
    yield Case("phone.txt", BLOCK, "a phone number", b"Rappeler au 06 12 34 56 78 demain.\n")
    yield Case(
        "birth.md",
        BLOCK,
        "a date of birth in words",
        "# Cas\n\nPatient né le 3 mars 1948, suivi depuis 2019.\n".encode(),
    )
    yield Case(
        "names.txt", FLAG, "names without any number", "Réunion avec le Dr Sophie Bernard et Mme Lefèvre.\n".encode()
    )
    yield Case(
        "small_in_words.md",
        BLOCK,
        "4 patients, said in a sentence",
        "Parmi eux, 4 patients ont été réadmis.\n".encode(),
    )
    yield Case(
        "secret.log", BLOCK, "an access token", b"push with ghp_" + b"a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8 done\n"
    )
    yield Case(
        "key.txt",
        BLOCK,
        "a private key",
        b"-----BEGIN RSA PRIVATE " + b"KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n",
    )
    yield Case(
        "readme.md",
        PASS,
        "a description and a clean table",
        "# Réadmission à 30 jours\n\nTaux par département, effectifs supérieurs au seuil.\n\n| dep | n "
        "|\n|---|---|\n| 75 | 120 |\n| 92 | 131 |\n| 93 | 140 |\n".encode(),
    )
    yield Case(
        "run.log",
        PASS,
        "a log without data",
        b"2024-03-01 10:00:00 INFO lecture\n2024-03-01 10:00:04 INFO calcul termine\n",
    )
    yield Case(
        "table_in_text.txt",
        BLOCK,
        "a table with a small cell inside a text",
        b"Resultats\n\ndep;n\n75;120\n92;4\n93;44\n\nFin.\n",
    )
    people = patients(60, "log")
    yield Case(
        "printed_rows.log",
        BLOCK,
        "rows printed to a log",
        b"INFO debut\n" + rows_csv(people, ["age", "sexe", "dep", "crp", "diag"]) + b"INFO fin\n",
    )
    yield Case("base64.txt", BLOCK, "a long encoded block", b"note: " + b"QUJDREVGR0g" * 60 + b"\n")


def _programs() -> Iterator[Case]:
    yield Case(
        "analysis.py",
        PASS,
        "a program without data",
        b"import pandas as pd\n\ndf = pd.read_parquet('/data/snds/x.parquet')\nt = df.groupby(['dep', 'sexe']).size()\nt[t >= 11].to_csv('out.csv')\n",
    )
    yield Case(
        "model.sql",
        PASS,
        "a query",
        b"SELECT dep, sexe, count(*) AS n FROM sejours WHERE annee = 2020 GROUP BY dep, sexe HAVING count(*) >= 11;\n",
    )
    ages = [person["age"] for person in patients(200, "literal")]
    yield Case("data.py", BLOCK, "200 ages in a list", f"ages = {ages}\n".encode())
    yield Case("data.R", BLOCK, "200 ages in a vector", f"ages <- c({', '.join(map(str, ages))})\n".encode())
    yield Case(
        "insert.sql",
        BLOCK,
        "rows in an INSERT",
        b"INSERT INTO t VALUES\n" + b"".join(f"({i}, {age}, 'H'),\n".encode() for i, age in enumerate(ages[:40])),
    )
    yield Case(
        "string.py",
        BLOCK,
        "a table in a string",
        b'TABLE = """\n' + rows_csv(patients(30, "string"), ["age", "sexe", "crp"]) + b'"""\n',
    )


def _notebooks() -> Iterator[Case]:
    clean = code("import pandas as pd\ndf = pd.read_parquet('/data/x.parquet')\ndf.groupby('dep').size()")
    html = {
        "output_type": "execute_result",
        "metadata": {},
        "execution_count": 1,
        "data": {"text/html": "<table><tr><td>81</td></tr></table>", "text/plain": "81"},
    }
    rows = "\n".join(f"{i}  {p['age']}  {p['sexe']}  {p['crp']}" for i, p in enumerate(patients(20, "stream")))
    yield Case(
        "stripped.ipynb",
        PASS,
        "code only",
        notebook({"cell_type": "markdown", "metadata": {}, "source": "# Analyse"}, clean),
    )
    yield Case("leak.ipynb", BLOCK, "df.head() in an output", notebook(clean, code("df.head()", html)))
    yield Case(
        "leak_print.ipynb",
        BLOCK,
        "rows printed",
        notebook(code("print(df)", {"output_type": "stream", "name": "stdout", "text": rows})),
    )
    yield Case(
        "leak_image.ipynb",
        BLOCK,
        "a picture in an output",
        notebook(
            code("plot()", {"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0KGgo="}})
        ),
    )
    yield Case(
        "output_done.ipynb",
        FLAG,
        "a word in an output",
        notebook(code("run()", {"output_type": "stream", "name": "stdout", "text": "terminé\n"})),
    )
    yield Case(
        "literal.ipynb",
        BLOCK,
        "a list of ages in the code",
        notebook(code(f"ages = {[p['age'] for p in patients(100, 'nb')]}")),
    )
    yield Case(
        "attachment.ipynb",
        BLOCK,
        "an attachment",
        notebook(
            {
                "cell_type": "markdown",
                "metadata": {},
                "source": "![x](attachment:x.png)",
                "attachments": {"x.png": {"image/png": "iVBORw0KGgo="}},
            }
        ),
    )
    yield Case(
        "widgets.ipynb",
        BLOCK,
        "widget state",
        notebook(clean, metadata={"widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": 1}}}}),
    )


def _structures() -> Iterator[Case]:
    people = patients(60, "json")
    yield Case(
        "logreg_coef.json",
        PASS,
        "twelve coefficients, N given",
        _json(
            {
                "model": "logistic",
                "n": 20186,
                "intercept": -1.2,
                "coef": {f"x{i}": round(0.1 * i - 0.6, 3) for i in range(12)},
            }
        ),
    )
    yield Case(
        "coef_list.json",
        PASS,
        "coefficients as lists, N given",
        _json({"features": ["age", "sexe", "imc"], "coef": [0.03, -0.2, 0.01], "n": 20186}),
    )
    yield Case("rows_records.json", BLOCK, "rows as objects", _json(people))
    yield Case(
        "rows_columns.json",
        BLOCK,
        "rows as lists of columns",
        _json({name: [person[name] for person in people] for name in ("age", "sexe", "crp", "dep")}),
    )
    yield Case(
        "rows_split.json",
        BLOCK,
        "rows in pandas' split form",
        _json(
            {
                "columns": ["age", "sexe", "crp", "dep"],
                "index": list(range(60)),
                "data": [[p["age"], p["sexe"], p["crp"], p["dep"]] for p in people],
            }
        ),
    )
    yield Case(
        "values.json",
        BLOCK,
        "a list of 200 values",
        _json({"ages": [person["age"] for person in patients(200, "values")]}),
    )
    yield Case("counts.json", PASS, "an aggregate as objects", _json([{"dep": "75", "n": 120}, {"dep": "92", "n": 44}]))
    yield Case("counts_small.json", BLOCK, "an aggregate with a small cell", _json({"n": {"75": 120, "92": 4}}))
    yield Case("small_fact.json", BLOCK, "a scalar count of 4", _json({"n_patients": 4, "auc": 0.81}))
    yield Case("deep.json", BLOCK, "nested ten thousand times", b"[" * 10_000 + b"]" * 10_000)
    yield Case("twice.json", BLOCK, "the same key twice", b'{"n": 120, "n": 4}')
    forged = {
        "version": "1.0.2",
        "results": {
            "output_0": {"status": "pass", "files": [{"name": "table_n3.csv"}], "outcome": {"n": {"75": "ok"}}}
        },
    }
    yield Case(
        "results.json",
        BLOCK,
        "declared evidence says pass while the table has 3",
        _json(forged),
        request={"table_n3.csv": table(["dep", "n"], [["75", 3], ["92", 40]])},
    )
    yield Case("results_alone.json", FLAG, "declared evidence is never a verdict", _json(forged))
