"""The session file of ACRO 1.x, ``results.json``: what an author declares of the outputs beside it, never a verdict.

Read in its own form, strictly: what ACRO writes of itself (names of checks, places of cells, degrees of freedom) is no
table of persons, and anything else in the file is, so that a file of another form is read like any JSON.
Checked against sessions of acro 1.0.2 (``tests/exports/acro``).
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.inspection import Statement

#: How the session's own summaries are called: for output checkers, not for anybody else.
INTERNAL = "DONT_RELEASE"
MOST_OUTPUTS = 200
#: Bins of a picture whose places ACRO names without saying how many there are.
MOST_BINS = 200


class Check(StrEnum):
    """The checks of ACRO's vocabulary, https://w3id.org/statbarnsdc#."""

    DOF = "MinimumDoFCheck"
    THRESHOLD = "MinimumThresholdCheck"
    NK = "NKCheck"
    PERCENT = "PPercentCheck"
    LINKED = "PresenceOfLinkedTableCheck"
    REQUIRED_ZERO = "RequiredZeroCheck"
    ZERO = "PresenceOfZeroCheck"
    DATA = "StatbarnDataCheck"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


_Checks = Annotated[str, Field(pattern="^(?:" + "|".join(Check) + ")$")]
_Statuses = Literal["pass", "fail", "review"]
_Short = Annotated[str, Field(max_length=120)]
_Word = Annotated[str, Field(pattern=r"^[A-Za-z]{1,40}$")]
_Outcome = Annotated[str, Field(pattern="^(?:ok|(?:(?:" + "|".join(Check) + "); ){1,8})$")]
_Place = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)]


class _Sdc(_Strict):
    summary: dict[_Checks, Annotated[int, Field(ge=0)]] = {}
    cells: dict[_Checks, list[_Place]] = {}

    @model_validator(mode="after")
    def _counted(self) -> "_Sdc":
        """Places are in order and as many as the summary says, so that they can say nothing else."""
        for check, places in self.cells.items():
            if sorted(set(map(tuple, places))) != [tuple(place) for place in places]:
                raise ValueError("places out of order")
            if self.summary.get(check, 0) != len(places) and (places or self.summary.get(check, 0) > 1):
                raise ValueError("another number of places")
        if set(self.summary) - set(self.cells):
            raise ValueError("a number without its places")
        return self


class _File(_Strict):
    name: str
    sdc: _Sdc = _Sdc()


class _Properties(_Strict):
    method: _Short = ""
    mitigation: Literal["none", "suppress", "round"] = "none"
    round_base: Annotated[int, Field(ge=0, le=1000)] = 0
    dof: int | float | None = None


class _Fair(_Strict):
    context: Literal["https://w3id.org/statbarnsdc#"] = "https://w3id.org/statbarnsdc#"
    statbarn: _Word = ""
    risks: list[_Word] = []
    checks_needed: list[_Checks] = []
    common_mitigations: list[_Word] = []
    check_status: dict[_Checks, _Statuses] = {}
    dependent: str | list[str] = ""
    independent: str | list[str] = ""


class _Output(_Strict):
    status: _Statuses
    uid: str = ""
    type: Literal["table", "regression", "histogram", "pie chart", "survival plot", "custom"] = "custom"
    properties: _Properties = _Properties()
    files: list[_File]
    outcome: dict[str, dict[str, _Outcome]] = {}
    command: str = ""
    summary: str = ""
    timestamp: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?$")] = "2000-01-01T00:00:00"
    comments: list[str] = []
    exception: str = ""
    fair: _Fair = _Fair()

    @model_validator(mode="after")
    def _inside(self) -> "_Output":
        """Places lie in the table whose outcome is told, or among the bins of a picture."""
        rows = max(map(len, self.outcome.values()), default=MOST_BINS)
        columns = len(self.outcome) or 1
        for file in self.files:
            for places in file.sdc.cells.values():
                if any(row >= rows or column >= columns for row, column in places):
                    raise ValueError("a place outside of the table")
        return self


