"""What can go wrong with the ledger, told apart so that callers can fail closed and say why.

These are not ``BureauError``: this room knows nothing of the rooms above it. ``fr`` and ``en`` hold the sentence that
a caller shows to the person whose act was refused.
"""


class LedgerError(Exception):
    """The ledger did not record: nothing that depends on the record may happen."""

    fr = "Le journal n'a pas pu enregistrer cette action : elle n'a pas été effectuée."
    en = "The ledger could not record this act: it was not carried out."

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{self.en} ({detail})" if detail else self.en)
        self.detail = detail


class LedgerUnavailable(LedgerError):
    """The recorder does not answer. It may or may not have written what was sent; sending again is safe (same id)."""

    fr = "Le journal ne répond pas : l'action n'a pas été effectuée. Réessayez dans un instant."
    en = "The ledger does not answer: the act was not carried out. Try again in a moment."


class LedgerFull(LedgerError):
    """The recorder's disk has no room left; nothing was recorded."""

    fr = "Le disque du journal est plein : l'action n'a pas été effectuée. Prévenez l'administrateur."
    en = "The ledger's disk is full: the act was not carried out. Tell the administrator."


class LedgerDamaged(LedgerError):
    """What is on disk contradicts itself or what was published; a person has to look before anything is written."""

    fr = "Le journal est endommagé : rien ne peut être enregistré. Prévenez l'administrateur."
    en = "The ledger is damaged: nothing can be recorded. Tell the administrator."


class KeysUnusable(LedgerError):
    """The folder of the ledger's keys is gone, can't be written or contradicts itself: nothing may be recorded."""

    fr = "Les clés du journal manquent ou ne se lisent pas : l'action n'a pas été effectuée. Prévenez l'administrateur."
    en = "The ledger's keys are missing or can't be read: the act was not carried out. Tell the administrator."


class Malformed(ValueError):
    """Bytes that are not what the format says: not strict JSON, not a checkpoint, not a proof."""
