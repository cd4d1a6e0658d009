"""How a linked data set names the linkage and the project that it was made for, in its manifest's source."""


def origin(linkage: str, project: str) -> str:
    """Name the linkage and the project; all versions of its output begin their source with it."""
    return f"appariement {linkage}, projet {project}"


def made_for(source: str, project: str) -> bool:
    """Tell whether *source* says that a linkage made this for *project*."""
    begin, _, _rest = source.partition(" : ")
    return begin.startswith("appariement ") and begin.endswith(f", projet {project}")
