"""``bureau ledger``: verify, prove, export and show, for auditors and for anyone who holds a copy of the log.

``verify``, ``prove`` and ``export`` work on the published files of a copy alone: no service has to run, and nobody has
to be believed. What leaves this installation's own log (an entry with its proof, the sealed messages) and what shows
names is recorded first.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from audit import Kind, Malformed, Places
from audit.anchor_checks import Anchored, check_stamps, check_witnesses
from audit.bundle import verify_exported
from audit.checkpoint import Checkpoint, Verifier
from audit.export import export_log
from audit.index import Row
from audit.live_sealed import LiveSealed
from audit.policy import Policy
from audit.proof import Proof, prove
from audit.sealed_checks import Messages, SealedCheck
from audit.sealed_files import SealedFiles
from audit.tiles import TileReader
from audit.timestamp import Authority
from audit.verify import Report, load_vkey, published_folder, verify_log
from hub_extensions.asking import in_one_sentence
from hub_extensions.oversight import terminal_looks
from hub_extensions.settings import loading as bureau_settings
from project_spaces.errors import Invalid
from project_spaces.text import Language, Text

_readable = in_one_sentence(Text("Journal illisible", "The log can't be read"))
_lang = click.option("--lang", "language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
_dir = click.option("--dir", "folder", type=click.Path(path_type=Path), help="The log, or a copy of it.")
_minimum = click.option(
    "--from",
    "minimum",
    type=click.IntRange(min=0),
    default=0,
    help="Only from this entry on: the copy may lack the rest.",
)
_sealed = partial(click.option, "--sealed", is_flag=True)
_vkey = click.option("--vkey", "vkey_file", type=click.Path(path_type=Path), help="Verifier key that came another way.")


@click.group(name="ledger")
def command() -> None:
    """Verify, prove, copy and read the ledger."""


@command.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@_vkey
@click.option("--old", "old_file", type=click.Path(path_type=Path), help="Checkpoint remembered from an earlier visit.")
@click.option("--policy", type=click.Path(path_type=Path), help="C2SP tlog-policy: which witnesses must have cosigned.")
@click.option("--tsa", type=click.Path(path_type=Path), help="PEM chain of the authority that time-stamped the log.")
@_minimum
@_sealed(help="The copy must hold the sealed messages; they are checked whenever it does.")
@_as_json
@_lang
@_readable
def verify(
    folder: Path | None, language: Language, *, minimum: int, sealed: bool, as_json: bool, **asked: Path | None
) -> None:
    """Check a log from its tiles alone: FOLDER, or this installation's.

    With --vkey the signature is checked against a key that came another way; with --old a fork or a rollback shows;
    with --policy and --tsa what witnesses and a time-stamp authority state must hold too. Sealed messages, in a copy or
    in this installation's own store, must be those that the entries commit to, and each that is missing must stand in
    a recorded list of deletions.
    Exit status: 0 good, 1 something is wrong, 2 it could not be asked.
    """
    place = _folder(folder)
    with _messages(place) as files, _progress(shown=not as_json) as progress:
        if sealed and files is None:
            raise Invalid(Text("Cette copie n'a pas de messages scellés.", "This copy holds no sealed messages."))
        report = verify_log(
            place, _text(asked["vkey_file"]), _text(asked["old_file"]), progress, minimum=minimum,
            visit=None if files is None else partial(SealedCheck, files),
        )  # fmt: skip
    anchored = _check_anchors(published_folder(place), report, asked) if report.good else []
    if as_json:
        stated = [{"who": each.who, "size": each.size, "at": each.at.isoformat()} for each in anchored]
        document = _report_json(report, language) | {"anchored": stated}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        _print_report(report, language)
        for each in anchored if report.good else ():
            click.echo(
                click.style("✓ ", fg="green") + _STATED.in_(language).format(each, f"{each.at:%Y-%m-%d %H:%M:%S}")
            )
    sys.exit(0 if report.good else 1)


@contextmanager
def _messages(place: Path) -> Iterator[Messages | None]:
    """Give the sealed messages that lie with the log: a copy's, or a ledger's own; None when there are none."""
    places, files = Places(place), SealedFiles(published_folder(place))
    if files.there:
        yield files
    elif places.private.exists():
        with closing(LiveSealed(places)) as live:
            yield live
    else:
        yield None


def _check_anchors(folder: Path, report: Report, asked: Mapping[str, Path | None]) -> list[Anchored]:
    """Check what others state, as far as it is asked for."""
    given = _text(asked["vkey_file"])
    verifier = Verifier(load_vkey(folder) if given is None else given)
    found: list[Anchored] = []
    if asked["policy"] is not None:
        found += check_witnesses(folder, Policy.parse(asked["policy"].read_text()), verifier, report)
    if asked["tsa"] is not None:
        found += check_stamps(folder, Authority(asked["tsa"].read_bytes()), verifier, report)
    return found


@command.command(name="prove")
@click.argument("index", type=click.IntRange(min=0))
@_dir
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the entry, its proof and the verifier key.")
@_as_json
@_readable
def prove_entry(index: int, folder: Path | None, out: Path | None, *, as_json: bool) -> None:
    """Prove that entry INDEX is in the log (C2SP tlog-proof), for a verifier who has only the key.

    With --out three files are written: the entry, its .tlog-proof, and the same as .spicy for Debian's `spicy`.
    Of this installation's own log it is recorded first; of a copy no service has to run.
    """
    settings, source = bureau_settings.load(), published_folder(_folder(folder))
    if terminal_looks.is_own(settings, source):
        terminal_looks.record_entry(settings, "proof", index)
    try:
        proof = prove(source, index)
    except ValueError as error:
        raise Invalid(Text(f"Entrée {index} : {error}.", f"Entry {index}: {error}.")) from None
    size = Checkpoint.parse(Proof.parse(proof).checkpoint.rpartition("\n\n")[0] + "\n").size
    entry = TileReader(source, size).entry(index)
    if out is not None:
        _write_bundle(out, index, entry, proof, load_vkey(source))
    if as_json:
        click.echo(json.dumps({"index": index, "size": size, "entry": entry.decode(), "proof": proof}))
    elif out is None:
        click.echo(proof, nl=False)


@command.command(name="verify-export")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_vkey
@_as_json
@_readable
def verify_export(file: Path, vkey_file: Path | None, *, as_json: bool) -> None:
    """Check a search that an auditor exported: FILE is the JSON document, or the zip that holds a CSV and its proofs.

    With a zip every row of the table must be an entry of the proofs, with the hash of its leaf; the table's other
    columns are for reading, what counts is the leaf beside it. Exit status: 0 good,
    1 a proof, a row or the signature is not right.
    """
    try:
        found = verify_exported(file, _text(vkey_file))
    except Malformed as error:
        click.echo(json.dumps({"good": False, "why": str(error)}) if as_json else f"✗ {error}")
        sys.exit(1)
    told = {"good": True, "origin": found.origin, "size": found.size, "entries": found.entries}
    if as_json:
        click.echo(json.dumps(told | {"root": found.root.hex(), "independent_key": found.independent_key}))
        return
    click.echo(f"✓ {found.origin} : {found.entries} / {found.size}, {found.root.hex()[:16]}…")
    if not found.independent_key:
        click.echo(_OWN_KEY.in_("fr"))


@command.command()
@click.argument("target", type=click.Path(path_type=Path))
@_dir
@_vkey
@_minimum
@_sealed(help="The sealed messages too, with the lists of what was deleted: needs a ledger's own folder, not a copy.")
@_as_json
@_lang
@_readable
def export(
    target: Path, language: Language, *, minimum: int, sealed: bool, as_json: bool, **asked: Path | None
) -> None:
    """Copy the public log to TARGET, where anyone can verify it; again to add what is new.

    With --sealed, of this installation's own log, it is recorded first.
    """
    source = _folder(asked["folder"])
    places = Places(source) if sealed else None
    if places is not None and not places.private.exists():
        raise Invalid(Text(f"{source} n'a pas de messages scellés.", f"{source} holds no sealed messages."))
    if sealed and terminal_looks.is_own(settings := bureau_settings.load(), source):
        terminal_looks.record_look(settings, "sealed copy")
    report = export_log(source, target, _text(asked["vkey_file"]), minimum=minimum, sealed=places)
    if as_json:
        click.echo(json.dumps(_report_json(report, language), ensure_ascii=False, indent=2))
    else:
        _print_report(report, language)
    sys.exit(0 if report.good else 1)


@command.command()
@click.option("--kind", multiple=True, type=click.Choice([kind.value for kind in Kind]), help="May be repeated.")
@click.option("--person", help="User name or pseudonym: who acted or was concerned.")
@click.option("--project", help="Project slug.")
@click.option("--dataset", help="Data set.")
@click.option("--since", type=click.DateTime(), help="UTC.")
@click.option("--until", type=click.DateTime(), help="UTC.")
@click.option("--before", type=click.IntRange(min=0), help="Only entries with a smaller index.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@_as_json
@_lang
@_readable
def show(limit: int, language: Language, *, as_json: bool, **asked: Any) -> None:
    """List entries, newest first. The reading is recorded before it shows, for those whom it names to find.

    Each entry is held against the log's signature; of one that was not signed only its place and time are shown.
    Exit status: 0 good, 1 an entry or its name is not as it must be, 2 it could not be asked.
    """
    asked["kind"] = list(asked["kind"]) or None
    for bound in ("since", "until"):
        asked[bound] = asked[bound] and asked[bound].replace(tzinfo=UTC)
    rows = terminal_looks.search(bureau_settings.load(), asked, limit)
    if as_json:
        click.echo(json.dumps({"entries": [_row_json(row) for row in rows]}, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            click.echo(_line(row, language))
    if any(row.problem for row in rows):
        sys.exit(1)


def _folder(given: Path | None) -> Path:
    return given if given is not None else bureau_settings.load().ledger_dir


def _text(path: Path | None) -> str | None:
    return None if path is None else path.read_text()


@contextmanager
def _progress(*, shown: bool) -> Iterator[Callable[[int, int], None]]:
    with Progress(console=Console(stderr=True), transient=True, disable=not shown or not sys.stderr.isatty()) as bar:
        task = bar.add_task("entries", total=None)
        yield lambda done, size: bar.update(task, completed=done, total=size)


def _print_report(report: Report, language: Language) -> None:
    french = language == "fr"
    for problem in report.problems:
        click.echo(click.style("✗ ", fg="red") + f"{problem.where} : {problem.fr if french else problem.en}")
    if report.problem_count > len(report.problems):
        click.echo(f"… {report.problem_count - len(report.problems)}")
    lines = _good_lines(report) if report.good else [_BAD]
    for line in lines:
        click.echo(
            click.style("✓ " if report.good else "✗ ", fg="green" if report.good else "red") + line.in_(language)
        )
    if not report.independent_key:
        click.echo(_OWN_KEY.in_(language))


_STATED = Text("{0.who} : {0.size} entrées, le {1} UTC.", "{0.who}: {0.size} entries, on {1} UTC.")
_BAD = Text("Ce journal n'est pas bon.", "This log is not good.")
_OWN_KEY = Text(
    "Attention : la clé est celle qui accompagne le journal. Donnez --vkey avec une clé reçue par une autre voie.",
    "Mind: the key is the one that lies beside the log. Give --vkey with a key that came another way.",
)


def _good_lines(report: Report) -> list[Text]:
    root, counted = report.root.hex(), report.checked_entries
    lines = [
        Text(
            f"{report.origin} : {counted} entrées vérifiées sur {report.size}, racine {root[:16]}…, signature bonne.",
            f"{report.origin}: {counted} of {report.size} entries verified, root {root[:16]}…, signature good.",
        )
    ]
    if report.minimum:
        lines.append(
            Text(
                f"Cette copie commence à l'entrée {report.minimum} : ce qui précède n'a pas été vérifié.",
                f"This copy begins at entry {report.minimum}: what comes before was not checked.",
            )
        )
    if report.messages is not None:
        lines.append(
            Text(
                f"{report.messages} messages scellés conformes ; {report.deleted_messages} supprimés, chacun par une "
                "liste que le journal a inscrite.",
                f"{report.messages} sealed messages are those committed to; {report.deleted_messages} were deleted, "
                "each by a list that the log recorded.",
            )
        )
    if report.continues is not None:
        lines.append(
            Text(
                f"Continue le point de contrôle à {report.continues} entrées : ni bifurcation ni retour en arrière.",
                f"Continues the checkpoint at {report.continues} entries: no fork, no rollback.",
            )
        )
    return lines


def _report_json(report: Report, language: Language) -> dict[str, Any]:
    return {
        "good": report.good,
        "origin": report.origin,
        "size": report.size,
        "root": report.root.hex(),
        "independent_key": report.independent_key,
        "continues": report.continues,
        "from": report.minimum,
        "checked_entries": report.checked_entries,
        "messages": report.messages,
        "deleted_messages": report.deleted_messages,
        "problem_count": report.problem_count,
        "problems": [
            {"where": problem.where, "what": problem.fr if language == "fr" else problem.en}
            for problem in report.problems
        ],
    }


def _write_bundle(out: Path, index: int, entry: bytes, proof: str, vkey: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    name = f"entry-{index}.json"
    (out / name).write_bytes(entry)
    (out / f"{name}.tlog-proof").write_text(proof)
    (out / f"{name}.spicy").write_text(proof.partition("\n")[2])
    (out / "log.vkey").write_text(vkey)


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "index": row.index,
        "at": row.at.isoformat(),
        "kind": row.kind,
        "actor": row.actor,
        "actor_name": row.actor_name,
        "project": row.project,
        "subject": dict(row.subject),
        "persons": {part: row.names.get(pseudonym, pseudonym) for part, pseudonym in row.persons.items()},
        "private": dict(row.private),
        "size": row.size,
        "leaf_hash": row.leaf_hash.hex(),
        "signed": row.signed,
        "problem": row.problem and {"where": row.problem.where, "fr": row.problem.fr, "en": row.problem.en},
    }


def _line(row: Row, language: Language) -> str:
    subject = " ".join(f"{key}={value}" for key, value in row.subject.items())
    who = row.actor_name or row.actor
    line = f"{row.index:>8}  {row.at:%Y-%m-%d %H:%M:%S}  {row.kind:<20}  {who:<16}  {row.project or '-':<16}  {subject}"
    if row.problem is not None:
        line += f"  ✗ {row.problem.where} : {row.problem.fr if language == 'fr' else row.problem.en}"
    return "".join(char if char.isprintable() else "�" for char in line)  # no escape sequences from clients
