"""From a sheet to the card of a registered version: its words, the manifest's facts, and the sample beside them."""

import shutil
from datetime import datetime
from pathlib import Path

from hub_extensions.datasets.sheets import Sheet, SheetTable
from project_spaces.beneath import open_beneath
from project_spaces.catalogue.cards import Bilingual, Card, ColumnCard, TableCard, VersionCard, require_public_sample
from project_spaces.catalogue.publications import describe_version, set_public
from project_spaces.errors import Invalid, NotFound
from project_spaces.layout import Layout
from project_spaces.manifests import FILE_NAME, Column, Manifest, TableFile, sha256_of
from project_spaces.store import Store
from project_spaces.text import Text

#: A sample shows what data look like; it is no way to deliver them (bytes).
LARGEST_SAMPLE = 64 << 20


def describe(store: Store, layout: Layout, sheet: Sheet, root: Path, *, actor: str, now: datetime) -> bool:
    """Keep what *sheet* says of its registered version, and show it where the sheet says so; False without a card.

    Parameters
    ----------
    root
        folder that ``sheet.folder`` is relative to: the sample lies there.

    Raises
    ------
    Invalid, NotFound, Refused
        the sample is absent, too large or may not be shown; no such version; *actor* may not describe it.
    """
    if sheet.catalogue is None:
        return False
    require_public_sample(sheet.catalogue, sheet.classification.value)
    manifest = _manifest(layout, sheet)
    card = _with_sample(sheet, sheet.catalogue, root / sheet.folder, layout)
    described = VersionCard(
        card=card,
        licence=manifest.licence,
        source=manifest.source,
        citation=manifest.citation,
        tables=tuple(_table(each, _words(sheet, each.name)) for each in manifest.tables),
    )
    describe_version(store, sheet.slug, sheet.version, described, actor=actor, now=now)
    if sheet.public:
        set_public(store, sheet.slug, public=True, actor=actor, now=now)
    return True


def _manifest(layout: Layout, sheet: Sheet) -> Manifest:
    try:
        return Manifest.from_bytes((layout.dataset_dir(sheet.slug, sheet.version) / FILE_NAME).read_bytes())
    except OSError:
        raise NotFound(
            Text(
                f"La version {sheet.version} de {sheet.slug} n'est pas enregistrée.",
                f"Version {sheet.version} of {sheet.slug} is not registered.",
            )
        ) from None


def _words(sheet: Sheet, table: str) -> SheetTable | None:
    return next((each for each in sheet.tables if each.name == table), None)


def _table(file: TableFile, words: SheetTable | None) -> TableCard:
    return TableCard(
        name=file.name,
        rows=file.rows,
        title=None if words is None else words.title,
        columns=tuple(_column(column, words) for column in file.columns),
    )


def _column(column: Column, words: SheetTable | None) -> ColumnCard:
    said = None if words is None else words.columns.get(column.name)
    return ColumnCard(
        name=column.name,
        type=column.type,
        identifying=column.identifying,
        linkable=column.linkable,
        label=None if said is None else Bilingual(fr=said.fr, en=said.en),
        unit=None if said is None else said.unit,
        values={} if said is None else said.values,
    )


def _with_sample(sheet: Sheet, card: Card, source: Path, layout: Layout) -> Card:
    """Copy the sample to where it is served from; its hash and size come from the copy."""
    if card.sample is None:
        return card
    delivered = source / card.sample.file
    if not delivered.is_file() or delivered.stat().st_size > LARGEST_SAMPLE:
        most = LARGEST_SAMPLE >> 20
        raise Invalid(
            Text(
                f"L'échantillon {card.sample.file} manque ou dépasse {most} Mio.",
                f"The sample {card.sample.file} is missing or larger than {most} MiB.",
            )
        )
    folder = layout.samples_dir(sheet.slug, sheet.version)
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{card.sample.file}.part"
    shutil.copyfile(delivered, part)
    kept = part.rename(folder / card.sample.file)
    update = {"sha256": sha256_of(kept), "bytes": kept.stat().st_size}
    return card.model_copy(update={"sample": card.sample.model_copy(update=update)})


def open_sample(layout: Layout, dataset: str, version: str, file: str) -> int:
    """Open the sample of a version for reading and return its descriptor; raises ``NotFound`` or ``Refused``."""
    return open_beneath(layout.samples_dir(dataset, version), file)
