"""An SVG written anew: what draws, and nothing beside it. The new bytes are what reviewers see and what leaves.

Remarks, instructions to programs and document types have no place in the tree that was read; descriptions, programs'
own elements and attributes, and ``data-…`` are taken out of it.
"""

from typing import Any

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_XML = "http://www.w3.org/XML/1998/namespace"
_SILENT = frozenset({"metadata", "desc"})


def redrawn(root: Any) -> bytes:
    """Return the drawing of a tree that no check blocked."""
    from xml.etree import ElementTree as ET

    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    _strip(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _strip(element: Any) -> None:
    for name in list(element.attrib):
        space, _, local = str(name).rpartition("}")
        if space.lstrip("{") not in {"", _SVG, _XLINK, _XML} or local.startswith("data-"):
            del element.attrib[name]
    for child in list(element):
        if _draws(child):
            _strip(child)
        else:
            element.remove(child)


def _draws(element: Any) -> bool:
    space, _, local = str(element.tag).rpartition("}")
    return space.lstrip("{") in {"", _SVG} and local.lower() not in _SILENT
