"""Written reasons: acts on other people's work or data owe one."""

from project_spaces.errors import Invalid
from project_spaces.text import Text

LONGEST = 2000
OWED = Text("Un motif écrit est demandé", "A written reason is asked for")


def written_reason(reason: str, owed: Text = OWED, *, longest: int = LONGEST) -> str:
    """Return the reason, or raise ``Invalid``, beginning with *owed*, where there is none or it is too long."""
    written = reason.strip()
    if not 1 <= len(written) <= longest:
        raise Invalid(Text(f"{owed.fr} ({longest} caractères au plus).", f"{owed.en} (at most {longest} characters)."))
    return written
