"""Names shared by Alembic's entry and whoever looks at its work."""

#: Alembic's own table, named so that it never meets the Hub's in a shared database.
VERSION_TABLE = "bureau_schema_version"
