"""``bureau check``: the disclosure checks of the export desk, offline, on files as they lie.

The desk runs the same code; here an analyst, or anybody who doubts a verdict, sees it without a server.
"""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from hub_extensions.exports.checks import FileVerdict, Policy, Verdict, load_policy, run_checks
from hub_extensions.exports.checks.progress import LateBar
from hub_extensions.exports.mends import Mend, run_mend
from project_spaces.errors import Conflict, Invalid
from project_spaces.text import Language, Text

_COLOURS = {Verdict.PASS: "green", Verdict.FLAG: "yellow", Verdict.BLOCK: "red"}


def _print(verdicts: Sequence[FileVerdict], language: Language) -> None:
    for verdict in verdicts:
        name = "".join(c if c.isprintable() else "�" for c in str(verdict.file))
        click.echo(
            f"{click.style(verdict.verdict.value.ljust(5), fg=_COLOURS[verdict.verdict], bold=True)} {name} "
            f"({verdict.type})"
        )
        for finding in verdict.findings:
            click.echo(
                f"      {finding.severity.value}: {finding.where} · {finding.message.in_(language)} [{finding.rule}]"
            )


def _must_exist(paths: Sequence[str], what: str) -> None:
    for path in paths:
        if "\0" in path or not Path(path).exists():
            shown = path.replace("\0", "\\0")
            raise Invalid(Text(f"{what} « {shown} » : introuvable.", f"{what} {shown}: not found."))


def _corpus(folder: str | None, language: Language, *, as_json: bool) -> None:
    from hub_extensions.exports.checks.corpus.confusion import measure, report  # noqa: PLC0415 - pandas and numpy for this option alone

    with LateBar() as bar:
        result = measure(None if folder is None else Path(folder), bar)
    click.echo(json.dumps(result.as_json(language), ensure_ascii=False, indent=2) if as_json else report(result))
    sys.exit(0 if result.good else 1)


def _measure(what: str, rows: int | None, seeds: int, each: int, *, as_json: bool) -> None:
    if what == "differencing":
        _measure_differencing(rows or 20_000, seeds, as_json=as_json)
    from hub_extensions.exports.checks.measuring.rates import measure, report  # noqa: PLC0415 - pandas and numpy for this option alone

    with LateBar() as bar:
        result = measure(rows or 1_000_000, range(1, seeds + 1), each, progress=bar)
    click.echo(json.dumps(result.as_json(), indent=2) if as_json else report(result))
    sys.exit(0 if result.good else 1)


def _measure_differencing(rows: int, seeds: int, *, as_json: bool) -> None:
    from hub_extensions.exports.checks.measuring.subtraction import measure, report  # noqa: PLC0415 - pandas and numpy for this option alone

    with LateBar() as bar:
        result = measure(rows, range(1, seeds + 1), progress=bar)
    click.echo(json.dumps(result.as_json(), indent=2) if as_json else report(result))
    sys.exit(0 if result.good else 1)


def _mend(files: Sequence[str], how: str, policy: Policy, out_dir: str | None, language: Language) -> None:
    """Write a mended copy of each file, beside it or into *out_dir*, and say what was done."""
    for file in files:
        path = Path(file)
        mended = run_mend(path, path.name, Mend(how), policy)
        target = (path.parent if out_dir is None else Path(out_dir)) / f"{path.stem}-corrige{mended.suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            raise Conflict(Text(f"« {target} » existe déjà.", f"{target} exists already."))
        target.write_bytes(mended.data)
        click.echo(f"{target}: {mended.note.in_(language)}")


@click.command(name="check")
@click.argument("files", nargs=-1)
@click.option(
    "--policy", "policy_file", metavar="FILE", help="Rules of the data source: a YAML file or the name of a preset."
)
@click.option(
    "--data",
    multiple=True,
    metavar="PATH",
    help="The project's own tables (CSV, Parquet or a folder); may be repeated.",
)
@click.option(
    "--supporting",
    multiple=True,
    metavar="FILE",
    help="Evidence for the files (a dominance control), judged as what never leaves; may be repeated.",
)
@click.option(
    "--released",
    metavar="DIR",
    help="Folder of tables released earlier, for differencing; the date of a file says when it was asked for.",
)
@click.option("--out", "out_dir", metavar="DIR", help="Where normalised copies are written.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.option(
    "--lang",
    "language",
    type=click.Choice(["fr", "en"]),
    default="fr",
    show_default=True,
    help="Language of the messages.",
)
@click.option(
    "--mend",
    "mend",
    type=click.Choice([each.value for each in Mend]),
    help="Write a mended copy of each file (NAME-corrige.csv, in --out or beside it) instead of judging.",
)
@click.option(
    "--corpus",
    is_flag=True,
    help="Check the corpus (generated, or the one in the folder given) and print the confusion matrix.",
)
@click.option(
    "--measure",
    type=click.Choice(["matching", "differencing"]),
    help="Measure on invented tables: the match against the project's data, or what ten clean tables give away.",
)
@click.option(
    "--rows",
    type=click.IntRange(1000),
    help="With --measure: rows.  [default: 1000000 for matching, 20000 for differencing]",
)
@click.option("--seeds", default=2, show_default=True, type=click.IntRange(1), help="With --measure: tables a shape.")
@click.option("--each", default=10, show_default=True, type=click.IntRange(1), help="With --measure: extracts a kind.")
def command(  # noqa: PLR0917
    files: tuple[str, ...],
    policy_file: str | None,
    data: tuple[str, ...],
    supporting: tuple[str, ...],
    released: str | None,
    out_dir: str | None,
    language: Language,
    *,
    as_json: bool,
    mend: str | None,
    corpus: bool,
    measure: str | None,
    rows: int | None,
    seeds: int,
    each: int,
) -> None:
    """Check files for disclosure: per file pass, flag or block, and why.

    Exit status: 0 all pass, 1 something does not, 2 it could not be asked.
    """
    if corpus:
        _corpus(files[0] if files else None, language, as_json=as_json)
    if measure is not None:
        _measure(measure, rows, seeds, each, as_json=as_json)
    if not files:
        raise click.UsageError("Give at least one file, --corpus or --measure.")
    policy = load_policy(policy_file)
    _must_exist(files, "Fichier")
    if mend is not None:
        _mend(files, mend, policy, out_dir, language)
        return
    _must_exist(data, "--data")
    _must_exist(supporting, "--supporting")
    _must_exist([released] if released else [], "--released")
    with LateBar() as bar:
        verdicts = run_checks(
            [*files, *supporting],
            policy,
            data=data,
            released=released,
            out_dir=out_dir,
            supporting=range(len(files), len(files) + len(supporting)),
            now=datetime.now(UTC),
            progress=bar,
        )
    if as_json:
        click.echo(
            json.dumps({"files": [verdict.as_json(language) for verdict in verdicts]}, ensure_ascii=False, indent=2)
        )
    else:
        _print(verdicts, language)
    sys.exit(0 if all(verdict.verdict is Verdict.PASS for verdict in verdicts) else 1)