class _Tool(_Strict):
    type: Literal["SoftwareApplication"] = Field("SoftwareApplication", alias="@type")
    name: Literal["ACRO"] = "ACRO"
    url: Literal["https://github.com/AI-SDC/ACRO"] = "https://github.com/AI-SDC/ACRO"
    version: _Short = ""


class _Session(_Strict):
    version: Annotated[str, Field(pattern=r"^\d{1,2}(?:\.\d{1,3}){1,2}$")]
    tool: _Tool = _Tool()
    results: Annotated[dict[str, _Output], Field(max_length=MOST_OUTPUTS)]


class _Settings(_Strict):
    """``config.json``: the thresholds that the session used."""

    safe_threshold: Annotated[int, Field(ge=0, le=1000)]
    safe_dof_threshold: Annotated[int, Field(ge=0, le=1000)]
    safe_nk_n: Annotated[int, Field(ge=0, le=100)]
    safe_nk_k: Annotated[float, Field(ge=0, le=1)]
    safe_pratio_p: Annotated[float, Field(ge=0, le=1)]
    check_missing_values: bool
    survival_safe_threshold: Annotated[int, Field(ge=0, le=1000)]
    zeros_are_disclosive: bool
    safe_round_base: Annotated[int, Field(ge=0, le=1000)] = 5
    federated: bool = False
    blocked_extensions: list[Annotated[str, Field(pattern=r"^\.\w{1,8}$")]] = []
    suppress: bool = False


def is_session(value: Any) -> bool:
    """Whether *value* looks like a session file of ACRO, of whatever version."""
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("results"), Mapping)
        and any(isinstance(item, Mapping) and "status" in item for item in value["results"].values())
    )


def is_in_form(value: Any) -> bool:
    """Whether a session file holds what ACRO 1.x writes and nothing else."""
    return _fits(_Session, value)


def is_settings(value: Any) -> bool:
    """Whether *value* is the ``config.json`` of a session and nothing else."""
    return _fits(_Settings, value)


def _fits(form: type[BaseModel], value: Any) -> bool:
    try:
        form.model_validate(value)
    except ValidationError:
        return False
    return True


def statements_of(value: Mapping[str, Any]) -> Iterator[Statement]:
    """Yield what a session file of whatever version says of each file."""
    for uid, output in value["results"].items():
        if not isinstance(output, Mapping) or not isinstance(output.get("files"), list):
            continue
        for file in output["files"]:
            name = file.get("name") if isinstance(file, Mapping) else None
            if isinstance(name, str):
                yield Statement(name, str(output.get("status")), tuple(_failed(file)), str(uid).endswith(INTERNAL))


def _failed(file: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    sdc = file.get("sdc")
    summary = sdc.get("summary") if isinstance(sdc, Mapping) else None
    for check, number in summary.items() if isinstance(summary, Mapping) else ():
        if check in set(Check) and isinstance(number, int) and number > 0:
            yield str(check), number


def declared(name: str, value: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is said of any session file: that it is evidence, and a block when it names files elsewhere."""
    yield evidence_declared(name)
    if not all(said.is_plain for said in statements_of(value)):
        yield block(
            "evidence.names",
            name,
            "La pièce nomme un fichier hors de son dossier.",
            "The evidence names a file outside of its folder.",
        )


def evidence_declared(name: str) -> Finding:
    """Say that a file is evidence."""
    return flag(
        "evidence.acro",
        name,
        "Résultats ACRO : pièce déclarée par l'auteur, jamais un verdict.",
        "ACRO results: evidence that the author declares, never a verdict.",
    )


def settings_declared(name: str, value: Mapping[str, Any], least: int) -> Finding:
    """Say with which threshold the session ran, and with which the desk judges."""
    used = value["safe_threshold"]
    return flag(
        "evidence.acro",
        name,
        f"Réglages d'une session ACRO (seuil {used}) : le sas juge avec les siens (seuil {least}).",
        f"Settings of an ACRO session (threshold {used}): the desk judges by its own (threshold {least}).",
    )
