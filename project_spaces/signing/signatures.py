"""Signing a control of traces: what the signature commits to, and what keeps it from being given.

The signed document names the log that was verified, by size and root, the list that was gone through in it and every
decision; the entry (``audit.reviewed``) holds its hash, and the document itself under seal.
"""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from audit import canonical
from audit.events import Event, Kind, Scalar
from audit.index import Index
from project_spaces.access import require
from project_spaces.control_periods import ControlTerms
from project_spaces.controls import Control, ControlRow, control_of, marks_of, require_as_signed, summary_of
from project_spaces.decisions import Action
from project_spaces.errors import Conflict, Invalid
from project_spaces.findings import FindingClass
from project_spaces.outbox import LARGEST_CONTENT
from project_spaces.signing.verified_log import Verified, covering
from project_spaces.store import Store
from project_spaces.text import Text


def sign(
    store: Store,
    index: Index,
    scope: str | None,
    period: str,
    *,
    terms: ControlTerms,
    verified: Verified | None,
    actor: str,
    now: datetime,
) -> ControlRow:
    """Sign the control of a period that is over; what is found in it later makes a further edition.

    Parameters
    ----------
    verified
        the log that was last verified whole: the control is signed over what is in it, and names it.

    Raises
    ------
    Conflict
        the period is not over, is signed with nothing new in it, or something changed meanwhile; the log was not
        verified since, or something in the period came after that; something found is not as the log signed it.
    Invalid
        a hit is not marked.
    Refused
        *actor* is not an auditor from outside the project.
    """
    with store.read() as reading:
        require(reading, actor, Action.CONTROL_TRACES, now=now, project_slug=scope)
        control = control_of(reading, index, scope, period, terms=terms, now=now)
    control, ground = _require_signable(control, verified, now)
    document = _document(control, ground, actor)
    edition, digest = len(control.summary.signed) + 1, hashlib.sha256(document).hexdigest()
    subject: dict[str, Scalar] = {
        "period": period,
        "edition": edition,
        "log_size": control.log_size,
        "root": ground.root,
        "digest": digest,
        **control.counts(),
    }
    content = document if len(document) <= LARGEST_CONTENT else None
    event = Event(Kind.AUDIT_REVIEWED, actor, scope, now, subject, content)
    row = ControlRow(
        id=event.id,
        scope=scope or "",
        period=period,
        edition=edition,
        log_size=control.log_size,
        digest=digest,
        document=document.decode(),
        signed_at=now,
        signed_by=actor,
    )
    with store.write(event) as session:
        require(session, actor, Action.CONTROL_TRACES, now=now, project_slug=scope)
        marks = marks_of(session, [each.index for each in control.findings])
        again = Control(
            summary_of(session, scope, control.summary.period, now), control.findings, marks, control.log_size
        )
        if _document(again, ground, actor) != document or len(again.summary.signed) + 1 != edition:
            raise Conflict(Text("Le contrôle a changé entre-temps.", "The control changed meanwhile."))
        session.add(row)
    return row


def _require_signable(control: Control, verified: Verified | None, now: datetime) -> tuple[Control, Verified]:
    """Return the control as far as the verified log reaches, and that log."""
    if now < control.summary.period.until:
        raise Conflict(Text("Cette période n'est pas finie.", "This period is not over."))
    if control.summary.signed and not control.late:
        raise Conflict(Text("Ce contrôle est déjà signé.", "This control is signed already."))
    for each in control.altered:
        require_as_signed(each.row)
    if control.unmarked:
        count = len(control.unmarked)
        raise Invalid(
            Text(
                f"{count} signalement(s) sans avis : chacun doit être expliqué ou déclaré incident.",
                f"{count} hit(s) without a verdict: each must be explained or declared an incident.",
            )
        )
    ground = covering(verified, control.summary.period, now)
    if any(each.index >= ground.size for each in control.open):
        raise Conflict(
            Text(
                "Des constats ont été inscrits après la vérification du journal : vérifiez-le à nouveau.",
                "Something was found after the ledger was verified: verify it again.",
            )
        )
    return replace(control, log_size=ground.size), ground


def _document(control: Control, ground: Verified, actor: str) -> bytes:
    """What the signature commits to: the verified log, the list that was gone through in it, and every decision."""
    hits: list[dict[str, Any]] = []
    seen: dict[str, list[int]] = {what.value: [] for what in FindingClass if what is not FindingClass.HIT}
    for each in control.open:
        if each.what is not FindingClass.HIT:
            seen[each.what.value].append(each.index)
        elif (said := control.marks.get(each.index)) is not None:
            hits.append(
                {
                    "entry": each.index,
                    "leaf": each.row.leaf_hash.hex(),
                    "rules": list(each.row.rules),
                    "verdict": said.verdict.value,
                    "comment": said.comment,
                    "by": said.marked_by,
                }
            )
    summary = control.summary
    return canonical.dumps(
        {
            "v": 2,
            "verified": ground.document(),
            "scope": summary.scope,
            "period": summary.period.name,
            "since": summary.period.since.isoformat(),
            "until": summary.period.until.isoformat(),
            "edition": len(summary.signed) + 1,
            "log_size": control.log_size,
            "signed_by": actor,
            "hits": hits,
            **seen,
        }
    )
