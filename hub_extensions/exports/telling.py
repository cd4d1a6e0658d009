"""What people are told of a request that moved: what is asked of whom, and never a word of what is in it.

A title or a file's name may already say something about a person; mails leave the platform. So a message names the
project, says what is awaited, and where to read on.
"""

from dataclasses import dataclass

from hub_extensions.exports.acting import Turn
from project_spaces.notifications import Topic, notify
from project_spaces.text import Text


@dataclass(frozen=True)
class Message:
    """A sentence with the project's slug in ``{}``, and the kind of page it leads to."""

    topic: Topic
    text: Text
    page: str


VOTE_AWAITED = Message(
    Topic.TASK,
    Text(
        "Une demande d'export du projet {} attend votre avis.",
        "An export request of the project {} awaits your vote.",
    ),
    "review",
)
ANSWERED = Message(
    Topic.TASK,
    Text(
        "L'auteur d'une demande d'export du projet {} vous a répondu.",
        "The author of an export request of the project {} answered you.",
    ),
    "review",
)
RETURNED = Message(
    Topic.TASK,
    Text(
        "Votre demande d'export du projet {} vous est renvoyée : une réponse ou une correction est attendue.",
        "Your export request of the project {} came back: an answer or a correction is awaited.",
    ),
    "exports",
)
REJECTED = Message(
    Topic.EXPORT,
    Text("Votre demande d'export du projet {} est refusée.", "Your export request of the project {} was rejected."),
    "exports",
)
READY = Message(
    Topic.EXPORT,
    Text(
        "Un paquet du projet {} est prêt : téléchargez-le avant l'expiration de votre lien.",
        "A package of the project {} is ready: fetch it before your link expires.",
    ),
    "exports",
)
RECALLED = Message(
    Topic.TASK,
    Text(
        "Une sortie du projet {} que vous avez téléchargée est rappelée : détruisez-la et attestez-le.",
        "An export of the project {} that you fetched is recalled: destroy it and attest so.",
    ),
    "exports",
)


def tell(turn: Turn, to: str, message: Message) -> None:
    """Tell one person, in the transaction of the act."""
    notify(
        turn.session,
        to=to,
        kind=message.topic,
        text=Text(*(sentence.format(turn.request.project) for sentence in message.text)),
        link=f"{message.page}/{turn.request.id}",
        now=turn.now,
    )
