"""What I was told. Opening one marks it as read, so it is a form: looking at the list changes nothing."""

from typing import Any, ClassVar

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.verbs import notifications
from project_spaces.text import Text


class NotificationsPage(PageHandler):
    """The list."""

    template = "notifications.html"
    acts: ClassVar = {
        "open": Form(notifications.read, None, notifications.Which, frozenset({"ids"})),
        "read_all": Form(
            notifications.read, Text("Tout est marqué comme lu.", "All marked as read."), notifications.Which
        ),
    }

    async def page(self) -> Page:
        """The latest."""
        return await self.run(notifications.mine, Nothing())

    async def after(self, form: Form, result: Any) -> None:
        """Lead to the page that the notification is about; only to one that it really names."""
        ids = set(self.get_body_arguments("ids"))
        found = (await self.page())["notifications"]
        target = next((each["link"] for each in found if each["id"] in ids and each["link"]), None)
        if target is None:
            await super().after(form, result)
        else:
            self.go(self.prefix + target)
