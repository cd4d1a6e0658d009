"""Identity traits: names, numbers and addresses of people don't come in, unless the linkage circuit asks for them.

The search is the export desk's (``checks.identifiers``), judged for what comes in: individual rows with a pseudonym
are what a research project works on, so a pseudonym is shown to the steward; a name, a NIR or an address is refused.
Columns that a data set's dictionary declares identifying or linkable are what its linkage asks for (DESIGN section 6).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from hub_extensions.exports.checks.findings import Finding, Severity, block
from hub_extensions.exports.checks.identifiers import check_columns, check_headers, check_text
from hub_extensions.exports.checks.tables.cells import plain
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.imports.schemas import Table

#: Headers, as ``cells.plain`` writes them, of what points at a person without any key.
DIRECT = frozenset(
    """
    nir nir_ano_17 nss num_secu numero_securite_sociale securite_sociale ins ins_c ins_nir matricule_ins
    nom prenom nom_naissance nom_usage nom_patient last_name first_name surname given_name full_name nom_prenom
    patient_name email e_mail mail courriel adresse_mail adresse_email telephone tel mobile portable phone phone_number
    numero_telephone adresse adresse_postale address street adresse1 date_naissance ddn dob birth_date birthdate
    date_of_birth birth_datetime date_de_naissance iban nom_medecin
    """.split()  # noqa: SIM905 - sixty words
)
#: Rules that stay refusals in a table; the others are shown to the steward.
REFUSED = frozenset(
    {"identifier.nir", "identifier.email", "identifier.phone", "identifier.iban", "identifier.birth_date"}
)
#: Cells of one column that are looked at one by one: those that could hold a trait at all, the others are passed over.
MOST_CELLS = 5_000
#: Of the rows, from the whole file, that are looked at as columns.
SAMPLE = 2_000
#: Digits of a cell that could hold a trait.
FEWEST_DIGITS = 8
_COULD_BE = f"regexp_matches({{0}}, '@') OR length(regexp_replace({{0}}, '[^0-9]', '', 'g')) >= {FEWEST_DIGITS}"
#: In programs and documents an address is most often their author's: shown, not refused.
_PROSE_REFUSED = frozenset({"identifier.nir", "identifier.iban"})


def check_traits(table: Table, asked: Collection[str]) -> Iterator[Finding]:
    """Yield identity traits in *table*, columns in *asked* (by a linkage) apart."""
    columns = [name for name in table.columns if name not in asked]
    yield from check_names(columns, table.where)
    yield from _by_column(table, columns)
    for name in columns:
        yield from _by_cell(table, name)


def check_grid(grid: Grid, where: str) -> Iterator[Finding]:
    """Yield identity traits in a table of a workbook or a document, its titles and footnotes included."""
    place = f"{where} · {grid.where}" if grid.where else where
    names = grid.header if grid.has_header else (grid.rows[0] if grid.rows else ())
    yield from check_names(names, place)
    for found in check_columns(Grid(place, grid.header, grid.rows[:SAMPLE])):
        yield replace(found, severity=min_severity(found.severity))
    for number, name in enumerate(grid.header):
        cells = dict.fromkeys(row[number] for row in grid.rows if number < len(row) and _could_be(row[number]))
        yield from _judged([*cells][:MOST_CELLS], f"{place} · {name}")
    yield from check_prose("\n".join((*grid.notes, *grid.header)), place)


def _could_be(cell: str) -> bool:
    return "@" in cell or sum(character.isdigit() for character in cell) >= FEWEST_DIGITS


def check_names(columns: Collection[str], where: str) -> Iterator[Finding]:
    """Yield the names of columns that hold identities: refused when they point at a person without any key."""
    for found in check_headers([*columns], where):
        if found.rule == "identifier.header" and plain(found.where.rpartition(" · ")[2]) in DIRECT:
            yield _refused(found)
        else:
            yield replace(found, severity=min_severity(found.severity))


def check_prose(text: str, where: str) -> Iterator[Finding]:
    """Yield identity traits in a text, a program or a notebook."""
    for found in check_text(text, where):
        keeps = found.rule in _PROSE_REFUSED
        yield _refused(found) if keeps else replace(found, severity=min_severity(found.severity))


def min_severity(severity: Severity) -> Severity:
    """What the export desk blocks is, here, for the steward to judge."""
    return Severity.FLAG if severity is Severity.BLOCK else severity


def _by_column(table: Table, columns: list[str]) -> Iterator[Finding]:
    if not columns:
        return
    chosen = ", ".join(_quoted(name) for name in columns)
    query = f"SELECT {chosen} FROM {table.relation} USING SAMPLE reservoir({SAMPLE} ROWS) REPEATABLE (1)"  # noqa: S608 - names are quoted
    rows = tuple(tuple(value or "" for value in row) for row in table.connection.execute(query).fetchall())
    for found in check_columns(Grid(table.where, tuple(columns), rows)):
        yield replace(found, severity=min_severity(found.severity))


def _by_cell(table: Table, name: str) -> Iterator[Finding]:
    """Look at every cell that could hold a trait, of the whole column."""
    could = _COULD_BE.format(_quoted(name))
    query = f"SELECT DISTINCT {_quoted(name)} FROM {table.relation} WHERE {could} LIMIT {MOST_CELLS}"  # noqa: S608 - names are quoted
    yield from _judged(
        [str(value) for (value,) in table.connection.execute(query).fetchall()], f"{table.where} · {name}"
    )


def _judged(values: Sequence[str], where: str) -> Iterator[Finding]:
    """Yield the traits in cells of one column, each rule once."""
    seen: set[str] = set()
    for value in values:
        for found in check_text(value, where):
            if found.rule not in seen:
                seen.add(found.rule)
                keeps = found.rule in REFUSED and found.severity is Severity.BLOCK
                yield _refused(found) if keeps else replace(found, severity=min_severity(found.severity))


def _refused(found: Finding) -> Finding:
    """The same finding, said for what comes in."""
    return block(
        found.rule,
        found.where,
        "Trait d'identité : rien d'identifiant n'entre, sauf dans un circuit d'appariement. Retirez-le à la source.",
        "Identity trait: nothing identifying comes in, except through a linkage circuit. Remove it at the source.",
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
