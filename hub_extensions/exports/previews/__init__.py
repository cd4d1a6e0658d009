"""Safe previews: what a reviewer or a steward sees of a file is drawn by us, from its bytes, and can't act.

What was normalised (a table, a text, a picture) is laid out where the page is made; everything else is read in a
confined process first, which says rows, text and pixels and nothing of the file itself.
"""
