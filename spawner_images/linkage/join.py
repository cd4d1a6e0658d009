"""The program that joins two tables inside the sealed linkage container.

It reads ``/input/job.json`` and the project's key, writes Parquet tables and ``quality.json`` under ``/output``, and
says nothing else: no value of a record is ever printed, because what is printed leaves the container. Standard library
and DuckDB only; the rules that decide what may be compared and kept are checked before, on the trusted side, and what
was written is checked after.
"""
# ruff: noqa: S608 - every name and text that enters a query goes through quoted() or literal()

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb

JOB = Path("/input/job.json")
KEY = Path("/input/project.key")
OUTPUT = Path("/output")
BLOCK = 64  # bytes, of SHA-256 in HMAC (RFC 2104)
SEPARATOR = "\x1f"  # between the columns of a compound key; a control character that no code of ours contains
LINKS_TABLE = "persons_linked"
SIDES = ("left", "right")


def quoted(name: str) -> str:
    """Quote an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """Quote a text of SQL."""
    return "'" + value.replace("'", "''") + "'"


def blob(value: bytes) -> str:
    """Write bytes as a literal of SQL."""
    return f"from_hex('{value.hex()}')"


def pseudonym_sql(key: bytes, column: str) -> str:
    """HMAC-SHA256 (RFC 2104) of a text column under *key*, 128 bits in hexadecimal, written out in SQL."""
    padded = key.ljust(BLOCK, b"\0")
    inner = blob(bytes(byte ^ 0x36 for byte in padded))
    outer = blob(bytes(byte ^ 0x5C for byte in padded))
    return f"substr(sha256({outer} || from_hex(sha256({inner} || encode({column})))), 1, 32)"


def usable(column: str, never_match: Sequence[str]) -> str:
    """A compared value as text, missing when it can't tell one person from another."""
    text = f"nullif(CAST({quoted(column)} AS VARCHAR), '')"
    for value in never_match:
        text = f"nullif({text}, {literal(value)})"
    return text


