"""What a notebook may ask: a strict shape, since whoever writes it may be hostile code."""

import json
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from audit.canonical import loads_strict
from audit.errors import Malformed
from hub_extensions.exports.mends import Mend
from project_spaces.errors import Invalid
from project_spaces.text import Text

#: Files that one ask may hold: they are compared with one another.
MOST_FILES = 20
#: Bytes of one ask; its files lie beside it.
LARGEST_ASK = 64 << 10

NOT_AN_ASK = Text(
    "Demande illisible : mettez à jour le paquet `bureau` de votre bureau.",
    "Unreadable ask: bring the `bureau` package of your workspace up to date.",
)
_ONE_FILE = Text("Une correction porte sur un seul fichier.", "A mend is for one file.")


class Verb(StrEnum):
    """What is asked."""

    CHECK = "check"
    MEND = "mend"
    POLICY = "policy"


class Place(StrEnum):
    """Below what the paths of an ask are: the project folder, or the ask's own folder in the private home."""

    PROJECT = "project"
    ASK = "ask"


class Ask(BaseModel):
    """One ask. *files* are paths below *place*; *mend* is what is done to the one file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    verb: Verb
    place: Place = Place.PROJECT
    files: tuple[Annotated[str, Field(min_length=1, max_length=500)], ...] = Field(default=(), max_length=MOST_FILES)
    mend: Mend | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.verb is Verb.MEND) != (self.mend is not None) or (self.verb is Verb.POLICY) == bool(self.files):
            msg = "files and mend go with the verb"
            raise ValueError(msg)
        return self


def read_ask(data: bytes) -> Ask:
    """Read an ask.

    Raises
    ------
    Invalid
        it is no JSON with exactly one reading, or says something that nobody understands.
    """
    try:
        ask = Ask.model_validate_json(json.dumps(loads_strict(data)))
    except (Malformed, ValidationError) as error:
        raise Invalid(NOT_AN_ASK) from error
    if ask.verb is Verb.MEND and len(ask.files) != 1:
        raise Invalid(_ONE_FILE)
    return ask
