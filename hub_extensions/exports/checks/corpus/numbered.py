"""Identifiers as people write them: a NIR in every spacing, numbers of professionals, headers that name a person."""

from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, seeded, table
from hub_extensions.exports.checks.identifiers import luhn, nir_key

_BODIES = ("1850375123456", "254082A168025", "278122B033044")
_HEADERS = (
    "N° de sécurité sociale", "Date de naissance", "Nom patient", "Code patient", "cle_benef", "PERSON_ID",
    "Identifiant séjour", "NIR haché", "Adresse e-mail", "Téléphone", "patientKey", "study_id", "record_id",
    "id_pat_anonyme", "NUMERO_SEJOUR", "ipp_crypte", "NIR_ANO_17", "num_adeli",
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    for number, body in enumerate(_BODIES):
        for name, written in _spacings(body, f"{nir_key(body):02d}"):
            text = f"Le dossier de {written} a été relu.\n"
            yield Case(f"nir_{number}_{name}.txt", BLOCK, f"a NIR with its key: {name}", text.encode())
    body = _BODIES[0]
    wrong = f"{body} {nir_key(body) % 97 + 1:02d}\n"
    yield Case("nir_wrong_key.md", FLAG, "a NIR with a wrong key", wrong.encode())
    yield Case("nir_in_code.py", BLOCK, "a NIR in a program", f"X = '{body}{nir_key(body):02d}'\n".encode())
    yield from _professionals()
    for number, header in enumerate(_HEADERS):
        rows = [[str(100_000 + 7919 * line), 30 + line, 400 + line] for line in range(3)]
        yield Case(
            f"person_{number:02d}.csv", BLOCK, f"« {header} » names a person", table([header, "n", "cout"], rows, ";")
        )
    yield Case("finess_said.md", PASS, "FINESS without a number", "Chaque FINESS est rattaché à sa région.\n".encode())


def _spacings(body: str, key: str) -> Iterator[tuple[str, str]]:
    parts = [body[0], body[1:3], body[3:5], body[5:7], body[7:10], body[10:13], key]
    for name, gap in {
        "spaces": " ",
        "points": ".",
        "dashes": "-",
        "no_break": "\u00a0",
        "narrow": "\u202f",
        "zero_width": "\u200b",
    }.items():
        yield name, gap.join(parts)
    yield "together", body + key
    yield "letter_small", " ".join(parts).lower()
    yield "full_width", "".join(chr(ord(c) + 0xFEE0) for c in body + key)
    yield "two_lines", f"{' '.join(parts[:4])}\n{' '.join(parts[4:])}"


def _professionals() -> Iterator[Case]:
    source = seeded("professionals")

    def number(start: str, length: int) -> str:
        stem = start + "".join(source.choice("0123456789") for _ in range(length - len(start) - 1))
        return stem + next(digit for digit in "0123456789" if luhn(stem + digit))

    rpps = [number("1000", 11) for _ in range(25)]
    rows = [[one, source.randrange(20, 400)] for one in rpps]
    yield Case("rpps_plain_header.csv", BLOCK, "RPPS under a plain header", table(["medecin", "consultations"], rows))
    yield Case("rpps_said.txt", BLOCK, "an RPPS in a sentence", f"Prescripteur RPPS {rpps[0]}, cardiologie.\n".encode())
    rows = [[number("75", 9), source.randrange(20, 400)] for _ in range(25)]
    yield Case("finess_plain_header.csv", FLAG, "FINESS under a plain header", table(["code", "sejours"], rows))