class Join:
    """One linkage, step by step, in one DuckDB connection."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, job: Mapping[str, Any], inputs: Mapping[str, Path]
    ) -> None:
        self.sql = connection
        self.job = job
        self.inputs = inputs
        self.criteria = [f"criterion_{number}" for number in range(len(job["compare"]))]

    def one(self, query: str) -> int:
        """Return the single integer that *query* gives."""
        rows = self.sql.execute(query).fetchall()
        return int(rows[0][0] or 0)

    def read(self) -> None:
        """Open each side with its comparable values, the name of its record or person, and what will be kept."""
        for place, side in enumerate(SIDES):
            source = self.job[side]
            compared = [usable(pair[place], self.job["never_match"]) for pair in self.job["compare"]]
            named = [f"{text} AS {name}" for text, name in zip(compared, self.criteria, strict=True)]
            if self.job["kind"] == "exact":
                everything = f" || {literal(SEPARATOR)} || ".join(compared)
                unit, person = f"({everything})", compared[0]
            else:
                unit = person = usable(source["record"], [])
            record = usable(source["record"], []) if source["record"] else "NULL"
            kept = [f"{quoted(name)} AS {quoted('kept_' + name)}" for name in source["keep"]]
            columns = ", ".join((*named, *kept))
            self.sql.execute(
                f"CREATE TABLE {side}_side AS SELECT {unit} AS unit, {person} AS person, {record} AS record, {columns}"
                f" FROM read_parquet({literal(str(self.inputs[side]))})"
            )

    def link(self) -> list[dict[str, int]]:
        """Fill ``links(left_unit, right_unit, person, criteria)`` and say what each level found."""
        self.sql.execute("CREATE TABLE links (left_unit VARCHAR, right_unit VARCHAR, person VARCHAR, criteria INTEGER)")
        every = len(self.criteria)
        if self.job["kind"] == "exact":
            self.sql.execute(
                "INSERT INTO links SELECT DISTINCT l.unit, l.unit, l.person, "
                f"{every} FROM left_side l SEMI JOIN right_side r ON l.unit = r.unit"
            )
            return [{"criteria": every, "found": self.one("SELECT count(*) FROM links")}]
        return list(self.go_down(every))

    def go_down(self, every: int) -> Iterator[dict[str, int]]:
        """Link on all criteria, then on all but one, and so on; two partners at a level: left for later."""
        for agreeing in range(every, self.job["at_least"] - 1, -1):
            candidates = " UNION ".join(self.only_pairs(subset) for subset in combinations(self.criteria, agreeing))
            self.sql.execute(
                f"""INSERT INTO links SELECT l, r, l, {agreeing} FROM (
                        SELECT l, r, count(*) OVER (PARTITION BY l) AS rights, count(*) OVER (PARTITION BY r) AS lefts
                        FROM ({candidates}))
                    WHERE rights = 1 AND lefts = 1"""
            )
            yield {"criteria": agreeing, "found": self.one("SELECT count(*) FROM links")}

    def only_pairs(self, subset: Sequence[str]) -> str:
        """Pairs not linked yet that are alone to agree on *subset*; missing values never agree."""
        keys = ", ".join(subset)
        present = " AND ".join(f"{name} IS NOT NULL" for name in subset)
        alone = (
            f"SELECT {keys}, min(unit) AS unit FROM {{side}}_side WHERE {present}"
            " AND unit NOT IN (SELECT {side}_unit FROM links)"
            f" GROUP BY {keys} HAVING count(*) = 1"
        )
        same = " AND ".join(f"a.{name} = b.{name}" for name in subset)
        return (
            f"SELECT a.unit AS l, b.unit AS r FROM ({alone.format(side='left')}) a"
            f" JOIN ({alone.format(side='right')}) b ON {same}"
        )

    def write(self, key: bytes, output: Path) -> None:
        """Write each side under its pseudonym, in the order of the pseudonyms: the order of the input says nothing."""
        self.sql.execute(
            f"CREATE TABLE named AS SELECT left_unit, right_unit, criteria, {pseudonym_sql(key, 'person')} AS pseudonym"
            " FROM links"
        )
        name = quoted(self.job["pseudonym"])
        for side in SIDES:
            kept = [f"s.{quoted('kept_' + column)} AS {quoted(column)}" for column in self.job[side]["keep"]]
            columns = ", ".join((f"n.pseudonym AS {name}", *kept))
            self.copy(
                f"SELECT {columns} FROM {side}_side s JOIN named n ON s.unit = n.{side}_unit ORDER BY ALL",
                output / f"{self.job[side]['table']}.parquet",
            )
        counted = [f"(SELECT unit, count(*) AS records FROM {side}_side GROUP BY unit)" for side in SIDES]
        self.copy(
            f"SELECT n.pseudonym AS {name}, CAST(sum(l.records) AS BIGINT) AS left_records,"
            " CAST(sum(r.records) AS BIGINT) AS right_records, max(n.criteria) AS criteria"
            f" FROM named n JOIN {counted[0]} l ON l.unit = n.left_unit JOIN {counted[1]} r ON r.unit = n.right_unit"
            " GROUP BY n.pseudonym ORDER BY ALL",
            output / f"{LINKS_TABLE}.parquet",
        )

    def copy(self, query: str, file: Path) -> None:
        """Write the result of *query* as Parquet."""
        self.sql.execute(f"COPY ({query}) TO {literal(str(file))} (FORMAT parquet, COMPRESSION zstd)")

    def quality(self, levels: list[dict[str, int]]) -> dict[str, Any]:
        """Count what was there, what was found and, where the truth is known, how right it is."""
        return {
            "pairs": self.one(
                "SELECT sum(l.records * r.records) FROM links n"
                " JOIN (SELECT unit, count(*) AS records FROM left_side GROUP BY unit) l ON l.unit = n.left_unit"
                " JOIN (SELECT unit, count(*) AS records FROM right_side GROUP BY unit) r ON r.unit = n.right_unit"
            ),
            "persons": self.one("SELECT count(DISTINCT person) FROM links"),
            **{side: self.side(side) for side in SIDES},
            "levels": levels,
            "truth": self.measure() if self.job["truth"] else None,
        }

    def side(self, side: str) -> dict[str, int]:
        """Count one side."""
        linked = f"{side}_side s SEMI JOIN links n ON s.unit = n.{side}_unit"
        return {
            "records": self.one(f"SELECT count(*) FROM {side}_side"),
            "records_with_key": self.one(f"SELECT count(unit) FROM {side}_side"),
            "persons": self.one(f"SELECT count(DISTINCT person) FROM {side}_side"),
            "linked_records": self.one(f"SELECT count(*) FROM {linked}"),
            "linked_persons": self.one(f"SELECT count(DISTINCT s.person) FROM {linked}"),
        }

    def measure(self) -> dict[str, int]:
        """Compare the pairs of records with the true ones."""
        truth = self.job["truth"]
        self.sql.execute(
            f"CREATE TABLE true_pairs AS SELECT DISTINCT CAST({quoted(truth['left'])} AS VARCHAR) AS l,"
            f" CAST({quoted(truth['right'])} AS VARCHAR) AS r FROM read_parquet({literal(str(self.inputs['truth']))})"
        )
        self.sql.execute(
            "CREATE TABLE found AS SELECT DISTINCT a.record AS l, b.record AS r FROM links n"
            " JOIN left_side a ON a.unit = n.left_unit JOIN right_side b ON b.unit = n.right_unit"
        )
        return {
            "pairs": self.one("SELECT count(*) FROM found"),
            "true_pairs": self.one("SELECT count(*) FROM true_pairs"),
            "correct": self.one("SELECT count(*) FROM found SEMI JOIN true_pairs USING (l, r)"),
        }


def run(job: Mapping[str, Any], inputs: Mapping[str, Path], key: bytes, output: Path) -> dict[str, Any]:
    """Join the *inputs* (``left``, ``right`` and perhaps ``truth``: Parquet files) and write the result in *output*."""
    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": False}) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET preserve_insertion_order = true")
        join = Join(connection, job, inputs)
        join.read()
        levels = join.link()
        join.write(key, output)
        report = join.quality(levels)
    (output / "quality.json").write_text(json.dumps(report, sort_keys=True))
    return report


def main() -> int:
    """Run the job that was mounted; on failure name the kind of error only, since messages may quote values."""
    job = json.loads(JOB.read_text())
    inputs = {side: Path("/input") / side / job[side]["path"] for side in (*SIDES, "truth") if job[side]}
    try:
        run(job, inputs, KEY.read_bytes(), OUTPUT)
    except (duckdb.Error, OSError, ValueError) as error:
        sys.stderr.write(f"{type(error).__name__}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
