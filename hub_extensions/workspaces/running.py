"""The workspaces that really run on this machine, whichever way they were started."""

from hub_extensions.settings import Settings
from hub_extensions.workspaces.containers import Containers, Running
from hub_extensions.workspaces.trial import TrialProcesses


def running_workspaces(settings: Settings) -> Running:
    """Return what sees and ends the workspaces of this installation; raises when the engine does not answer."""
    return TrialProcesses(settings) if settings.spawner == "local" else Containers(settings.home)


def end_all(settings: Settings) -> int:
    """End every workspace of this installation and return how many there were."""
    running = running_workspaces(settings)
    found = running.workspaces()
    for workspace in found:
        running.kill(workspace)
    return len(found)
