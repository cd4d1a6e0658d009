"""The auditor's words: every kind of entry and every common fact with a name that a person reads, French first."""

from collections.abc import Mapping
from dataclasses import dataclass

from audit.events import Kind
from project_spaces.text import Text


@dataclass(frozen=True)
class Group:
    """Kinds that belong together; *prefixes* are first parts of their names."""

    id: str
    label: Text
    prefixes: tuple[str, ...]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of this group, in the order of their definition."""
        return tuple(kind for kind in Kind if kind.value.partition(".")[0] in self.prefixes)


GROUPS = (
    Group("access", Text("Connexions et refus", "Sign-ins and refusals"), ("signin", "identity", "refusal", "account")),
    Group("work", Text("Exécutions et terminaux", "Executions and terminals"), ("kernel", "terminal", "job")),
    Group("files", Text("Fichiers et lectures", "Files and reads"), ("file", "contents", "session", "request")),
    Group("shown", Text("Volumes affichés", "Volumes shown"), ("output", "egress")),
    Group("workspaces", Text("Bureaux et montages", "Workspaces and mounts"), ("workspace", "mount")),
    Group("exports", Text("Exports", "Exports"), ("export",)),
    Group(
        "rights",
        Text("Personnes et droits", "People and rights"),
        (
            "person",
            "role",
            "membership",
            "habilitation",
            "project",
            "quota",
            "retention",
            "hold",
            "charter",
            "training",
            "agreement",
            "embargo",
            "killswitch",
            "access",
            "expiry",
            "review",
            "organisation",
            "perimeter",
            "notification",
        ),
    ),
    Group("data", Text("Données et appariements", "Data and linkage"), ("dataset", "linkage")),
    Group("audit", Text("Audit et administration", "Audit and administration"), ("audit", "admin")),
    Group("ledger", Text("Vie du journal", "Life of the ledger"), ("ledger",)),
)
GROUP_BY_ID: Mapping[str, Group] = {group.id: group for group in GROUPS}

KIND_LABELS: Mapping[str, Text] = {
    "signin.success": Text("Connexion", "Sign-in"),
    "signin.failure": Text("Échec de connexion", "Failed sign-in"),
    "signin.locked": Text("Compte verrouillé", "Account locked"),
    "signin.ended": Text("Déconnexion", "Sign-out"),
    "signin.new_device": Text("Connexion depuis un nouvel appareil", "Sign-in from a new device"),
    "identity.linked": Text("Identité rattachée", "Identity linked"),
    "account.created": Text("Compte créé", "Account created"),
    "account.enrolled": Text("Compte activé", "Account enrolled"),
    "account.changed": Text("Compte modifié", "Account changed"),
    "account.reset": Text("Compte réinitialisé", "Account reset"),
    "refusal": Text("Refus", "Refusal"),
    "person.created": Text("Personne enregistrée", "Person registered"),
    "person.changed": Text("Personne modifiée", "Person changed"),
    "role.granted": Text("Rôle donné", "Role granted"),
    "role.revoked": Text("Rôle retiré", "Role withdrawn"),
    "project.created": Text("Projet ouvert", "Project opened"),
    "project.changed": Text("Projet modifié", "Project changed"),
    "project.end": Text("Fin du projet", "End of the project"),
    "membership.granted": Text("Membre ajouté", "Member added"),
    "membership.revoked": Text("Membre retiré", "Member removed"),
    "dataset.registered": Text("Jeu de données enregistré", "Data set registered"),
    "dataset.version": Text("Version de jeu de données", "Data set version"),
    "dataset.changed": Text("Jeu de données modifié", "Data set changed"),
    "habilitation.granted": Text("Habilitation accordée", "Habilitation granted"),
    "habilitation.revoked": Text("Habilitation retirée", "Habilitation withdrawn"),
    "charter.published": Text("Charte publiée", "Charter published"),
    "charter.signed": Text("Charte signée", "Charter signed"),
    "training.changed": Text("Formation enregistrée ou retirée", "Training recorded or withdrawn"),
    "project.approval": Text("Autorisation du projet", "Approval of the project"),
    "agreement.changed": Text("Convention avec le producteur", "Agreement with the owner"),
    "embargo.changed": Text("Embargo posé ou levé", "Embargo set or lifted"),
    "killswitch.changed": Text("Arrêt d'urgence posé ou levé", "Kill switch set or lifted"),
    "expiry.warned": Text("Fin prochaine annoncée", "Coming end announced"),
    "review.changed": Text("Revue des habilitations", "Review of habilitations"),
    "organisation.changed": Text("Organisme enregistré ou rattaché", "Organisation registered or attached"),
    "perimeter.changed": Text("Périmètre d'administration", "Perimeter of administration"),
    "access.requested": Text("Demande d'accès", "Request for access"),
    "access.step": Text("Étape d'une demande d'accès", "Step of a request for access"),
    "access.circuit": Text("Circuit d'un producteur", "Circuit of an owner"),
    "notification.changed": Text("Avis lu ou envoyé", "Notification read or mailed"),
    "quota.changed": Text("Quota modifié", "Quota changed"),
    "workspace.started": Text("Bureau démarré", "Workspace started"),
    "workspace.stopped": Text("Bureau arrêté", "Workspace stopped"),
    "workspace.cut": Text("Bureau coupé", "Workspace cut"),
    "mount": Text("Données montées", "Data mounted"),
    "kernel.message": Text("Message au noyau", "Kernel message"),
    "kernel.lifecycle": Text("Vie d'un noyau", "Kernel lifecycle"),
    "terminal.input": Text("Saisie au terminal", "Terminal input"),
    "terminal.lifecycle": Text("Vie d'un terminal", "Terminal lifecycle"),
    "file.write": Text("Fichier écrit", "File written"),
    "file.change": Text("Fichier renommé, copié ou supprimé", "File renamed, copied or deleted"),
    "contents.read": Text("Fichier lu", "File read"),
    "output.count": Text("Volume affiché", "Volume shown"),
    "session.change": Text("Session modifiée", "Session changed"),
    "request": Text("Requête au bureau", "Request to the workspace"),
    "export.created": Text("Export : demande ouverte", "Export: request opened"),
    "export.changed": Text("Export : demande modifiée", "Export: request changed"),
    "export.submitted": Text("Export : demande déposée", "Export: request submitted"),
    "export.assigned": Text("Export : vérificateur désigné ou remplacé", "Export: reviewer assigned or replaced"),
    "export.reviewer": Text("Export : absence ou conflit déclaré", "Export: absence or conflict declared"),
    "export.planted": Text("Export : demande d'étalonnage", "Export: calibration request"),
    "export.attested": Text("Export : destruction attestée", "Export: destruction attested"),
    "export.checked": Text("Export : contrôles automatiques", "Export: automatic checks"),
    "export.read": Text("Export : lu par un vérificateur", "Export: read by a reviewer"),
    "export.voted": Text("Export : avis d'un vérificateur", "Export: a reviewer's vote"),
    "export.commented": Text("Export : remarque", "Export: remark"),
    "export.answered": Text("Export : réponse de l'auteur", "Export: author's answer"),
    "export.reviewed": Text("Export : tous les avis donnés", "Export: all votes are in"),
    "export.returned": Text("Export : renvoyé à l'auteur", "Export: sent back to the author"),
    "export.approved": Text("Export : validé", "Export: approved"),
    "export.rejected": Text("Export : refusé", "Export: rejected"),
    "export.withdrawn": Text("Export : abandonné", "Export: withdrawn"),
    "export.released": Text("Export : publié", "Export: released"),
    "export.linked": Text("Export : lien émis", "Export: link issued"),
    "export.downloaded": Text("Export : téléchargé", "Export: downloaded"),
    "export.revoked": Text("Export : révoqué", "Export: revoked"),
    "outside.invited": Text("Accès extérieur : invitation", "Outside access: invitation"),
    "outside.enrolled": Text("Accès extérieur : activé", "Outside access: activated"),
    "outside.entered": Text("Accès extérieur : entrée", "Outside access: entry"),
    "outside.refused": Text("Accès extérieur : code refusé", "Outside access: code refused"),
    "outside.locked": Text("Accès extérieur : bloqué", "Outside access: locked"),
    "export.published": Text("Export : dépôt public", "Export: public deposit"),
    "import.created": Text("Import : ouvert", "Import: opened"),
    "import.changed": Text("Import : modifié", "Import: changed"),
    "import.received": Text("Import : fichier reçu", "Import: file received"),
    "import.submitted": Text("Import : déposé", "Import: submitted"),
    "import.checked": Text("Import : contrôlé", "Import: checked"),
    "import.blocked": Text("Import : bloqué", "Import: blocked"),
    "import.returned": Text("Import : renvoyé", "Import: returned"),
    "import.approved": Text("Import : accepté", "Import: accepted"),
    "import.rejected": Text("Import : refusé", "Import: rejected"),
    "import.withdrawn": Text("Import : abandonné", "Import: withdrawn"),
    "import.released": Text("Import : mis en place", "Import: put in place"),
    "import.removed": Text("Import : retiré", "Import: taken out"),
    "linkage.run": Text("Appariement", "Linkage"),
    "job.run": Text("Calcul lancé", "Job run"),
    "audit.ceremony": Text("Cérémonie des clés", "Key ceremony"),
    "audit.read": Text("Consultation du journal", "Look at the ledger"),
    "audit.unsealed": Text("Descellement", "Unsealing"),
    "audit.deleted": Text("Effacement à terme", "Deletion at term"),
    "audit.reviewed": Text("Contrôle signé", "Control signed"),
    "egress.changed": Text("Budget d'affichage modifié", "Display budget changed"),
    "egress.warned": Text("Budget d'affichage bientôt atteint", "Display budget nearly used"),
    "egress.paused": Text("Affichage suspendu", "Display paused"),
    "egress.lifted": Text("Affichage rétabli", "Display resumed"),
    "ledger.silent": Text("Silence du journal", "Silence of the ledger"),
    "audit.marked": Text("Constat traité", "Finding decided"),
    "hold.placed": Text("Conservation forcée", "Legal hold placed"),
    "hold.lifted": Text("Conservation forcée levée", "Legal hold lifted"),
    "retention.changed": Text("Durée de conservation modifiée", "Retention changed"),
    "admin.act": Text("Acte d'administration", "Administrator's act"),
    "ledger.cosigned": Text("Journal cosigné par les témoins", "Ledger cosigned by witnesses"),
    "ledger.stamped": Text("Journal horodaté", "Ledger time-stamped"),
    "ledger.copied": Text("Journal copié ailleurs", "Ledger copied elsewhere"),
    "ledger.contradicted": Text("Journal contredit par un témoin", "Ledger contradicted by a witness"),
    "ledger.opened": Text("Journal ouvert", "Ledger opened"),
    "ledger.heartbeat": Text("Battement du journal", "Ledger heartbeat"),
    "unreadable": Text("Entrée illisible", "Unreadable entry"),
}
#: Facts of a leaf and private facts.
FACT_LABELS: Mapping[str, Text] = {
    "workspace": Text("bureau", "workspace"),
    "dataset": Text("jeu de données", "data set"),
    "datasets": Text("jeux de données", "data sets"),
    "version": Text("version", "version"),
    "manifest_sha256": Text("empreinte des données", "hash of the data"),
    "image": Text("image", "image"),
    "phase": Text("étape", "phase"),
    "cause": Text("cause", "cause"),
    "cpu_milli": Text("millièmes de cœur", "thousandths of a core"),
    "memory_mb": Text("mémoire (Mio)", "memory (MiB)"),
    "pids": Text("processus", "processes"),
    "channel": Text("canal", "channel"),
    "type": Text("type", "type"),
    "kernel": Text("noyau", "kernel"),
    "terminal": Text("terminal", "terminal"),
    "label": Text("vers", "towards"),
    "effect": Text("effet", "effect"),
    "method": Text("méthode", "method"),
    "bytes": Text("octets", "bytes"),
    "frames": Text("trames", "frames"),
    "status": Text("statut", "status"),
    "what": Text("quoi", "what"),
    "reason": Text("motif", "reason"),
    "role": Text("rôle", "role"),
    "ends_at": Text("fin", "end"),
    "starts_at": Text("début", "start"),
    "request": Text("demande", "request"),
    "file": Text("fichier", "file"),
    "files": Text("fichiers", "files"),
    "round": Text("tour", "round"),
    "address": Text("adresse", "address"),
    "factor": Text("facteur", "factor"),
    "factors": Text("facteurs", "factors"),
    "searched": Text("nature cherchée", "kind searched"),
    "about_project": Text("projet visé", "project meant"),
    "filter": Text("filtres", "filters"),
    "entry": Text("entrée", "entry"),
    "entries": Text("entrées", "entries"),
    "before": Text("avant le n°", "before no."),
    "size": Text("taille", "size"),
    "change": Text("changement", "change"),
    "title": Text("titre", "title"),
    "name": Text("nom", "name"),
    "session": Text("session", "session"),
    "after": Text("après le n°", "after no."),
    "names": Text("avec les noms", "with names"),
    "format": Text("forme", "format"),
}
#: The part of another person in an entry.
PART_LABELS: Mapping[str, Text] = {
    "owner": Text("titulaire", "owner"),
    "person": Text("personne", "person"),
    "beneficiary": Text("bénéficiaire", "beneficiary"),
    "reviewer": Text("vérificateur", "reviewer"),
    "author": Text("auteur", "author"),
    "recipient": Text("destinataire", "recipient"),
    "about": Text("au sujet de", "about"),
}


def kind_label(kind: str) -> Text:
    """The name of a kind; a kind that has none yet is called by its own."""
    return KIND_LABELS.get(kind, Text(kind, kind))


def fact_label(name: str) -> Text:
    """The name of a fact."""
    return FACT_LABELS.get(name, Text(name, name))


def part_label(name: str) -> Text:
    """The name of somebody's part in an entry; ``about2`` and so on are further people."""
    return PART_LABELS.get(name.rstrip("0123456789"), Text(name, name))
