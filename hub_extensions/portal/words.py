"""Shapes that pages and API share: moments as ISO text, sentences as ``{"fr", "en"}``, labels of choices."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from project_spaces.conditions import Reason
from project_spaces.facts import Classification, MemberRole, ProjectStatus
from project_spaces.text import Text

MEMBER_LABELS: Mapping[MemberRole, Text] = {
    MemberRole.ANALYST: Text("Analyste", "Analyst"),
    MemberRole.LEAD: Text("Porteur de projet", "Project lead"),
}
STATUS_LABELS: Mapping[ProjectStatus, Text] = {
    ProjectStatus.OPEN: Text("Ouvert", "Open"),
    ProjectStatus.SUSPENDED: Text("Suspendu", "Suspended"),
    ProjectStatus.CLOSED: Text("Clos", "Closed"),
}
CLASS_LABELS: Mapping[Classification, Text] = {
    Classification.OPEN: Text("Ouvert", "Open"),
    Classification.SYNTHETIC: Text("Synthétique", "Synthetic"),
    Classification.PSEUDONYMISED: Text("Pseudonymisé", "Pseudonymised"),
    Classification.IDENTIFYING: Text("Identifiant", "Identifying"),
}


def both(text: Text | None) -> dict[str, str] | None:
    """A sentence in both languages."""
    return None if text is None else {"fr": text.fr, "en": text.en}


def iso(moment: datetime | None) -> str | None:
    """A moment as text."""
    return None if moment is None else moment.isoformat()


def reasons(found: Iterable[Reason]) -> list[dict[str, object]]:
    """Reasons of a refusal: a code for programs, a sentence for people."""
    return [{"code": reason.code, "text": both(reason.text)} for reason in found]


#: What happened to a request of the desks, for its timeline.
STEP_LABELS: Mapping[str, Text] = {
    "export.created": Text("Demande ouverte", "Request opened"),
    "export.changed": Text("Demande modifiée", "Request changed"),
    "export.submitted": Text("Demande déposée, fichiers figés", "Request submitted, files frozen"),
    "export.assigned": Text("Vérificateur désigné ou remplacé", "Reviewer assigned or replaced"),
    "export.attested": Text("Destruction attestée", "Destruction attested"),
    "export.checked": Text("Contrôles automatiques", "Automatic checks"),
    "export.voted": Text("Avis d'un vérificateur", "A reviewer's vote"),
    "export.commented": Text("Remarque", "Remark"),
    "export.answered": Text("Réponse de l'auteur", "Author's answer"),
    "export.reviewed": Text("Tous les avis sont donnés", "All votes are in"),
    "export.returned": Text("Renvoyée à l'auteur", "Sent back to the author"),
    "export.approved": Text("Validée", "Approved"),
    "export.rejected": Text("Refusée", "Rejected"),
    "export.withdrawn": Text("Abandonnée", "Withdrawn"),
    "export.released": Text("Paquet signé et publié", "Package signed and released"),
    "export.linked": Text("Lien émis", "Link issued"),
    "export.downloaded": Text("Téléchargement", "Download"),
    "export.revoked": Text("Révoquée", "Revoked"),
    "outside.invited": Text("Personne extérieure invitée", "Outside person invited"),
    "export.published": Text("Dépôt public", "Public deposit"),
    "import.created": Text("Import ouvert", "Import opened"),
    "import.changed": Text("Import modifié", "Import changed"),
    "import.received": Text("Fichier reçu en quarantaine", "File received into quarantine"),
    "import.submitted": Text("Import déposé", "Import submitted"),
    "import.checked": Text("Antivirus et contrôles : rien ne s'oppose", "Malware scan and checks: nothing objects"),
    "import.blocked": Text("Bloqué par l'antivirus ou les contrôles", "Blocked by the malware scan or the checks"),
    "import.returned": Text("Renvoyé à l'auteur", "Sent back to the author"),
    "import.approved": Text("Accepté par un gestionnaire", "Accepted by a steward"),
    "import.rejected": Text("Refusé", "Rejected"),
    "import.withdrawn": Text("Abandonné", "Withdrawn"),
    "import.released": Text("Mis en place", "Put in place"),
    "import.removed": Text("Retiré de l'espace", "Taken out"),
}
