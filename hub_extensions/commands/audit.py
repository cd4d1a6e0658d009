"""``bureau audit``: who can open sealed messages, and the opening of them.

``keygen`` and ``share`` run on the auditor's own machine; ``ceremony`` names the auditors, after which the server holds
no key that opens anything; ``unseal`` needs a quorum of their shares, a reason, and the ledger, which records it first.
"""

import getpass
import json
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from audit import Event, Kind, Malformed
from audit import shares as shared
from audit.auditors import Auditor, is_locked, make_key, owner_of, plan, read_private, read_public
from audit.recovery import CopiedLog, copied_keys
from audit.shares import OpenedShare
from audit.unsealing import Opened, unseal
from hub_extensions.asking import in_one_sentence
from hub_extensions.installation.opening import ledger_keys
from hub_extensions.oversight.key_standing import recorded_ceremony
from hub_extensions.oversight.signed_log import open_signed, own_ledger
from hub_extensions.oversight.terminal_looks import record_look
from hub_extensions.settings import Settings
from hub_extensions.settings import loading as bureau_settings
from project_spaces.text import Text

_polite = partial(in_one_sentence, Text("Refusé", "Refused"))
_path = click.Path(path_type=Path)
_copied = click.option(
    "--from", "copied", metavar="COPY", type=_path, help="The copy at the second place, when the server is lost."
)
_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")


@click.group(name="audit")
def command() -> None:
    """Auditors' keys, the ceremony that names them, and the unsealing of messages by a quorum."""


def _actor() -> str:
    return f"system:audit.{getpass.getuser()}"


@command.command()
@click.option("--out", required=True, type=_path, help="The private file, NAME.key; NAME.pub is written beside it.")
@click.option(
    "--no-passphrase", is_flag=True, help="Leave the private file unlocked (for a token or an encrypted disk)."
)
def keygen(out: Path, *, no_passphrase: bool) -> None:
    """Make an auditor's key pair; the name is that of the file."""
    with _polite():
        secret = None if no_passphrase else click.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
        public, private = make_key(out.stem, secret)
        _write_private(out, private)
        out.with_suffix(".pub").write_bytes(public)
    auditor = read_public(public, out.stem)
    click.echo(f"{out.with_suffix('.pub')}   {auditor.key_id}")


@command.command()
@click.option("--auditor", "named", multiple=True, metavar="NAME=FILE.pub", help="May be repeated.")
@click.option(
    "--threshold", default=2, show_default=True, type=click.IntRange(2, 32), help="Shares that open together."
)
@click.option("--finish", is_flag=True, help="Name nobody: bring a ceremony that was interrupted to its end.")
@_as_json
def ceremony(named: Sequence[str], threshold: int, *, finish: bool, as_json: bool) -> None:
    """Name the auditors: keys that lie on this server are shared between them and destroyed, future ones too."""
    settings = bureau_settings.load()
    if finish:
        _finish(settings, as_json=as_json)
        return
    with _polite(), own_ledger(settings) as (ledger, keys):
        earlier = keys.ceremony()
        number = 1 if earlier is None else earlier.number + 1
        held = plan(number, datetime.now(UTC), threshold, [_auditor(each) for each in named])
        facts = {"number": number, "threshold": threshold, "auditors": len(held.auditors), "digest": held.digest}
        names = {"auditors": ", ".join(f"{each.name} {each.key_id}" for each in held.auditors)}
        ledger.append(Event(Kind.AUDIT_CEREMONY, _actor(), None, held.at, facts, private=names))
        ledger.settle()  # whoever asks for the status next finds it recorded
        done = keys.epochs.hold(held)
        left = keys.private_parts()
    click.echo(json.dumps({**facts, "shared": done, "left": left}) if as_json else _ceremony_lines(number, done, left))


def _finish(settings: Settings, *, as_json: bool) -> None:
    with _polite():
        keys = ledger_keys(settings)
        held = keys.ceremony()
        if held is None:
            raise Malformed("no ceremony was held yet")
        done, left = keys.epochs.finish(), keys.private_parts()
    facts = {"number": held.number, "shared": done, "left": left}
    click.echo(json.dumps(facts) if as_json else _ceremony_lines(held.number, done, left))


def _ceremony_lines(number: int, done: int, left: int) -> str:
    return (
        f"ceremony {number}: {done} keys were shared and destroyed, {left} private parts are left on this server\n"
        "Backups, snapshots and the spare blocks of an SSD may still hold the old ones: delete or destroy them."
    )


@command.command()
@_as_json
def status(*, as_json: bool) -> None:
    """Say who can open messages; 1 while a key that opens any lies here, or other auditors hold than were recorded."""
    settings = bureau_settings.load()
    with _polite():
        keys = ledger_keys(settings)
        held, left = keys.ceremony(), keys.private_parts()
        recorded = recorded_ceremony(settings)
    as_recorded = recorded == (None if held is None else held.digest)
    facts: dict[str, Any] = {"ceremony": None if held is None else held.number, "private_parts": left}
    facts |= {"recorded_digest": recorded, "as_recorded": as_recorded}
    if held is not None:
        auditors = [{"name": each.name, "key": each.key_id} for each in held.auditors]
        facts |= {"threshold": held.threshold, "auditors": auditors, "at": held.at.isoformat()}
    click.echo(json.dumps(facts) if as_json else "\n".join(f"{name}: {value}" for name, value in facts.items()))
    sys.exit(0 if held is not None and left == 0 and as_recorded else 1)


