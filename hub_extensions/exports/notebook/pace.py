"""How often a workspace may ask: checks look at the project's data, so that asking without end would be asking them."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from project_spaces.errors import Locked
from project_spaces.text import Text

HOUR = timedelta(hours=1)


@dataclass
class Pace:
    """Counts the files that each person had looked at in each project within an hour; *most* is the setting."""

    most: int
    _seen: dict[tuple[str, str], deque[datetime]] = field(default_factory=dict)

    def spend(self, person: str, project: str, files: int, now: datetime) -> None:
        """Count *files* more.

        Raises
        ------
        Locked
            they would be more than *most* within an hour; they are not counted.
        """
        seen = self._seen.setdefault((person, project), deque())
        while seen and now - seen[0] >= HOUR:
            seen.popleft()
        if len(seen) + files > self.most:
            minutes = max(1, -(-int((HOUR - (now - seen[0])).total_seconds()) // 60)) if seen else 60
            raise Locked(
                Text(
                    f"Au plus {self.most} fichiers contrôlés par heure d'un bureau : réessayez dans {minutes} min.",
                    f"At most {self.most} files checked in an hour from a workspace: try again in {minutes} min.",
                )
            )
        seen.extend([now] * files)
