"""Where things lie on disk: data sets by version, two folders per project, one private home per person and project."""

import os
from dataclasses import dataclass
from pathlib import Path

from project_spaces.slugs import require_slug, require_version
from project_spaces.text import Text

_NAME = Text("Nom", "Name")


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths below *root*. Names are checked here again, so that no caller can leave *root* by a name."""

    root: Path

    def dataset_dir(self, slug: str, version: str) -> Path:
        """Files and manifest of one version; mounted read-only as ``/data/<slug>``."""
        return self.root / "datasets" / require_slug(slug, _NAME) / require_version(version)

    def samples_dir(self, slug: str, version: str) -> Path:
        """What anybody may download of one version: beside the data set, never mounted with it."""
        return self.root / "samples" / require_slug(slug, _NAME) / require_version(version)

    def project_dir(self, slug: str) -> Path:
        """The project's shared folder; mounted as ``/project``."""
        return self.root / "projects" / require_slug(slug, _NAME)

    def imports_dir(self, slug: str) -> Path:
        """What came into the project through the import desk; mounted read-only as ``/imports``."""
        return self.root / "imports" / require_slug(slug, _NAME)

    def home_dir(self, slug: str, username: str) -> Path:
        """The person's private folder in that project; mounted as ``/home/analyst``."""
        return self.root / "homes" / require_slug(slug, _NAME) / require_slug(username, _NAME)

    def homes_dir(self, slug: str) -> Path:
        """Every private folder in that project."""
        return self.root / "homes" / require_slug(slug, _NAME)

    def prepare(self, slug: str, username: str, *, uid: int) -> None:
        """Make the folders that a workspace writes in, owned by *uid* when we may give them away (root)."""
        imports = self.imports_dir(slug)
        imports.mkdir(parents=True, exist_ok=True)
        imports.chmod(0o755)  # whatever the umask: workspaces read it under another user
        for folder in (self.project_dir(slug), self.home_dir(slug, username)):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if os.geteuid() == 0:
                os.chown(folder, uid, uid)
