"""The import desk (« sas d'import »): the only way in for files, the export desk turned round."""
