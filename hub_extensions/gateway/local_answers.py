"""What JupyterLab asks for that the gateway answers itself: nothing of it reaches the workspace."""

from hub_extensions.gateway.base import WorkspaceHandler
from hub_extensions.gateway.channels import LiveSocket

#: Answers that keep JupyterLab quiet about what this product leaves out: rebuilding itself, and converting notebooks
#: to files to take away.
FIXED = {"lab/api/build": {"status": "stable", "message": ""}, "api/nbconvert": {}}


class FixedHandler(WorkspaceHandler):
    """A constant in place of a route that is closed."""

    def get(self, _person: str, _project: str, name: str) -> None:
        """Answer the constant."""
        self.finish(dict(FIXED[name]))


class EventsHandler(LiveSocket):
    """``/api/events/subscribe``: held open and silent; what a front end emits there is dropped."""

    def open(self, _person: str, _project: str) -> None:  # type: ignore[override]
        """Join the connections that a lapse closes."""
        self.seat.connections[self] = self.session

    def on_message(self, message: str | bytes) -> None:
        """Drop it."""
