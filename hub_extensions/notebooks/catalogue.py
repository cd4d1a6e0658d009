"""Reviewed notebooks that others can run: read from ``notebooks_templates/``, checked whole before anyone sees them.

A template is a folder with ``template.yaml``, a notebook with one cell tagged *parameters*, and a README. What the YAML
declares and what the notebook assigns must be the same names, so that a form can be drawn from the one and the other
can't quietly grow a setting (S-117: a query shared with the community).
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from project_spaces.errors import Invalid, NotFound
from project_spaces.text import Text

#: Shipped beside the packages, at the root of the repository.
TEMPLATES = Path(__file__).resolve().parents[2] / "notebooks_templates"

Value = str | int | float | bool
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:-?[a-z0-9])*$", max_length=40)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Bilingual(_Strict):
    """A text in both languages."""

    fr: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Parameter(_Strict):
    """One value that a person chooses before the run."""

    name: Name
    type: Literal["choice", "integer", "number", "boolean", "text"]
    default: Value
    label: Bilingual
    choices: list[str] = []
    minimum: int | float | None = None
    maximum: int | float | None = None
    max_length: int = Field(200, ge=1, le=10_000)

    @model_validator(mode="after")
    def _default_is_accepted(self) -> Self:
        if self.type == "choice" and not self.choices:
            msg = "a choice needs choices"
            raise ValueError(msg)
        if not self.accepts(self.default):
            msg = f"the default {self.default!r} is not accepted: {self.accepted}"
            raise ValueError(msg)
        return self

    def accepts(self, value: object) -> bool:
        """Say whether *value* may be given."""
        match self.type:
            case "choice":
                return value in self.choices
            case "text":
                return isinstance(value, str) and len(value) <= self.max_length
            case "boolean":
                return isinstance(value, bool)
            case "integer":
                return isinstance(value, int) and not isinstance(value, bool) and self._in_range(value)
            case "number":
                return isinstance(value, int | float) and not isinstance(value, bool) and self._in_range(value)

    def _in_range(self, value: float) -> bool:
        above = self.minimum is None or value >= self.minimum
        return above and (self.maximum is None or value <= self.maximum)

    @property
    def accepted(self) -> str:
        """What may be given, in words that are the same in both languages."""
        match self.type:
            case "choice":
                return " | ".join(self.choices)
            case "text":
                return f"text ≤ {self.max_length}"
            case "boolean":
                return "true | false"
            case _:
                low = "" if self.minimum is None else f"{self.minimum} ≤ "
                high = "" if self.maximum is None else f" ≤ {self.maximum}"
                return f"{low}{self.type}{high}"


class DataSets(_Strict):
    """What the notebook reads: all of one list, at least one of the other."""

    all_of: list[Slug] = []
    any_of: list[Slug] = []


class OutputFile(_Strict):
    """A file that the notebook leaves in the project folder; ``{name}`` stands for a parameter."""

    path: str
    kind: Literal["table", "figure", "text", "model"]


class Template(_Strict):
    """A template, checked."""

    slug: Slug
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
    title: Bilingual
    summary: Bilingual
    maintainer: str
    licence: str
    notebook: str = "notebook.ipynb"
    image: Slug = "datascience"
    data_sets: DataSets
    parameters: list[Parameter]
    outputs: list[OutputFile] = []

    def values(self, given: Mapping[str, object]) -> dict[str, Value]:
        """Return every parameter's value: the *given* one or the default.

        Raises
        ------
        Invalid
            an unknown name, or a value out of what is accepted; the sentence says what is.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name, value in given.items():
            if name not in known:
                names = ", ".join(known)
                raise Invalid(
                    Text(
                        f"Paramètre inconnu : {name} (il y a : {names}).",
                        f"Unknown parameter {name} (there are: {names}).",
                    )
                )
            if not known[name].accepts(value):
                accepted = known[name].accepted
                raise Invalid(
                    Text(
                        f"{name} = {value!r} refusé ; accepté : {accepted}.",
                        f"{name} = {value!r} refused; accepted: {accepted}.",
                    )
                )
        return {name: given.get(name, parameter.default) for name, parameter in known.items()}  # type: ignore[misc]

    def output_paths(self, values: Mapping[str, Value]) -> tuple[str, ...]:
        """Return where the outputs will be, under the project folder."""
        return tuple(output.path.format(**values) for output in self.outputs)


