"""People who come to the installation: by name, each with a browser profile of their own; how one is registered."""

from contextlib import AsyncExitStack

from playwright.async_api import Browser

from project_spaces.recovery_codes import HOW_MANY
from tests.end_to_end.browser import Visitor, visitor
from tests.end_to_end.world import World


class People:
    """Visitors by name."""

    def __init__(self, world: World, browser: Browser, stack: AsyncExitStack) -> None:
        self._world, self._browser, self._stack = world, browser, stack
        self.all: list[Visitor] = []

    async def come(self, username: str) -> Visitor:
        """Return *username* in front of a fresh browser, not signed in."""
        found = await self._stack.enter_async_context(visitor(self._world, self._browser, username))
        self.all.append(found)
        return found

    async def arrive(self, username: str) -> Visitor:
        """Return *username*, signed in by the front door."""
        found = await self.come(username)
        await found.arrive()
        return found

    def troubles(self, expected: tuple[str, ...] = ()) -> list[str]:
        """What went wrong for anybody, and was not expected."""
        return [f"{each.username}: {what}" for each in self.all for what in each.troubles(expected)]


async def register(administrator: Visitor, username: str, name: str) -> str:
    """Register somebody; return the activation code that the page shows once."""
    await administrator.go("admin")
    await administrator.unfold("Enregistrer une personne")
    await administrator.page.fill("#username", username)
    await administrator.page.fill("#display_name", name)
    await administrator.page.fill("#email", f"{username}@example.org")
    await administrator.press("Enregistrer")
    return (await administrator.page.locator("#activation-code").inner_text()).strip()


async def enrol(newcomer: Visitor, activation: str) -> None:
    """Choose a password, take the second factor's secret from the page, prove it, keep the recovery codes."""
    players = newcomer.world.players
    password = players.get(newcomer.username).password
    await newcomer.page.goto(newcomer.world.settings.public_url)
    await newcomer.page.get_by_role("link", name="Utiliser un code d'activation").click()
    await newcomer.page.fill("#activation", activation)
    await newcomer.page.fill("#password", password)
    await newcomer.page.fill("#password2", password)
    await newcomer.press("Continuer")
    secret = "".join((await newcomer.page.locator("#totp-secret").inner_text()).split())
    await newcomer.page.fill("#code", players.code(newcomer.username, secret))
    await newcomer.press("Activer le compte")
    await newcomer.page.get_by_text("Votre compte est activé").wait_for()
    assert await newcomer.page.locator(".recovery li").count() == HOW_MANY
    await newcomer.page.get_by_role("link", name="J'ai gardé mes codes").click()


async def sign_charter(newcomer: Visitor) -> None:
    """Read the charter from the own file, and sign it."""
    await newcomer.go("onboarding")
    await newcomer.page.get_by_role("link", name="Lire et signer").click()
    await newcomer.page.get_by_text("Je ne cherche à identifier personne.").wait_for()
    await newcomer.page.get_by_label("J'ai lu ce texte en entier").check()
    await newcomer.press("Signer")
    await newcomer.page.get_by_text("Signée le").first.wait_for()
