"""Python kernels of a workspace: where modules come from, and settings whose defaults make everybody wait at each cell.

A person's own profile may still set them otherwise. docs/performance.md says what the latter bring, so that a
comparison with a stock JupyterHub is read with them in mind.
"""

import sys

c = get_config()  # noqa: F821 - given by traitlets

# Kernels start in a folder that the project shares. Modules there are found, but after the image's own: with IPython's
# order a colleague's jedi.py would run in everybody's kernel at the first completion, with that person's data and under
# that person's name. Kernels start with -P (Dockerfile), so that the folder is not on the path before this is read.
if "" not in sys.path:
    sys.path.append("")

# IPython writes each input into its search history at once: a SQLite transaction, four fdatasync on the disk that the
# project's files and other people's cells share, in a thread that takes turns with the cell. Written every hundredth
# input, when the kernel ends, and whenever the history is asked for, it costs nothing; a kernel that is killed loses at
# most the last hundred lines of a search history whose every line the ledger holds anyway.
c.HistoryManager.db_cache_size = 100

# A sleep between output and reply, kept for front ends that stop listening at the reply (ipykernel's own comment).
# JupyterLab and everything of ours wait for the idle message too, which follows the output on the same channel.
c.Kernel._execute_sleep = 0

# Kernels make a record of each debugging sentence, several for every cell, and throw it away where it would be written.
c.IPKernelApp.logging_config = {"loggers": {"IPKernelApp": {"level": "WARNING"}}}
