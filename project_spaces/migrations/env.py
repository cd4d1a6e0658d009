"""Alembic's entry: runs on the connection that ``migrate`` opened, in one transaction."""

from alembic import context

from project_spaces.migrations.env_names import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
