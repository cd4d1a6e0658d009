"""Charters to start from, in both languages: terms of use, and the promise not to identify anybody.

An installation publishes them as they are or changes them first; what people sign is what was published. The terms say
what the référentiel asks them to say (5.1): confidentiality, no attempt to identify, no forbidden purpose, sanctions.
"""

from dataclasses import dataclass

from project_spaces.text import Text


@dataclass(frozen=True, slots=True)
class CharterModel:
    """A text to start from."""

    slug: str
    title: Text
    text: Text


_TERMS = Text(
    """1. Objet. Les présentes conditions s'appliquent à toute personne qui travaille dans le Bureau \
virtuel.

2. Secret. Les données sont couvertes par le secret professionnel. Je ne les communique à personne \
qui n'y est pas habilité, ni oralement, ni par image, ni par écrit.

3. Finalité. Je n'utilise les données que pour la finalité du projet pour lequel je suis \
habilité(e), et jamais pour une finalité interdite (promotion de produits de santé auprès des \
professionnels ou des établissements ; exclusion de garanties ou modification de cotisations \
d'assurance).

4. Réidentification. Je ne cherche à identifier ni une personne ni un professionnel de santé, par \
quelque moyen que ce soit, et je signale sans délai toute identification fortuite.

5. Sorties. Je ne sors que des résultats anonymes, par le sas d'export, après vérification.

6. Compte. Mon compte et mes facteurs d'authentification sont personnels. Je signale sans délai leur \
perte.

7. Traçabilité. Tout ce que j'exécute est inscrit au journal avant d'être exécuté, et peut être \
contrôlé.

8. Durée. Mon habilitation a un terme. À son terme, ou si elle est retirée, mon accès cesse \
aussitôt.

9. Sanctions. La révélation d'une information couverte par le secret est punie d'un an \
d'emprisonnement et de 15 000 euros d'amende (article 226-13 du code pénal). Mes accès peuvent être \
retirés à tout moment.""",
    """1. Scope. These terms hold for everybody who works in the Bureau virtuel.

2. Secrecy. The data are covered by professional secrecy. I tell them to nobody who is not \
habilitated, by word, picture or writing.

3. Purpose. I use the data only for the purpose of the project for which I am habilitated, and never \
for a forbidden one (promotion of health products to professionals or establishments; exclusion from \
insurance cover or a change of its contributions).

4. Identification. I do not try to identify any person or health professional by any means, and I \
report at once whatever identifies somebody by accident.

5. Results. I take out anonymous results only, through the export desk, after review.

6. Account. My account and my factors of authentication are my own. I report their loss at once.

7. Traces. Everything I run is recorded before it runs, and may be controlled.

8. Duration. My habilitation ends. When it does, or when it is withdrawn, my access ends at once.

9. Sanctions. Revealing information that is covered by secrecy is punished by one year of \
imprisonment and a fine of 15,000 euros (article 226-13 of the French penal code). My access may be \
withdrawn at any moment.""",
)
_NO_IDENTIFICATION = Text(
    """Je m'engage à ne rien tenter pour retrouver l'identité d'une personne dont les données me sont \
confiées : ni par rapprochement avec d'autres données, ni par interrogation ciblée, ni par recherche \
d'un cas connu de moi.

Si je reconnais quelqu'un sans l'avoir cherché, je n'en tire aucune conséquence, je n'en parle à \
personne d'autre qu'au délégué à la protection des données, et je le lui signale sans délai.

Je sais que manquer à cet engagement met fin à mes accès et m'expose aux sanctions de l'article \
226-13 du code pénal (un an d'emprisonnement et 15 000 euros d'amende).""",
    """I undertake to attempt nothing that would find the identity of a person whose data are entrusted to \
me: neither by matching them with other data, nor by pointed queries, nor by looking for a case that \
I know of.

If I recognise somebody without having tried to, I draw no consequence from it, speak of it to \
nobody but the data protection officer, and report it at once.

I know that breaking this promise ends my access and exposes me to the sanctions of article 226-13 \
of the French penal code (one year of imprisonment and a fine of 15,000 euros).""",
)

CHARTER_MODELS: tuple[CharterModel, ...] = (
    CharterModel("cgu", Text("Conditions générales d'utilisation", "Terms of use"), _TERMS),
    CharterModel(
        "non-reidentification",
        Text("Engagement de non-réidentification", "Promise not to identify anybody"),
        _NO_IDENTIFICATION,
    ),
)
