"""The stage: plays one step after the other, shows what each gave, and stops at the first that did not hold."""

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console

from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.demo.cast import Players
from hub_extensions.settings import Settings
from project_spaces.errors import BureauError, Conflict
from project_spaces.text import Text

Act = Callable[["Play"], Awaitable[str]]


class DidNotHold(Conflict):
    """A step gave something else than the product promises."""


@dataclass(frozen=True)
class Step:
    """One step that was played."""

    name: str
    good: bool
    result: str
    seconds: float


@dataclass
class Play:
    """What the acts share."""

    settings: Settings
    players: Players
    console: Console
    stack: AsyncExitStack
    steps: list[Step] = field(default_factory=list)
    #: What one act leaves for a later one (ids, figures).
    props: dict[str, Any] = field(default_factory=dict)
    _clients: dict[str, WorkbenchClient] = field(default_factory=dict)

    async def client(self, username: str) -> WorkbenchClient:
        """Return *username*'s signed-in client; each signs in once."""
        if username not in self._clients:
            self._clients[username] = await self.stack.enter_async_context(self.players.client(username))
        return self._clients[username]

    def adopt(self, clients: dict[str, WorkbenchClient]) -> None:
        """Go on with clients that are signed in already; whoever made them closes them."""
        self._clients.update(clients)

    async def act(self, name: str, act: Act) -> None:
        """Play one act and show its result.

        Raises
        ------
        BureauError
            it did not hold; the step is in :attr:`steps` all the same.
        """
        begun = time.monotonic()
        with self.console.status(name):
            try:
                result, good = await act(self), True
            except BureauError as error:
                result, good, failure = _sentences(error), False, error
        step = Step(name, good, result, round(time.monotonic() - begun, 2))
        self.steps.append(step)
        mark = "[green]✓[/green]" if good else "[red]✗[/red]"
        self.console.print(f"{mark} [bold]{name}[/bold]  [dim]{step.seconds:.1f} s[/dim]\n  {result}", highlight=False)
        if not good:
            raise failure

    def as_json(self) -> dict[str, Any]:
        """Return the whole play for programs."""
        return {
            "good": bool(self.steps) and all(step.good for step in self.steps),
            "spawner": self.settings.spawner,
            "url": self.settings.public_url,
            "steps": [asdict(step) for step in self.steps],
        }


def hold(condition: object, fr: str, en: str) -> None:
    """Stop the play unless *condition* holds."""
    if not condition:
        raise DidNotHold(Text(fr, en))


async def refused(attempt: Awaitable[object], *statuses: int) -> BureauError:
    """Return the refusal of *attempt*; being let through stops the play."""
    try:
        await attempt
    except BureauError as error:
        if statuses and error.status not in statuses:
            raise
        return error
    raise DidNotHold(Text("Ceci aurait dû être refusé.", "This should have been refused."))


def _sentences(error: BureauError) -> str:
    return " ".join([error.text.en, *(reason.en for reason in error.reasons)])
