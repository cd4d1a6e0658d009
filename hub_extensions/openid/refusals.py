"""What can go wrong at an identity provider: one sentence each, in both languages, and a name for the record."""

from enum import StrEnum

from project_spaces.account_records import SignInRefused
from project_spaces.errors import BureauError, Unavailable
from project_spaces.text import Text


class Cause(StrEnum):
    """Why a sign-in failed, as the ledger names it."""

    DOWN = "provider down"
    OTHER_ISSUER = "provider of another name"
    NO_EXCHANGE = "code refused"
    STATE = "state"
    INTERRUPTED = "interrupted"
    MALFORMED = "token malformed"
    ALGORITHM = "token algorithm"
    SIGNATURE = "token signature"
    ISSUER = "token issuer"
    AUDIENCE = "token audience"
    TIME = "token time"
    NONCE = "token nonce"
    ACCESS_TOKEN = "token hash"  # noqa: S105 - a name for the record
    TOO_OLD = "authentication too old"
    ORGANISATION = "organisation"
    NOT_LOGOUT = "not a logout token"


_UNVERIFIED = Text(
    "La réponse du fournisseur d'identité n'a pas pu être vérifiée : rien n'a été ouvert. Recommencez ; si cela dure, "
    "prévenez l'administrateur.",
    "The identity provider's answer could not be verified: nothing was opened. Start again; if it lasts, tell the "
    "administrator.",
)

SENTENCES = {
    Cause.DOWN: Text(
        "Le fournisseur d'identité ne répond pas. Réessayez dans un instant.",
        "The identity provider does not answer. Try again in a moment.",
    ),
    Cause.OTHER_ISSUER: Text(
        "Le fournisseur d'identité se présente sous un autre nom que celui attendu : prévenez l'administrateur.",
        "The identity provider gives another name than the expected one: tell the administrator.",
    ),
    Cause.NO_EXCHANGE: Text(
        "Le fournisseur d'identité n'a pas confirmé cette connexion : recommencez.",
        "The identity provider did not confirm this sign-in: start again.",
    ),
    Cause.STATE: Text(
        "Cette connexion a expiré, a déjà servi ou n'a pas été commencée ici : recommencez.",
        "This sign-in has expired, was used already or was not begun here: start again.",
    ),
    Cause.INTERRUPTED: Text(
        "La connexion a été interrompue chez le fournisseur d'identité : recommencez.",
        "The sign-in was interrupted at the identity provider: start again.",
    ),
    Cause.TIME: Text(
        "La réponse du fournisseur d'identité est expirée ou datée du futur : recommencez.",
        "The identity provider's answer has expired or comes from the future: start again.",
    ),
    Cause.TOO_OLD: Text(
        "Votre authentification chez le fournisseur d'identité est trop ancienne : authentifiez-vous de nouveau.",
        "Your authentication at the identity provider is too old: authenticate again.",
    ),
    Cause.ORGANISATION: Text(
        "Votre organisme n'est pas parmi ceux qui ont accès à cette plateforme.",
        "Your organisation is not among those that have access to this platform.",
    ),
}


class Unproved(SignInRefused):
    """An identity was not proved; ``cause`` is for the record, the sentence for the person."""

    def __init__(self, cause: Cause) -> None:
        codes = ("sign_in_too_old",) if cause is Cause.TOO_OLD else ()
        super().__init__(SENTENCES.get(cause, _UNVERIFIED), codes=codes)
        self.cause = cause


class ProviderDown(Unavailable):
    """The provider can't be asked, or is not the one that was expected."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(SENTENCES[cause])
        self.cause = cause


def cause_of(error: BureauError) -> str:
    """Return the name for the record."""
    return str(getattr(error, "cause", "refused"))
