"""The questions that newcomers ask, with answers that lead to the page where the thing is done (S-90, S-91).

Written here in both languages, side by side, and public: whoever thinks of asking for data reads them first.
"""

from dataclasses import dataclass

from project_spaces.text import Text


@dataclass(frozen=True, slots=True)
class Question:
    """One question, its answer, and where to go from there; *page* is below the portal, or an address elsewhere."""

    name: str
    asked: Text
    answer: Text
    page: str = ""
    link: Text | None = None


QUESTIONS: dict[Text, tuple[Question, ...]] = {
    Text("Avant de demander", "Before you ask"): (
        Question(
            "quelles-donnees",
            Text("Quelles données y a-t-il ici ?", "Which data are there?"),
            Text(
                "Le catalogue les décrit sans compte : variables, couverture, profondeur historique, qualité, "
                "actualisation, confidentialité, producteur, règle d'accès ; parfois un échantillon fictif.",
                "The catalogue describes them without an account: columns, coverage, history, quality, refresh, "
                "confidentiality, owner, access rule; for some there is a made-up sample.",
            ),
            "catalogue",
            Text("Voir le catalogue", "See the catalogue"),
        ),
        Question(
            "compte",
            Text("Comment obtenir un compte ?", "How do I get an account?"),
            Text(
                "L'autorité d'enregistrement de votre organisme vous inscrit, vérifie votre identité et vous remet "
                "un code d'activation. Vous choisissez ensuite un mot de passe et un second facteur : personne "
                "n'entre sans.",
                "The registration authority of your organisation registers you, checks who you are and gives you an "
                "activation code. You then choose a password and a second factor: nobody enters without.",
            ),
        ),
        Question(
            "dossier",
            Text("Que dois-je avoir en règle ?", "What must I have in order?"),
            Text(
                "Identité vérifiée, organisme, chartes signées, formations à jour, double authentification. « Mon "
                "dossier » dit ce qui manque. Vous y signez les chartes et y transmettez vos attestations de "
                "formation.",
                "Identity reviewed, organisation, charters signed, trainings valid, second factor. “My file” says "
                "what is missing. There you sign charters and hand in certificates of trainings.",
            ),
            "onboarding",
            Text("Ouvrir mon dossier", "Open my file"),
        ),
        Question(
            "formation",
            Text("Où me former ?", "Where can I train?"),
            Text(
                "L'installation nomme les formations qu'elle demande, et leur durée de validité. Pour les bases de "
                "la sécurité numérique, l'ANSSI propose des cours en ligne.",
                "The installation names the trainings that it asks for, and for how long they are valid. For the "
                "basics of digital security, the French agency ANSSI offers courses online.",
            ),
            "https://cyber.gouv.fr/",
            Text("Site de l'ANSSI", "ANSSI's site (in French)"),
        ),
    ),
    Text("Demander un accès", "Asking for access"): (
        Question(
            "demande",
            Text("Que contient une demande ?", "What is in a request?"),
            Text(
                "Une finalité parmi les six que la loi prévoit, l'intérêt public, les jeux de données et leurs "
                "variables, la justification de chaque identifiant potentiel, les personnes, les résultats, la "
                "durée, les moyens. Chaque section s'enregistre à part ; rien n'est transmis avant le dépôt.",
                "One of the six purposes that the law knows, the public interest, data sets and their columns, the "
                "justification of each potential identifier, people, outputs, duration, means. Each section is saved"
                " by itself; nothing is passed on before you submit.",
            ),
            "requests/new",
            Text("Commencer une demande", "Begin a request"),
        ),
        Question(
            "delais",
            Text("Combien de temps cela prend-il ?", "How long does it take?"),
            Text(
                "Chaque étape a une échéance, et la demande dit à tout moment qui doit agir, avant quand et ce que "
                "vaut le silence. Les délais constatés sont publiés.",
                "Each step has a due time, and the request says at any moment who must act, by when, and what "
                "silence means. The delays that were observed are public.",
            ),
            "requests/delays",
            Text("Voir les délais constatés", "See the delays"),
        ),
        Question(
            "producteurs",
            Text("Et si les données viennent de plusieurs producteurs ?", "What if the data have several owners?"),
            Text(
                "Une seule demande : ce qu'ils partagent (dossier, comité, autorité) se fait une fois, selon la plus"
                " exigeante de leurs règles ; chacun donne son accord et signe sa convention.",
                "One request: what they share (file, committee, authority) is done once, by the strictest of their "
                "rules; each agrees and signs an agreement.",
            ),
        ),
        Question(
            "proche",
            Text("Ma demande ressemble à une demande acceptée", "My request is like an accepted one"),
            Text(
                "Si vous y étiez nommé et que la nouvelle ne va pas au-delà, la voie courte évite le comité et "
                "l'autorité : repartez d'une copie.",
                "If you were named in it and the new one asks for no more, the short way spares committee and "
                "authority: begin from a copy.",
            ),
            "requests",
            Text("Mes demandes", "My requests"),
        ),
        Question(
            "refus",
            Text("Ma demande ou mon accès est refusé : pourquoi ?", "My request or access is refused: why?"),
            Text(
                "Tout refus a un motif, que vous lisez. Pour un accès, « Pourquoi pas ? » montre chaque condition, "
                "jusqu'à quand elle tient, qui peut la changer et où.",
                "Each refusal has a reason that you read. For an access, “Why can't I?” shows each condition, until "
                "when it holds, who can change it and where.",
            ),
            "why",
            Text("Pourquoi pas ?", "Why can't I?"),
        ),
    ),
    Text("Travailler", "At work"): (
        Question(
            "trace",
            Text("Qui voit ce que je fais ?", "Who sees what I do?"),
            Text(
                "Tout ce que vous exécutez est inscrit au journal avant d'entrer dans le bureau, scellé : des "
                "auditeurs ne le lisent qu'à plusieurs, et chaque consultation vous est dite. « Ma trace » vous "
                "montre la vôtre. Révéler ce que couvre le secret est puni (article 226-13 du code pénal).",
                "Whatever you run is recorded before it enters the workspace, sealed: auditors open it only several "
                "together, and you are told of each look. “My trace” shows you yours. Revealing what secrecy covers "
                "is punished (article 226-13 of the French penal code).",
            ),
            "trace",
            Text("Ma trace", "My trace"),
        ),
        Question(
            "sortir",
            Text("Comment sortir un résultat ?", "How do I take a result out?"),
            Text(
                "Par le sas d'export seulement : contrôles automatiques, puis deux vérificateurs extérieurs au "
                "projet. Seuls des résultats anonymes sortent.",
                "Through the export desk only: automatic checks, then two reviewers from outside the project. Only "
                "anonymous results leave.",
            ),
            "exports",
            Text("Mes exports", "My exports"),
        ),
        Question(
            "fin",
            Text(
                "Que se passe-t-il à la fin d'un droit ou du projet ?",
                "What happens when a right or a project ends?",
            ),
            Text(
                "Vous êtes prévenu 30, 7 et 1 jours, puis 15 minutes avant. Au terme, le bureau se ferme dans la "
                "seconde ; les fichiers restent dans le projet, gelés. Des sorties peuvent encore être demandées un "
                "temps, puis le projet est archivé ou supprimé, avec un certificat signé.",
                "You are warned 30, 7 and 1 days and 15 minutes before. At the moment itself the workspace is closed "
                "within a second; files stay in the project, frozen. Exports may still be asked for a while, then the "
                "project is archived or deleted, with a signed certificate.",
            ),
            "habilitations",
            Text("Mes habilitations", "My habilitations"),
        ),
    ),
}
