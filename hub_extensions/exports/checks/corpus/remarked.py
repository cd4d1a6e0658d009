"""Rows and small counts in comments and notes, of tables and of programs, and the remarks that people make honestly."""

from collections.abc import Iterator, Sequence

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, patients, rows_csv, table
from hub_extensions.exports.checks.corpus.texts import code, notebook

COLUMNS = ("age", "sexe", "dep", "date_entree", "crp", "diag")
CLEAN = "dep,n\n75,120\n92,131\n"
#: What people write above a table or into a program; nothing of it says anything of a person.
_REMARKS = (
    ("source", "Source : SNDS 2023\nChamp : France entière"),
    ("metadata", "title: Effectifs\nsource: SNDS\ndate: 2024-01-01\nn: 1204"),
    ("dictionary", "dep;département de résidence\nsexe;1=homme 2=femme\nn;nombre de patients"),
    ("secrecy", "Les effectifs inférieurs à 11 patients sont masqués\nseuil n = 10"),
    ("reading", "Lecture : 120 patients en 2020\n5 cas pour 100 000 habitants en référence"),
    ("labels", "75;Paris\n92;Nanterre\n93;Bobigny\n94;Créteil\n95;Cergy\n77;Melun"),
    ("years", "2019;1204\n2020;1310\n2021;1290"),
    ("settings", "k;5\nB;200\nseed;42"),
)


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    people = patients(40, "remarked")
    rows = rows_csv(people, COLUMNS).decode().splitlines()
    yield from _above(rows)
    yield from _programs(rows)
    yield from _honest()


def marked(lines: Sequence[str], mark: str = "# ") -> str:
    """Return *lines* as comments."""
    return "".join(f"{mark}{line}\n" for line in lines)


def _above(rows: list[str]) -> Iterator[Case]:
    bare = rows[1:]
    small = ["dep,n", "75,120", "92,4", "93,55"]
    for name, text in {
        "named": marked(rows) + CLEAN,
        "bare": marked(bare, "#") + CLEAN,
        "below": CLEAN + marked(bare[:8]),
        "slashes": marked(bare, "// ") + CLEAN,
        "indented": marked(bare, "  ## ") + CLEAN,
        "line": "# " + " | ".join(row.replace(",", ";") for row in bare) + "\n" + CLEAN,
        "small": marked(small) + CLEAN,
        "cells": "".join(f'"{row.replace(",", ";")}",\n' for row in rows) + CLEAN,
        "title": "".join(f'"{row}"\n' for row in bare) + "\n" + CLEAN,
        "formula": '# =HYPERLINK("http://x.example";"a")\n' + CLEAN,
    }.items():
        yield Case(f"remarked_{name}.csv", BLOCK, f"what must not leave, as a remark: {name}", text.encode())
    few = "# 5 patients exclus\n" + CLEAN
    yield Case("remarked_few.csv", BLOCK, "five persons in a remark", few.encode())
    for name, text in {
        "lost": "# n = 8 perdus de vue\n" + CLEAN,
        "name": "# Relu par le Dr Sophie Martin\n" + CLEAN,
        "long": marked([f"remarque numéro {number}" for number in range(60)]) + CLEAN,
    }.items():
        yield Case(f"remarked_{name}.csv", FLAG, f"a remark that a person must read: {name}", text.encode())


def _programs(rows: list[str]) -> Iterator[Case]:
    small = ["dep  n", "75   120", "92   4", "93   44"]
    for suffix, mark in (("py", "# "), ("R", "#' "), ("sql", "-- ")):
        for name, lines in (("rows", rows), ("bare", rows[1:]), ("small", small)):
            text = f"x = 1\n{marked(lines, mark)}y = 2\n".encode()
            yield Case(f"remarked_{name}.{suffix}", BLOCK, f"data commented out in a program: {name}", text)
    block = "\n".join(["select 1;", "/*", *rows, "*/", ""])
    yield Case("remarked_block.sql", BLOCK, "rows in a comment of many lines", block.encode())
    trailing = "".join(f"y = {at}  # {row}\n" for at, row in enumerate(rows[1:]))
    yield Case("remarked_trailing.py", BLOCK, "a row behind each line of a program", trailing.encode())
    yield Case("remarked.ipynb", BLOCK, "rows commented out in a cell", notebook(code(marked(rows) + "x = 1\n")))
    few = b"x = 1\n# 3 patients sans date\n"
    yield Case("remarked_few.py", FLAG, "three persons in a comment of a program", few)


def _honest() -> Iterator[Case]:
    clean = table(["dep", "n"], [["75", 120], ["92", 131]]).decode()
    for name, said in _REMARKS:
        lines = said.splitlines()
        yield Case(f"remark_{name}.csv", PASS, f"an honest remark: {name}", (marked(lines) + clean).encode())
        yield Case(f"remark_{name}.py", PASS, f"the same in a program: {name}", (marked(lines) + "x = 1\n").encode())
    for name, said in {
        "steps": "1. charger\n2. nettoyer\n3. compter",
        "commented_out": "df = pd.read_csv('x.csv', sep=';')\ndf = df[df.age>18]\nm = f(a,b)\nm = f(a,c)",
        "grid": "C=1,max_iter=200\nC=10,max_iter=200\nC=100,max_iter=300",
        "classes": "18,40\n41,60\n61,80\n81,100\n101,120",
        "author": "Auteur : Dr Sophie Martin\nn = 5 plis",
    }.items():
        text = marked(said.splitlines()) + "x = 1\n"
        yield Case(f"remark_{name}.R", PASS, f"an honest comment: {name}", text.encode())
        yield Case(f"remark_{name}.ipynb", PASS, f"the same in a cell: {name}", notebook(code(text)))
