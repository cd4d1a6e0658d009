"""The JSON API: the same verbs as the pages, described by the document served beside it."""
