"""What a command can't do, as one sentence and status 2, whichever room it was that refused."""

from collections.abc import Iterator
from contextlib import contextmanager

from audit.errors import LedgerError, Malformed
from project_spaces.errors import Invalid, Unavailable
from project_spaces.text import Text


@contextmanager
def in_one_sentence(about: Text) -> Iterator[None]:
    """Turn refusals of the ledger and of files into the domain's; a decorator as well.

    Parameters
    ----------
    about
        what is said before the reason, without a full stop.

    Raises
    ------
    Unavailable
        the ledger did not answer or did not take the record.
    Invalid
        bytes that are not what they should be, or a file that can't be read.
    """
    try:
        yield
    except LedgerError as error:
        raise Unavailable(Text(error.fr, str(error))) from None
    except (Malformed, OSError, UnicodeDecodeError) as error:
        raise Invalid(Text(f"{about.fr} : {error}.", f"{about.en}: {error}.")) from None
