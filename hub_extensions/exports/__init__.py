"""The door out: the export desk and the disclosure checks that every file passes before a person sees it."""
