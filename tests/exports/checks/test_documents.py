"""Documents leave as they came: what their archive, pictures and charts carry besides what a reader sees."""

import io
import struct
import zipfile
from pathlib import Path

import pytest

from hub_extensions.exports.checks.corpus.attached import jpeg
from hub_extensions.exports.checks.corpus.workbooks import AGGREGATE, word
from hub_extensions.exports.checks.formats.office.inspecting import inspect_document
from hub_extensions.exports.checks.formats.raster import check_jpeg
from hub_extensions.exports.checks.inspection import Unreadable
from hub_extensions.exports.checks.policy import DEFAULT

ROWS = b"age,sexe,crp\n81,H,12.4\n77,F,3.1\n64,H,8.8\n"


def rules(tmp_path: Path, data: bytes) -> set[str]:
    """What is found in a document, beside that somebody must read it."""
    file = tmp_path / "d.docx"
    file.write_bytes(data)
    return {each.rule for each in inspect_document(file, DEFAULT).findings} - {"document.reading"}


def with_extra(extra: bytes) -> bytes:
    """A document one member of which carries *extra* in its header."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word(AGGREGATE))) as source, zipfile.ZipFile(out, "w") as target:
        for member in source.namelist():
            info = zipfile.ZipInfo(member, (2024, 1, 1, 0, 0, 0))
            info.extra = extra
            target.writestr(info, source.read(member))
    return out.getvalue()


def test_headers_of_the_archive_hold_what_programs_write_and_nothing_else(tmp_path: Path) -> None:
    grows = struct.pack("<HHHH", 0xA220, 40, 0xA028, 36) + bytes(36)
    moments = struct.pack("<HHBI", 0x5455, 5, 1, 1_700_000_000)
    for honest in (grows, moments, b""):
        assert not rules(tmp_path, with_extra(honest))
    for hidden in (
        struct.pack("<HH", 0x4242, len(ROWS)) + ROWS,
        struct.pack("<HHHH", 0xA220, 40, 0xA028, 36) + ROWS[:36],
    ):
        assert rules(tmp_path, with_extra(hidden)) == {"content.trailing"}


@pytest.mark.parametrize(
    "part", [b"<a><b></a>", b"rows, no markup", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', b"<!DOCTYPE a><a/>"]
)
def test_a_part_that_is_no_plain_markup_is_not_read(tmp_path: Path, part: bytes) -> None:
    file = tmp_path / "d.docx"
    file.write_bytes(word(AGGREGATE, extra={"word/settings.xml": part}))
    with pytest.raises(Unreadable):
        inspect_document(file, DEFAULT)


def test_a_folder_is_no_part_and_one_with_content_is(tmp_path: Path) -> None:
    assert not rules(tmp_path, word(AGGREGATE, extra={"word/media/": b""}))
    assert rules(tmp_path, word(AGGREGATE, extra={"word/empty/": ROWS})) == {"document.unknown_part"}


def test_bibliographies_and_styles_are_no_rows(tmp_path: Path) -> None:
    source = "<b:Source><b:Tag>A{0}</b:Tag><b:Year>20{0}</b:Year><b:Volume>{0}</b:Volume></b:Source>"
    space = "http://schemas.openxmlformats.org/officeDocument/2006/bibliography"
    sources = f'<b:Sources xmlns:b="{space}">{"".join(map(source.format, range(10, 20)))}</b:Sources>'
    value = '<property fmtid="{{D5CD}}" pid="{0}" name="p{0}"><vt:lpwstr xmlns:vt="v">v{0}</vt:lpwstr></property>'
    space = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
    properties = f'<Properties xmlns="{space}">{"".join(map(value.format, range(2, 9)))}</Properties>'
    parts = {"customXml/item1.xml": sources.encode(), "docProps/custom.xml": properties.encode()}
    assert not rules(tmp_path, word(AGGREGATE, extra=parts))


def test_a_jpeg_is_read_behind_its_scan() -> None:
    note = b"\xff\xfe" + struct.pack(">H", len(ROWS) + 32) + b"x" * 30 + ROWS
    assert not list(check_jpeg(jpeg(), "i"))
    assert {each.rule for each in check_jpeg(jpeg(between=note), "i")} >= {"image.text"}
    with pytest.raises(Unreadable):
        list(check_jpeg(jpeg()[:-2], "i"))
