"""Conditions on somebody's part in a case: nobody judges, receives or grants what is not his to."""

from datetime import datetime

from project_spaces.conditions.states import States, Who, no, yes
from project_spaces.facts import Resource, Subject


def not_author(subject: Subject, resource: Resource, _now: datetime) -> States:
    """Nobody judges his own case; an export whose author is unknown is judged by nobody."""
    if resource.author is not None and resource.author != subject.username:
        return yes("author", "Cette demande n'est pas la vôtre.", "This request is not yours.", Who.NOBODY)
    return no(
        "own_request",
        "Vous êtes l'auteur de cette demande : d'autres que vous doivent la vérifier.",
        "You are the author of this request: others must review it.",
        Who.NOBODY,
    )


def is_recipient(subject: Subject, resource: Resource, _now: datetime) -> States:
    """A released package goes to the person named on the link, to nobody else."""
    if resource.recipient == subject.username:
        return yes("recipient", "Ce lien est à votre nom.", "This link is in your name.", Who.LEAD)
    return no("not_recipient", "Ce lien n'est pas à votre nom.", "This link is not in your name.", Who.LEAD)


def not_beneficiary(subject: Subject, resource: Resource, _now: datetime) -> States:
    """Nobody grants himself a right, administrators least of all."""
    if resource.beneficiary is not None and resource.beneficiary != subject.username:
        return yes(
            "beneficiary", "Ce droit est pour quelqu'un d'autre.", "This right is for somebody else.", Who.NOBODY
        )
    return no(
        "own_right",
        "Personne ne s'accorde un droit à soi-même : un autre administrateur doit le faire.",
        "Nobody grants rights to themselves: another administrator must do it.",
        Who.ADMINISTRATOR,
    )


def not_concerned(subject: Subject, resource: Resource, _now: datetime) -> States:
    """Nobody acts on a request in which he is named; one that names nobody is nobody's to act on."""
    if resource.concerned and subject.username not in resource.concerned:
        return yes(
            "concerned", "Vous n'êtes pas nommé dans cette demande.", "You are not named in this request.", Who.NOBODY
        )
    return no(
        "own_case",
        "Vous êtes nommé dans cette demande : d'autres que vous doivent la traiter.",
        "You are named in this request: others must deal with it.",
        Who.NOBODY,
    )


def speaks_for_owner(subject: Subject, resource: Resource, _now: datetime) -> States:
    """A steward answers for the owners that were entrusted to him, for no other."""
    if subject.owners.intersection(resource.owners):
        return yes("owner", "Vous répondez pour ce producteur.", "You speak for this owner.", Who.ADMINISTRATOR)
    return no(
        "not_owner",
        "Vous ne répondez pas pour ce producteur de données.",
        "You do not speak for this owner of data.",
        Who.ADMINISTRATOR,
    )
