"""Runs a template for one person, cell by cell, through the same door as everything that this person types.

Papermill prepares the notebook and keeps its books (parameters, timings, the mark of a failure); its engine *bureau*
only hands each cell to a kernel behind the gateway. So a scheduled execution is recorded before it runs, decided on
while it runs, and cut when a right ends, exactly like an interactive one.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from nbformat import NotebookNode
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import raise_for_execution_errors
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from hub_extensions.notebooks.catalogue import TEMPLATES, Template, Value, notebook_path
from project_spaces.errors import BureauError
from project_spaces.text import Text

ENGINE = "bureau"
#: Where executed notebooks go, as the contents API of a workspace names the project folder.
FOLDER = "projet/executions"
CELL_TIMEOUT_S = 3600.0

Progress = Callable[[int, int], None]


class Executed(Protocol):
    """What one execution gave back."""

    status: str
    execution_count: int | None
    outputs: list[NotebookNode]


class Kernel(Protocol):
    """Something that executes code; :class:`hub_extensions.clients.kernel.Kernel` is one."""

    async def execute(self, code: str, timeout_s: float = ...) -> Executed:
        """Execute *code* and collect its outputs."""


class Client(Protocol):
    """The part of :class:`hub_extensions.clients.person.WorkbenchClient` that a run needs."""

    def kernel(self, project: str) -> AbstractAsyncContextManager[Kernel]:
        """Open a fresh kernel in the workspace of *project*."""

    async def put_file(self, project: str, path: str, model: dict[str, Any]) -> None:
        """Save a file through the contents API."""

    async def announce_run(self, project: str, template: str, run_id: str, parameters: Mapping[str, Any]) -> None:
        """Have the ledger hold which template is about to run."""


class JobFailed(BureauError):
    """A cell raised; the notebook was saved with its traceback."""

    status = 422

    def __init__(self, error: PapermillExecutionError, saved_as: str) -> None:
        self.cell_index: int = error.cell_index
        self.source: str = error.source
        self.error_name: str = error.ename
        self.saved_as = saved_as
        said = f"{error.ename}: {error.evalue}"
        super().__init__(
            Text(
                f"La cellule {self.cell_index + 1} a échoué ({said}) ; le carnet exécuté est dans {saved_as}.",
                f"Cell {self.cell_index + 1} failed ({said}); the executed notebook is in {saved_as}.",
            )
        )


@dataclass(frozen=True)
class JobResult:
    """A run that went through."""

    notebook: NotebookNode
    saved_as: str
    outputs: tuple[str, ...]

    @property
    def text(self) -> str:
        """Everything that the cells printed."""
        streams = [output for cell in self.notebook.cells for output in cell.get("outputs", [])]
        return "".join(output["text"] for output in streams if output["output_type"] == "stream")


class BureauEngine(Engine):
    """Papermill's engine: each cell goes to *run_cell*; stops at the first that fails."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,  # noqa: ARG003 - the signature is papermill's
        *,
        run_cell: Callable[[str], Executed],
        on_progress: Progress,
        **_: Any,
    ) -> None:
        """Execute the code cells in order; papermill saves nothing by itself."""
        total = len(nb_man.nb.cells)
        for index, cell in enumerate(nb_man.nb.cells):
            on_progress(index, total)
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            nb_man.cell_start(cell, index)
            executed = run_cell(cell.source)
            cell.outputs, cell.execution_count = executed.outputs, executed.execution_count
            if executed.status != "ok":
                nb_man.cell_exception(cell, index)
                return
            nb_man.cell_complete(cell, index)
        on_progress(total, total)


papermill_engines.register(ENGINE, BureauEngine)


def _nothing(done: int, total: int) -> None:
    """Tell nobody."""


async def run_template(
    client: Client,
    project: str,
    template: Template,
    given: Mapping[str, object],
    *,
    run_id: str,
    root: Path = TEMPLATES,
    on_progress: Progress = _nothing,
) -> JobResult:
    """Run *template* in the workspace of *project* and save the executed notebook in the project folder.

    Parameters
    ----------
    client
        signed in as the person who asks; the workspace must be running.
    given
        values of the template's parameters; the others keep their defaults.
    run_id
        names the saved notebook: ``projet/executions/<template>-<run_id>.ipynb``.
    on_progress
        called with (cells done, cells in all), from another thread.

    Raises
    ------
    Invalid
        a parameter out of what the template accepts; nothing ran.
    JobFailed
        a cell raised: its index, its source and where the notebook is.
    Unavailable
        the door closed (ledger, right, workspace); the sentence is the gateway's or the portal's.
    """
    values = template.values(given)
    notebook = await asyncio.to_thread(_prepared, notebook_path(template, root), values)
    await client.announce_run(project, template.slug, run_id, values)
    loop = asyncio.get_running_loop()
    async with client.kernel(project) as kernel:

        def run_cell(source: str) -> Executed:
            return asyncio.run_coroutine_threadsafe(kernel.execute(source, timeout_s=CELL_TIMEOUT_S), loop).result()

        executed = await asyncio.to_thread(_execute, notebook, run_cell, on_progress)
    saved_as = f"{FOLDER}/{template.slug}-{run_id}.ipynb"
    failure = _failure(executed)
    await client.put_file(project, FOLDER, {"type": "directory"})
    await client.put_file(project, saved_as, {"type": "notebook", "format": "json", "content": executed})
    if failure is not None:
        raise JobFailed(failure, saved_as) from None
    return JobResult(executed, saved_as, template.output_paths(values))


def _prepared(file: Path, values: Mapping[str, Value]) -> NotebookNode:
    """Load the notebook and inject the parameters after the cell that declares them."""
    return parameterize_notebook(load_notebook_node(str(file)), dict(values), engine_name=ENGINE)


def _execute(notebook: NotebookNode, run_cell: Callable[[str], Executed], on_progress: Progress) -> NotebookNode:
    return papermill_engines.execute_notebook_with_engine(
        ENGINE,
        notebook,
        kernel_name="python3",
        output_path=None,
        progress_bar=False,
        autosave_cell_every=0,
        run_cell=run_cell,
        on_progress=on_progress,
    )


def _failure(executed: NotebookNode) -> PapermillExecutionError | None:
    """Find the cell that raised and let papermill mark it in the notebook."""
    try:
        raise_for_execution_errors(executed, None)
    except PapermillExecutionError as error:
        return error
    return None
