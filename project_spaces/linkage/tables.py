"""Joining data sets out of sight: what a linkage may compare, what it may let out, and whose pseudonyms it writes.

Everything here is a rule, without files or containers. Two circuits of the French practice are covered: the *direct*
linkage on an identifier (``exact``), and the *indirect* one of the CNAM's protocol (``indirect``): pairs that are the
only ones to agree on all criteria, then on all but one, and so on. Identifiers never leave, whether the owner declared
them or their name says so; a person gets a pseudonym that is keyed by the project, so that two projects can't put their
files together.

Sources: S-186 and S-96 (linkage with identifying variables in a distinct, partitioned space, delivered afterwards);
référentiel SNDS 6.1 to 6.5 (irreversible pseudonyms, different in every system, secret held apart).
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from project_spaces.errors import Invalid, Refused
from project_spaces.linkage.specification import LinkageSpec, Source, Truth
from project_spaces.manifests import Manifest, TableFile
from project_spaces.text import Text

#: Bytes of HMAC-SHA256 that a pseudonym keeps: 128 bits, so that 2^32 persons collide with probability 2^-65.
PSEUDONYM_BYTES = 16
KEY_BYTES = 32

#: Never let out under any name of a column, whatever the owner forgot to declare: identifiers of the SNDS, traits of
#: identity, and numbers of health professionals.
ALWAYS_IDENTIFYING = frozenset(
    {
        *("ben_nir_psa", "ben_nir_ano", "ben_idt_ano", "ass_nir_ano", "nir_ano_17", "nir_ano_mam", "num_enq"),
        *("nir", "nir_ano", "ins", "ipp", "ssn", "soc_sec_id", "passport", "drivers"),
        *("nom", "prenom", "nom_naissance", "given_name", "surname", "first", "last", "first_name", "last_name"),
        *("adresse", "address", "address_1", "address_2", "email", "e_mail", "courriel", "mail", "telephone", "phone"),
        *("psp_pps_num", "pfs_exe_num", "pfs_pre_num", "prs_mtt_num", "rpps", "adeli"),
    }
)


@dataclass(frozen=True)
class SourcePlan:
    """One side, proved against its manifest."""

    dataset: str
    version: str
    manifest_sha256: str
    table: str
    path: str
    record: str | None
    keep: tuple[str, ...]


@dataclass(frozen=True)
class TruthPlan:
    """The table of known pairs, proved against its manifest."""

    dataset: str
    path: str
    left: str
    right: str


@dataclass(frozen=True)
class LinkagePlan:
    """What the sealed container is told to do; nothing in it is secret."""

    project: str
    kind: str
    compare: tuple[tuple[str, str], ...]
    at_least: int
    never_match: tuple[str, ...]
    pseudonym: str
    left: SourcePlan
    right: SourcePlan
    truth: TruthPlan | None

    def expected_columns(self) -> dict[str, tuple[str, ...]]:
        """Columns that each delivered table must have, exactly."""
        return {side.table: (self.pseudonym, *side.keep) for side in (self.left, self.right)} | {
            LINKS_TABLE: (self.pseudonym, "left_records", "right_records", "criteria")
        }

    def as_job(self) -> dict[str, Any]:
        """The plan as plain data, for the program inside the container."""
        return asdict(self)


#: The table that says which persons were found, with how many records on each side and on how many criteria.
LINKS_TABLE = "persons_linked"


def plan_linkage(spec: LinkageSpec, manifests: Mapping[str, Manifest]) -> LinkagePlan:
    """Check *spec* against the *manifests* of its inputs (by slug) and say exactly what will be done.

    Raises
    ------
    Invalid
        an unknown table or column.
    Refused
        an input that its owner did not open to linkage, or an output that would keep an identifying column; every
        reason is listed.
    """
    left = _plan_side(spec.left, spec.rule.compared(0), manifests)
    right = _plan_side(spec.right, spec.rule.compared(1), manifests)
    reasons = [
        reason
        for place, source in enumerate((spec.left, spec.right))
        for reason in (
            *_not_linkable(source, spec.rule.compared(place), manifests),
            *_kept_but_identifying(source, spec.rule.keys(place), manifests, spec.output.pseudonym),
        )
    ]
    if reasons:
        raise Refused(
            Text(
                "Appariement refusé : " + " ".join(reason.fr for reason in reasons),
                "Linkage refused: " + " ".join(reason.en for reason in reasons),
            ),
            reasons,
        )
    return LinkagePlan(
        project=spec.project,
        kind=spec.rule.kind,
        compare=tuple(spec.rule.compare),
        at_least=spec.rule.at_least or len(spec.rule.compare),
        never_match=tuple(spec.rule.never_match),
        pseudonym=spec.output.pseudonym,
        left=left,
        right=right,
        truth=_plan_truth(spec.truth, manifests),
    )


def _plan_side(source: Source, compared: Iterable[str], manifests: Mapping[str, Manifest]) -> SourcePlan:
    manifest = manifests[source.dataset]
    table = manifest.table(source.table)
    _known_columns(table, [*compared, *source.keep, *([source.record] if source.record else [])])
    return SourcePlan(
        dataset=source.dataset,
        version=manifest.version,
        manifest_sha256=manifest.sha256,
        table=table.name,
        path=table.path,
        record=source.record,
        keep=tuple(dict.fromkeys(source.keep)),
    )


def _plan_truth(truth: Truth | None, manifests: Mapping[str, Manifest]) -> TruthPlan | None:
    if truth is None:
        return None
    table = manifests[truth.dataset].table(truth.table)
    _known_columns(table, [truth.left, truth.right])
    return TruthPlan(truth.dataset, table.path, truth.left, truth.right)


def _known_columns(table: TableFile, columns: Iterable[str]) -> None:
    unknown = sorted(set(columns) - set(table.column_names))
    if unknown:
        names = ", ".join(unknown)
        raise Invalid(
            Text(f"La table {table.name} n'a pas de colonne {names}.", f"Table {table.name} has no column {names}.")
        )


def _not_linkable(source: Source, compared: Iterable[str], manifests: Mapping[str, Manifest]) -> list[Text]:
    manifest = manifests[source.dataset]
    if manifest.classification == "pseudonymised":
        return [
            Text(
                f"{source.dataset} est pseudonymisé pour un projet : il ne s'apparie plus.",
                f"{source.dataset} is pseudonymised for a project: it can't be linked any more.",
            )
        ]
    closed = sorted(set(compared) - manifest.table(source.table).linkable)
    return [
        Text(
            f"{source.dataset}.{column} n'est pas une clé d'appariement déclarée par {manifest.owner}.",
            f"{source.dataset}.{column} is not a linkage key declared by {manifest.owner}.",
        )
        for column in closed
    ]


def _kept_but_identifying(
    source: Source, keys: Iterable[str], manifests: Mapping[str, Manifest], pseudonym: str
) -> list[Text]:
    table = manifests[source.dataset].table(source.table)
    forbidden = table.identifying | set(keys) | ({source.record} if source.record else set()) | {pseudonym}
    kept = [column for column in source.keep if column in forbidden or looks_identifying(column)]
    return [
        Text(
            f"{source.dataset}.{column} est identifiante et ne peut pas sortir.",
            f"{source.dataset}.{column} is identifying and can't be let out.",
        )
        for column in kept
    ]


def looks_identifying(column: str) -> bool:
    """Say whether *column* bears the name of an identifier, in any case and with any separator."""
    return re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_") in ALWAYS_IDENTIFYING


def pseudonym(key: bytes, identifier: str) -> str:
    """Derive the pseudonym of *identifier* under a project's *key* (32 bytes): HMAC-SHA256, 128 bits, in hexadecimal.

    The program in the container computes the same in SQL; a test holds the two together.
    """
    if len(key) != KEY_BYTES:
        raise Invalid(Text("La clé du projet n'a pas 32 octets.", "The project's key is not 32 bytes long."))
    return hmac.new(key, identifier.encode(), hashlib.sha256).digest()[:PSEUDONYM_BYTES].hex()