def templates(root: Path = TEMPLATES) -> tuple[Template, ...]:
    """Load every template; the first bad one raises :class:`Invalid`."""
    return tuple(load_template(file.parent) for file in sorted(root.glob("*/template.yaml")))


def find_template(slug: str, root: Path = TEMPLATES) -> Template:
    """Load the template *slug*, or raise :class:`NotFound`."""
    if slug not in {file.parent.name for file in root.glob("*/template.yaml")}:
        raise NotFound(Text(f"Modèle inconnu : {slug}.", f"Unknown template: {slug}."))
    return load_template(root / slug)


def notebook_path(template: Template, root: Path = TEMPLATES) -> Path:
    """Return the file of the template's notebook."""
    return root / template.slug / template.notebook


def load_template(folder: Path) -> Template:
    """Read and check the template in *folder*.

    Raises
    ------
    Invalid
        one sentence that names the template, the key or cell, and what is wrong.
    """
    try:
        document = yaml.safe_load((folder / "template.yaml").read_text("utf-8"))
        template = Template.model_validate(document)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _bad(folder, "template.yaml", str(error).splitlines()[0]) from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "template.yaml"
        unknown = first["type"] == "extra_forbidden"
        raise _bad(folder, key, "unknown key" if unknown else first["msg"].removeprefix("Value error, ")) from None
    for key, problem in _problems(folder, template):
        raise _bad(folder, key, problem)
    return template


def _bad(folder: Path, key: str, problem: str) -> Invalid:
    return Invalid(
        Text(f"Modèle {folder.name} refusé, {key} : {problem}.", f"Template {folder.name} refused, {key}: {problem}.")
    )


def _problems(folder: Path, template: Template) -> Iterator[tuple[str, str]]:
    """Yield (key, what is wrong), the first thing first."""
    names = [parameter.name for parameter in template.parameters]
    if template.slug != folder.name:
        yield "slug", f"{template.slug} is not the folder's name"
    if len(set(names)) != len(names):
        yield "parameters", "a name is given twice"
    for output in template.outputs:
        if not _is_project_path(output.path, names):
            yield "outputs", f"{output.path} is not a path under the project folder made of known parameters"
    if not (folder / "README.md").is_file():
        yield "README.md", "missing"
    if Path(template.notebook).name != template.notebook or not (folder / template.notebook).is_file():
        yield "notebook", f"{template.notebook} is not a file of the folder"
        return
    yield from _notebook_problems(folder / template.notebook, set(names))


def _is_project_path(path: str, names: list[str]) -> bool:
    try:
        filled = path.format(**dict.fromkeys(names, "x"))
    except (KeyError, IndexError, ValueError):
        return False
    return not filled.startswith("/") and ".." not in Path(filled).parts


def _notebook_problems(file: Path, declared: set[str]) -> Iterator[tuple[str, str]]:
    import nbformat  # noqa: PLC0415 - its validator compiles a grammar for two seconds: not at every start of the portal

    try:
        notebook = nbformat.read(file, as_version=4)
        nbformat.validate(notebook)
    except (ValueError, nbformat.ValidationError) as error:
        yield file.name, f"not a notebook ({str(error).splitlines()[0]})"
        return
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        yield file.name, f"one cell tagged parameters is needed, {len(tagged)} found"
        return
    assigned = _assigned(tagged[0].source)
    if assigned != declared:
        different = ", ".join(sorted(assigned ^ declared))
        yield file.name, f"the parameters cell and template.yaml differ: {different}"
    if any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells):
        yield file.name, "outputs must be cleared before it is shared"


def _assigned(source: str) -> set[str]:
    """Names that the cell assigns; anything else than plain assignments counts under its own text."""
    names: set[str] = set()
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return {"syntax error"}
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant()):
                names.add(name)
            case _:
                names.add(ast.unparse(statement))
    return names
