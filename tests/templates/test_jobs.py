"""A job goes cell by cell through one kernel, stops at the first failure, and always leaves its notebook behind."""

import contextlib
import io
import shutil
import traceback
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from hub_extensions.notebooks.catalogue import Template, load_template
from hub_extensions.notebooks.jobs import JobFailed, run_template
from project_spaces.errors import Invalid, Unavailable
from project_spaces.text import Text

YAML = """
slug: essai
version: 1.0.0
title: {fr: Essai, en: Trial}
summary: {fr: Essai, en: Trial}
maintainer: nobody
licence: Apache-2.0
data_sets: {}
parameters:
  - {name: nombre, type: integer, default: 1, minimum: 0, maximum: 9, label: {fr: Nombre, en: Number}}
outputs:
  - {path: "exports/{nombre}.csv", kind: table}
"""


@dataclass
class FakeExecution:
    status: str
    execution_count: int
    outputs: list[NotebookNode]


@dataclass
class FakeClient:
    """A workspace that executes in this process."""

    closed_after: int = 99
    executed: list[str] = field(default_factory=list)
    saved: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)
    told: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    async def announce_run(self, project: str, template: str, run_id: str, parameters: Mapping[str, Any]) -> None:
        assert not self.executed, "told before the first cell"
        self.told.append((template, run_id, dict(parameters)))

    @contextlib.asynccontextmanager
    async def kernel(self, project: str) -> AsyncIterator["FakeClient"]:
        assert project == "readmissions"
        yield self

    async def execute(self, code: str, timeout_s: float = 1) -> FakeExecution:
        if len(self.executed) >= self.closed_after:
            raise Unavailable(Text("Habilitation terminée.", "The habilitation ended."))
        self.executed.append(code)
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                exec(code, self.names)  # noqa: S102 - the tests' own code
        except ZeroDivisionError as error:
            lines = traceback.format_exc().splitlines()
            failure = new_output("error", ename="ZeroDivisionError", evalue=str(error), traceback=lines)
            return FakeExecution("error", len(self.executed), [failure])
        outputs = [new_output("stream", name="stdout", text=printed.getvalue())] if printed.getvalue() else []
        return FakeExecution("ok", len(self.executed), outputs)

    async def put_file(self, project: str, path: str, model: dict[str, Any]) -> None:
        self.saved[path] = model


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with one small template."""
    folder = tmp_path / "essai"
    folder.mkdir()
    (folder / "template.yaml").write_text(YAML)
    (folder / "README.md").touch()
    cells = [
        new_code_cell("nombre = 1", metadata={"tags": ["parameters"]}),
        new_markdown_cell("# Texte"),
        new_code_cell("print('inverse', 10 / nombre)"),
        new_code_cell(""),
        new_code_cell("print('fin')"),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), folder / "notebook.ipynb")
    return tmp_path


@pytest.fixture
def template(root: Path) -> Template:
    return load_template(root / "essai")


async def test_parameters_are_injected_and_every_cell_passes_in_order(root: Path, template: Template):
    client, progress = FakeClient(), []
    result = await run_template(
        client,
        "readmissions",
        template,
        {"nombre": 5},
        run_id="1",
        root=root,
        on_progress=lambda done, total: progress.append((done, total)),
    )
    assert [code.splitlines()[-1] for code in client.executed] == [
        "nombre = 1",
        "nombre = 5",
        "print('inverse', 10 / nombre)",
        "print('fin')",
    ]
    assert result.text == "inverse 2.0\nfin\n"
    assert result.outputs == ("exports/5.csv",)
    assert client.told == [("essai", "1", {"nombre": 5})]
    assert progress[-1] == (6, 6)


async def test_the_executed_notebook_is_saved_through_the_contents_api(root: Path, template: Template):
    client = FakeClient()
    result = await run_template(client, "readmissions", template, {}, run_id="1", root=root)
    assert list(client.saved) == ["projet/executions", "projet/executions/essai-1.ipynb"]
    content = client.saved[result.saved_as]["content"]
    nbformat.validate(content)
    assert content.metadata.papermill.parameters == {"nombre": 1}


async def test_a_failing_cell_stops_the_run_and_says_where(root: Path, template: Template):
    client = FakeClient()
    with pytest.raises(JobFailed) as failure:
        await run_template(client, "readmissions", template, {"nombre": 0}, run_id="2", root=root)
    assert failure.value.cell_index == 3
    assert failure.value.source == "print('inverse', 10 / nombre)"
    assert failure.value.error_name == "ZeroDivisionError"
    assert "print('fin')" not in client.executed
    assert failure.value.saved_as in client.saved


async def test_a_refused_value_runs_nothing(root: Path, template: Template):
    client = FakeClient()
    with pytest.raises(Invalid):
        await run_template(client, "readmissions", template, {"nombre": 10}, run_id="3", root=root)
    assert not client.executed
    assert not client.saved


async def test_a_right_that_ends_during_the_run_stops_it_with_the_gateways_sentence(root: Path, template: Template):
    client = FakeClient(closed_after=2)
    with pytest.raises(Unavailable, match="habilitation ended"):
        await run_template(client, "readmissions", template, {}, run_id="4", root=root)
    assert len(client.executed) == 2


async def test_a_template_that_vanished_is_not_half_run(root: Path, template: Template):
    shutil.rmtree(root / "essai")
    client = FakeClient()
    with pytest.raises(FileNotFoundError):
        await run_template(client, "readmissions", template, {}, run_id="5", root=root)
    assert not client.executed
