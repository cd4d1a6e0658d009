"""A vector drawing as pixels: what carried each person's coordinates to the last digit is then a picture of them.

Runs where the other mends do, in a confined process without a network. A drawing that reacts, fetches or embeds
anything is not drawn at all: the renderer would open what it names.
"""

import io
import tempfile
from pathlib import Path

from hub_extensions.exports.checks.inspection import Inspected
from hub_extensions.exports.mends.kinds import CannotMend
from project_spaces.text import Text

#: Rules whose findings keep a drawing from being rendered.
_NOT_DRAWN = frozenset({"vector.active", "vector.remote", "vector.image", "document.active", "document.attachment"})
#: Pixels across: a page of a journal at 200 dpi. Most pixels in all, whatever the proportions.
WIDTH, MOST_PIXELS = 1600, 16_000_000

_HOSTILE = Text(
    "Ce dessin contient autre chose que des traits (code, image, adresse) : il n'est pas converti.",
    "This drawing holds more than lines (code, a picture, an address): it is not converted.",
)
_PAGES = Text("Seul un document d'une page devient une image.", "Only a document of one page becomes a picture.")
_BROKEN = Text("Ce dessin ne peut pas être converti en image.", "This drawing can't be made a picture.")


def rastered(path: Path, kind: str, inspected: Inspected) -> tuple[bytes, Text]:
    """Return an SVG drawing or a PDF of one page as PNG.

    Raises
    ------
    CannotMend
        it holds more than lines, has several pages, or can't be drawn.
    """
    if any(finding.rule in _NOT_DRAWN for finding in inspected.findings):
        raise CannotMend(_HOSTILE)
    try:
        data = _svg(path) if kind == "svg" else _page(path)
    except (ValueError, OSError, RuntimeError) as error:
        raise CannotMend(_BROKEN) from error
    return data, Text("Dessin converti en image (PNG).", "Drawing converted to a picture (PNG).")


def _svg(path: Path) -> bytes:
    import resvg_py

    # A drawing whose other side would be enormous ends at this process's memory, which is no mend.
    text = path.read_text("utf-8")
    with tempfile.TemporaryDirectory(prefix="bv-nothing-") as nothing:
        return bytes(resvg_py.svg_to_bytes(svg_string=text, width=WIDTH, background="#ffffff", resources_dir=nothing))


def _page(path: Path) -> bytes:
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        if len(document) != 1:
            raise CannotMend(_PAGES)
        page = document[0]
        width, height = page.get_size()
        scale = WIDTH / max(width, 1.0)
        if width * height * scale * scale > MOST_PIXELS:
            raise CannotMend(_BROKEN)
        target = io.BytesIO()
        page.render(scale=scale).to_pil().convert("RGB").save(target, format="PNG")
        return target.getvalue()
