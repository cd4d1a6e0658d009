"""Help before submission: what a notebook asks of the export desk, and what it is answered.

A workspace has no network, so that it speaks to the desk as it speaks to nobody else: through two folders of the
person's private home. A kernel or JupyterLab's panel puts an ask into one; the worker reads it as it reads whatever
comes from the untrusted side, runs the very checks of a submission, records that it did, and puts an answer into the
other. Nothing is submitted this way: what happens in a workspace may be a colleague's notebook, and must not speak in
anybody's name. Submitting is an act on the portal's own pages.
"""
