"""One installation on one machine: what it needs before it starts, its processes, and how they open the domain."""
