"""One chain of migrations for the whole database: the domain's tables and those of the rooms built on it.

A room that adds tables (the export desk, for one) adds its own file to ``versions/``, numbered after the last one, with
``down_revision`` set to it. The migrations are written by hand; a test compares their result with the models.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config

from project_spaces.engines import open_engine

HERE = Path(__file__).parent


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database at *url* to *revision*; what is there stays, and doing it again does nothing."""
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    engine = open_engine(url, read_only=False)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engine.dispose()
