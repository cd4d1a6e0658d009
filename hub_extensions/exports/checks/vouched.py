"""What a session of ACRO says of the files of a request, held against what the checks found in them.

A session may accuse: what it judged disclosive itself is flagged, what it calls safe and the checks block shows that
its word is worth nothing, and what changed since it ended is no longer what it speaks of. It never acquits.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hub_extensions.exports.checks.evidence import contradicted
from hub_extensions.exports.checks.findings import Finding, Verdict, block, flag, info, verdict_of
from hub_extensions.exports.checks.inspection import CHECKSUMS, Statement
from hub_extensions.exports.checks.names import shown
from hub_extensions.exports.checks.onefile import Checked, check_file
from hub_extensions.exports.checks.policy import Policy

_SHA256 = re.compile(r"[0-9a-f]{64}")
#: Tables beside a session's file that are read because it praises them (offline, where they are no part of the ask).
MOST_BESIDE = 20
LARGEST_BESIDE = 1 << 20

Charge = tuple[int, Finding]


def judge_statements(files: Mapping[int, Checked], names: Mapping[int, str], policy: Policy) -> Iterator[Charge]:
    """Yield (place in the request, finding) for what the sessions in a request say of its files."""
    by_name = {Path(name).name: index for index, name in names.items()}
    for place, session in files.items():
        said = session.inspected.statements if session.inspected is not None else ()
        if said:
            yield from _one_session(place, said, files, by_name, policy)


def _one_session(
    place: int, said: Sequence[Statement], files: Mapping[int, Checked], by_name: Mapping[str, int], policy: Policy
) -> Iterator[Charge]:
    praised_elsewhere, missing = False, []
    for statement in said:
        index = by_name.get(statement.file) if statement.is_plain else None
        praised = statement.status == "pass"
        if index is not None:
            yield from _of_a_file(place, statement, index, files[index])
        elif praised and _is_blocked_beside(files[place].path, statement, policy):
            yield place, contradicted(statement.file)
        elif not statement.internal:
            missing.append(statement.file)
            praised_elsewhere = praised_elsewhere or praised
    if missing:
        yield place, _missing(missing)
    named = {statement.file for statement in said}
    silent = [name for name, index in by_name.items() if name not in named and not _is_evidence(files[index])]
    for name in silent:
        if praised_elsewhere and verdict_of(files[by_name[name]].findings) is Verdict.BLOCK:
            yield place, contradicted(name)
    if silent:
        yield place, _silent(silent)


def _of_a_file(place: int, statement: Statement, index: int, checked: Checked) -> Iterator[Charge]:
    if statement.internal:
        yield index, _internal(statement.file)
        return
    if statement.status == "pass" and verdict_of(checked.findings) is Verdict.BLOCK:
        yield place, contradicted(statement.file)
    if statement.status == "fail":
        yield index, _failed(statement)
    if _is_changed(checked.path, statement):
        yield place, _changed(statement.file)


def _is_evidence(checked: Checked) -> bool:
    return any(said.rule == "evidence.acro" for said in checked.findings)


def _is_changed(path: Path, statement: Statement) -> bool:
    """Whether the checksum that lies with a file, as ACRO lays it, is another file's."""
    noted = path.parent / CHECKSUMS / f"{statement.file}.txt"
    if noted.is_symlink() or not noted.is_file() or noted.stat().st_size > 100:
        return False
    found = noted.read_bytes().decode("ascii", "replace").strip()
    return not _SHA256.fullmatch(found) or found != hashlib.sha256(path.read_bytes()).hexdigest()


def _is_blocked_beside(session: Path, statement: Statement, policy: Policy) -> bool:
    """Whether a table that a session praises lies beside it, outside of the request, and would be blocked."""
    path = session.parent / statement.file if statement.is_plain else session
    if path == session or path.suffix.lower() != ".csv" or path.is_symlink() or not path.is_file():
        return False
    if path.stat().st_size > LARGEST_BESIDE:
        return False
    return verdict_of(check_file(path, statement.file, policy).findings) is Verdict.BLOCK


def _failed(statement: Statement) -> Finding:
    checks = ", ".join(f"{check} ({cells})" for check, cells in statement.failed) or "—"
    return flag(
        "evidence.fail",
        statement.file,
        f"La session ACRO de l'auteur juge elle-même ce fichier divulgant : {checks}.",
        f"The author's ACRO session itself judges this file disclosive: {checks}.",
    )


def _changed(name: str) -> Finding:
    return block(
        "evidence.changed",
        name,
        f"« {name} » n'est plus le fichier que la session a contrôlé : refaites la session, ou retirez-la.",
        f"{name} is no longer the file that the session checked: run the session again, or take it out.",
    )


def _internal(name: str) -> Finding:
    return block(
        "evidence.internal",
        name,
        "Ce résumé de session est fait pour qui contrôle, pas pour sortir (« DONT_RELEASE ») : retirez-le.",
        "This summary of a session is for output checkers, not for release (DONT_RELEASE): take it out.",
    )


def _missing(names: Sequence[str]) -> Finding:
    listed = ", ".join(shown(name) for name in names[:5])
    return flag(
        "evidence.missing",
        listed,
        "La session parle de fichiers qui ne sont pas dans la demande.",
        "The session speaks of files that are not in the request.",
    )


def _silent(names: Sequence[str]) -> Finding:
    listed = ", ".join(shown(name) for name in names[:5])
    return info(
        "evidence.silent",
        listed,
        "La session ne dit rien de ces fichiers de la demande.",
        "The session says nothing of these files of the request.",
    )
