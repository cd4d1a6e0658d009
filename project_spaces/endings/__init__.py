"""The end of a project: frozen, last exports, archived or deleted by decision of two, certified."""
