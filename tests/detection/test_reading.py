"""What a text reaches for is seen as an attacker would write it, and everyday work is not."""

import pytest

from hub_extensions.detection.reading import MOST_CALLS, NOTHING, _shell_lines, read_code, read_line

from .conftest import cell

MOUNTED = ("sejours",)


@pytest.mark.parametrize(
    "code",
    [
        "open('/proc/self/environ').read()",
        "open('/etc/passwd')",
        "Path('/run/bureau/jupyter.sock')",
        "pd.read_parquet('/data/naissances/2023.parquet')",
        "!cat /data/naissances/x.csv",
        "%%bash\ncd x\n/etc/init",
        "open('../../../etc/shadow')",
        "x = ['/home/ben/notes.csv']",
        "os.readlink('/proc/1/root')",
        'f"{base}" + "/sys/class/net"',
        "open(\t'/dev/mem')",
        "subprocess.run(['cat','/root/.ssh/id'])",
        "!ls /var/log",
    ],
)
def test_a_path_outside_ones_own_mounts_is_seen(code: str) -> None:
    assert read_code(cell(code), MOUNTED).outside


@pytest.mark.parametrize(
    "code",
    [
        "pd.read_parquet('/data/sejours/2023.parquet')",
        "df.to_csv('/project/etc/result.csv')",
        "open('/home/analyst/notes.txt')",
        "a = b/data.sum()",
        "rate = events[0]/run",
        "url = 'https://example.org/data/x'",
        "plt.savefig('./data/figure.png')",
        "cmd > /dev/null",
        "x = total/(home/boot)",
        "'</data>'",
        "print(os.listdir('/data'))",
        "etc = 1; proc = 2",
    ],
)
def test_everyday_work_reaches_nothing_outside(code: str) -> None:
    assert not read_code(cell(code), MOUNTED).outside


@pytest.mark.parametrize(
    "code",
    [
        "for x in os.walk(base): pass",
        "list(Path('/data').rglob('*'))",
        "glob.glob('/data/**/*.csv', recursive=True)",
        "os.listdir('/data/sejours')",
        "list(Path('/').iterdir())",
        "!find / -name '*.csv'",
        "! ls -lR",
        "%%bash\ncd /project\nls -aR .",
        "subprocess.run(['find', '/data', '-type', 'f'])",
        "os.system('ls -R /project')",
        "list.files('/project', recursive=TRUE)",
    ],
)
def test_a_walk_through_whole_trees_is_seen(code: str) -> None:
    assert read_code(cell(code), MOUNTED).listing


@pytest.mark.parametrize(
    "code",
    ["os.listdir('.')", "glob.glob('figures/*.png')", "model.run(data)", "a != b", "s.find('x')", "run('ls -l')"],
)
def test_looking_into_ones_own_folder_is_no_bulk_listing(code: str) -> None:
    assert not read_code(cell(code), MOUNTED).listing


@pytest.mark.parametrize(
    "code",
    [
        "print(base64.b64encode(open('t.parquet','rb').read()))",
        "data.tobytes().hex()",
        "binascii.hexlify(raw)",
        "!base64 table.parquet",
        "%%sh\nxxd model.bin",
        "subprocess.check_output(['base64', 'x'])",
        "base64.encodebytes(x)",
    ],
)
def test_bulk_encoded_for_display_is_seen(code: str) -> None:
    assert read_code(cell(code), MOUNTED).encoding


@pytest.mark.parametrize("code", ["'é'.encode('utf-8')", "colour = '#a0b1c2'", "base64 = 1", "run('python x.py')"])
def test_ordinary_encodings_are_not(code: str) -> None:
    assert read_code(cell(code), MOUNTED) == NOTHING


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"find / -name x\r", "listing"),
        (b"ls -lhR\r", "listing"),
        (b"cat /proc/1/environ\r", "outside"),
        (b"base64 table.csv\r", "encoding"),
    ],
)
def test_a_line_of_a_terminal_is_read_as_a_shell_would(line: bytes, expected: str) -> None:
    assert getattr(read_line(line, MOUNTED), expected)


def test_any_bytes_can_be_read() -> None:
    for text in (b"", b"/", b"(" * 1000, b"\xff\xfe/proc/\x00", b"!" * 100, b"/data/\xe9t\xe9"):
        read_code(text, MOUNTED)
        read_line(text, MOUNTED)


@pytest.mark.parametrize("piece", [b"!", b"%!", b"!x", b"!ls \\n", b"!\n"])
def test_each_byte_after_a_mark_for_the_shell_is_looked_at_once(piece: bytes) -> None:
    """Marks in a row had each the whole rest looked through: 80 KB of them held everybody's messages for seconds."""
    text = piece * 500
    assert sum(map(len, _shell_lines(text))) <= len(text)


def test_what_holds_more_calls_than_are_looked_at_counts_as_what_they_may_be() -> None:
    """Whoever hides one call behind thousands of others is told of; whoever writes none of them is not."""
    for piece in ("x.run(y)\n", "!y\n"):
        assert read_code(cell(piece * (MOST_CALLS + 1)), MOUNTED) == (False, True, True)
        assert read_code(cell(piece * MOST_CALLS), MOUNTED) == NOTHING


def test_flags_of_a_listing_are_passed_over_once() -> None:
    """Each ``-ls`` began a look at all flags that follow, and nobody's messages passed meanwhile."""
    assert read_line(b"ls -l -h -a -R\r", MOUNTED).listing
    assert read_code(cell("%%sh\n" + "ls -ls " + "-ls " * 1_000_000), MOUNTED) == NOTHING