@command.command(name="sealed-shares")
@click.argument("auditor")
@click.option("--project", help="Of this project only; the platform's own entries: _platform.")
@click.option("--epoch", help="Of this month only, YYYY-MM.")
@_copied
@click.option("--out", required=True, type=_path, help="Folder to hand over; nothing in it is secret.")
def sealed_shares(auditor: str, project: str | None, epoch: str | None, copied: Path | None, out: Path) -> None:
    """Copy AUDITOR's sealed shares, to be opened on the auditor's own machine; recorded, unless they are a copy's."""
    settings = bureau_settings.load()
    with _polite():
        epochs = ledger_keys(settings).epochs if copied is None else copied_keys(copied)
        found = [share for key in epochs.all() for share in epochs.shares(key) if share.slot.auditor == auditor]
        found = [each for each in found if (project or each.slot.project) == each.slot.project]
        found = [each for each in found if (epoch or each.slot.epoch) == each.slot.epoch]
        if not found:
            raise Malformed(f"no sealed share of {auditor} for that")
        if copied is None:
            asked = {"about_project": project, "epoch": epoch, "shares": len(found)}
            record_look(settings, "sealed shares", private={"auditor": auditor}, **asked)
        out.mkdir(parents=True, exist_ok=True)
        for each in found:
            (out / f"{each.slot.project}-{each.slot.epoch}-{each.slot.key}-{auditor}.sealed").write_bytes(each.dump())
    click.echo(f"{len(found)} sealed shares in {out}")


@command.command()
@click.argument("sealed", nargs=-1, required=True, type=_path)
@click.option("--key", required=True, type=_path, help="The auditor's private file.")
@click.option("--out", required=True, type=_path, help="File to bring to the unsealing; secret until then.")
def share(sealed: Sequence[Path], key: Path, out: Path) -> None:
    """Open the own SEALED shares with the own key (offline)."""
    with _polite():
        data = key.read_bytes()
        secret = click.prompt("Passphrase", hide_input=True) if is_locked(data) else None
        private = read_private(data, secret)
        opened = [shared.open_share(shared.read_sealed(each.read_bytes()), private) for each in sealed]
        _write_private(out, shared.dump_opened(opened))
    click.echo(f"{len(opened)} shares of {owner_of(data)} in {out}")


@command.command(name="unseal")
@click.option("--entries", required=True, metavar="12,15-20", help="Indexes in the log.")
@click.option("--reason", required=True, help="Why; kept with the record.")
@click.option("--share", "brought", multiple=True, type=_path, help="A file that `bureau audit share` made; repeat.")
@_copied
@click.option("--vkey", type=_path, help="With --from: the verifier key of the copied log, which came another way.")
@click.option("--out", type=_path, help="Folder for the messages, instead of printing them.")
@_as_json
def unseal_(brought: Sequence[Path], out: Path | None, *, as_json: bool, **asked: Any) -> None:
    """Open messages with a quorum of shares; recorded before anything is opened.

    With --from the messages are those of a copy, verified whole first, and the ledger of this installation records it:
    where the server is lost, that of a new one. Without a ledger that records, nothing is opened.
    """
    settings = bureau_settings.load()
    with _polite(), own_ledger(settings) as (ledger, keys):
        opening = partial(
            unseal,
            record=ledger.append,
            entries=_places(asked["entries"]),
            brought=[each for file in brought for each in _read_shares(file)],
            reason=asked["reason"],
            actor=_actor(),
            now=datetime.now(UTC),
        )
        if asked["copied"] is not None:
            copy = CopiedLog(asked["copied"], _vkey(asked["vkey"]))
            opened = opening(copy, copy, told=copy.name)
        else:
            with closing(open_signed(settings, ledger, keys)) as index:
                opened = opening(index, keys)
    _give(opened, out, as_json=as_json)


def _vkey(file: Path | None) -> str:
    if file is None:
        raise Malformed("--from needs --vkey: a forged copy brings its own key")
    return file.read_text()


def _give(opened: Sequence[Opened], out: Path | None, *, as_json: bool) -> None:
    if out is not None:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        for each in opened:
            _write_private(out / f"entry-{each.index}.message", each.message)
    if as_json:
        click.echo(json.dumps({"entries": [_json(each, shown=out is None) for each in opened]}, ensure_ascii=False))
        return
    for each in opened:
        click.echo(f"— {each.index}  {each.at.isoformat()}  {each.kind}  {each.project or ''}")
        if out is None:
            click.echo(each.message.decode("utf-8", "backslashreplace"))


def _json(opened: Opened, *, shown: bool) -> dict[str, Any]:
    facts = {"index": opened.index, "at": opened.at.isoformat(), "kind": opened.kind, "project": opened.project}
    return facts | ({"message": opened.message.decode("utf-8", "backslashreplace")} if shown else {})


def _places(text: str) -> list[int]:
    """Read ``12,15-20``; raises ``Malformed``."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise Malformed(f"entries are numbers and ranges such as 12,15-20, not “{part[:40]}”")
        low, high = int(first), int(last or first)
        if high - low > 10_000:
            raise Malformed("at most 10,000 entries at a time")
        found += range(low, high + 1)
    return found


def _read_shares(file: Path) -> list[OpenedShare]:
    return shared.read_opened(file.read_bytes())


def _auditor(named: str) -> Auditor:
    name, equals, file = named.partition("=")
    if not equals:
        raise Malformed(f"“{named[:60]}” is not NAME=FILE.pub")
    return read_public(Path(file).read_bytes(), name)


def _write_private(place: Path, data: bytes) -> None:
    """Write a file that its owner alone reads; one that exists is not overwritten."""
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
