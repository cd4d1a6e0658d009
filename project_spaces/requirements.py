"""What may be asked of people before they touch data: a fresh sign-in, a place, trainings, approvals, an agreement.

Nothing is asked by default: an installation that has set up no training and no networks works without.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from project_spaces.errors import Invalid
from project_spaces.slugs import is_slug
from project_spaces.text import Text

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Age of a sign-in that may be asked for, both ends included.
LEAST_AGE, MOST_AGE = timedelta(minutes=5), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must be in order.

    Parameters
    ----------
    sign_in_max_age
        the sign-in was with two factors and is younger than this (5 minutes to 30 days).
    networks
        the sign-in came from one of these address ranges; empty means from anywhere.
    trainings
        kinds of training that must be valid.
    approvals
        kinds of approval that the project must hold (an opinion of CESREES, an authorisation of CNIL).
    agreement
        the owner of the data set has a signed agreement with the project.
    identity
        somebody checked who the person is, and for whom the person works.

    Raises
    ------
    Invalid
        the age is out of its range, or a kind is no slug.
    """

    sign_in_max_age: timedelta | None = None
    networks: tuple[Network, ...] = ()
    trainings: frozenset[str] = frozenset()
    approvals: frozenset[str] = frozenset()
    agreement: bool = False
    identity: bool = False

    def __post_init__(self) -> None:
        age = self.sign_in_max_age
        if age is not None and not LEAST_AGE <= age <= MOST_AGE:
            raise Invalid(
                Text(
                    f"sign_in_max_age = {age} refusé : de {LEAST_AGE} à {MOST_AGE}.",
                    f"sign_in_max_age = {age} refused: {LEAST_AGE} to {MOST_AGE}.",
                )
            )
        for kind in self.trainings | self.approvals:
            if not is_slug(kind):
                raise Invalid(Text(f"« {kind[:40]} » n'est pas un identifiant.", f"“{kind[:40]}” is not a slug."))


NOTHING = Requirement()


def network(value: str) -> Network:
    """Read an address range (``10.0.0.0/8``, ``2001:db8::/32``), or raise ``Invalid`` with the value."""
    try:
        return ipaddress.ip_network(value)
    except ValueError as error:
        raise Invalid(
            Text(f"« {value[:60]} » n'est pas une plage d'adresses.", f"“{value[:60]}” is not an address range.")
        ) from error


def within(address: str | None, networks: Iterable[Network]) -> bool:
    """Tell whether *address* is in one of *networks*; what is no address is in none.

    An IPv4 address that came through an IPv6 socket (``::ffff:10.0.0.1``) counts as itself.
    """
    try:
        place = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    mapped = getattr(place, "ipv4_mapped", None)
    return any((mapped or place) in each for each in networks)
