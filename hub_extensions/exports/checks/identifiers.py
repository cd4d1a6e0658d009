"""Direct identifiers of persons and professionals, in any text, and the names of columns that hold them.

The key of a NIR is right in one of a hundred random numbers, so month and département are looked at too; a NIR written
with spaces or digit by digit is still one; one with a wrong key is shown to a reviewer. FINESS and RPPS pass Luhn's
test
one time in ten by chance: a column decides, not a value. Source: CNAM practice (no identifier of a beneficiary or of a
professional, even encrypted), HDH forum no. 1190.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.tables.cells import INVISIBLE as _INVISIBLE
from hub_extensions.exports.checks.tables.cells import plain
from hub_extensions.exports.checks.tables.grid import Grid

#: Headers that hold identifiers in SNDS, PMSI, OMOP and hospital warehouses, as :func:`plain` writes them.
IDENTIFIER_HEADERS = frozenset(
    """
    ben_nir_ano ben_nir_psa ben_idt_ano ben_idt_top ben_rng_gem num_enq ano_num nir_ano_17 nir nir_ano nir_psa
    ass_nir_ano ben_nir_idt psa_nir ipp nda nip nip_anonyme num_seq rsa_num rss_num rhs_num eta_num_rsa nas iep
    no_dossier num_dossier numero_dossier dossier_id nss nss_hash insee_nir numero_securite_sociale num_secu
    securite_sociale patient_id id_patient patientid idpatient pat_id num_patient numero_patient no_patient
    patient_num person_id personid id_personne id_individu individu_id person_source_value subject_id id_sujet
    sujet_id subjectid usubjid subjid participant_id id_participant beneficiaire_id id_beneficiaire id_ben mrn
    medical_record_number encounter_id id_sejour sejour_id visit_occurrence_id num_sejour ins ins_c ins_nir
    matricule_ins id_anonyme id_pseudo pseudonyme pseudo_id id_projet hash_nir hash_patient nom prenom
    nom_naissance nom_usage nom_patient last_name first_name surname given_name full_name nom_prenom
    patient_name email e_mail mail courriel adresse_mail adresse_email telephone tel mobile portable phone
    phone_number numero_telephone adresse adresse_postale address street adresse1 date_naissance ddn dob
    birth_date birthdate date_of_birth birth_datetime date_de_naissance ben_nai_dat ben_dcd_dte date_deces
    death_date death_datetime iban hadm_id stay_id icustay_id row_id patient_nbr stc_patient admission_id
    patient_uid uid uuid guid numero_identifiant identifiant identifiant_patient clef_patient cle_patient
    key_patient
    """.split()
)
#: Headers of professionals' identifiers: never, even encrypted.
PROFESSIONAL_HEADERS = frozenset(
    """
    rpps adeli ps_num num_rpps numero_rpps id_rpps pfs_exe_num pfs_pre_num pse_num ps_id provider_id num_adeli
    id_medecin medecin_id id_praticien praticien_id physician_id npi nom_medecin prescripteur_id
    """.split()
)
ESTABLISHMENT_HEADERS = frozenset(
    [
        "finess",
        "eta_num",
        "num_finess",
        "numero_finess",
        "finess_geo",
        "finess_jur",
        "finess_et",
        "finess_ej",
        "eta_num_geo",
        "nofiness",
        "id_finess",
        "code_finess",
        "care_site_id",
        "hopital_id",
        "etablissement_id",
    ]
)
#: How the name of a hospital begins, whatever the column is called; a kind of establishment has no name behind it.
_NAMED_HOSPITAL = re.compile(
    r"(?:chr?u?|ghu?|ghi|ap-?hp|aphm|hcl|centre hospitalier|clinique|polyclinique|h[oô]pital|institut|hospice)s?\s+"
    r"(?:(?:de|du|des|d'|la|le|les|l'|universitaire|régional)\s*)*[A-ZÉÈ][\w'’-]{2,}.*",
    re.IGNORECASE,
)
FINE_GEOGRAPHY_HEADERS = frozenset(
    """
    iris code_iris codeiris iris_code dcomiris carreau carreau_200m id_carreau ilot adresse_geo lon lat
    longitude latitude x_l93 y_l93 coord_x coord_y qpv_ilot h3 geohash
    """.split()
)

#: Names of fine places and of establishments within a header: ``IRIS 2022``, ``FINESS géographique``, ``codeiris``.
_FINE_PLACE = re.compile(
    r"(?:^|_)(?:(?:code|id|dcom|depcom|num|lib|nom)?iris(?:19|20)?\d{0,2}|geohash|carreaux?)(?:_|$)"
)
_ESTABLISHMENT = re.compile(r"(?:^|_)(?:code|id|num|no|n)?finess(?:et|ej|geo|jur)?(?:_|$)")
#: Words of a header that counts places or gives their kind, not their names.
_COUNTED = frozenset("nb nbre nombre number count part pct taux moyenne type categorie".split())

#: What people put before and behind the name of an identifier.
_MADE_OF = re.compile(
    r"(?:id|num|no|numero|code|cle|clef|key|hash|pseudo|identifiant)_?(?:du_|de_|d_)?(?:patient|pat|ben|benef|beneficiaire|assure|nir"
    r"|ipp|personne|individu|sujet|sejour|dossier|hospitalisation|venue|rsa|rss|inclusion|participant|prelevement)s?"
    r"|(?:patient|subject|person)(?:id|key|no|num|number|code)|(?:n|no|num|numero)_(?:de_)?(?:securite_sociale|secu)|nir_\w*hach\w*"
    r"|(?:study|record|screening|inclusion|enrol?lment)_id|adresse_e_?mail"
    r"|(?:ben|ass)_nir\w*|\w*_nir_ano\w*"
)
_DISGUISED = re.compile(
    r"_(?:ano|anonyme|anonymise|hash|hashe|hache|enc|crypte|chiffre|pseudo|pseudonyme|md5|sha\d*|key|cle|id)$"
)

_GAP = r"[ \u00a0\u202f.\-_/]{0,2}"
_NIR = re.compile(
    rf"(?<![\dA-Za-z])(?<!\d[.,])([12])({_GAP}\d{_GAP}\d)({_GAP}[0-9]{_GAP}\d)({_GAP}(?:\d{_GAP}\d|2{_GAP}[ABab]))({_GAP}\d{_GAP}\d{_GAP}\d)({_GAP}\d{_GAP}\d{_GAP}\d)(?:{_GAP}(\d){_GAP}(\d))?(?![\dA-Za-z])"
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}\b")
_ROLE_MAIL = re.compile(
    r"^(?:contact|info|dpo|support|noreply|no-reply|secretariat|accueil|admin|help|rgpd|cnil)@|@example\.(?:org|com|net)$",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\d.,/\-+])(?:(?:\+|00)33[\s.\-]?(?:\(0\)[\s.\-]?)?|0)[1-9](?:[\s.\-\u00a0\u202f]?\d{2}){4}(?![\d.,]\d|\d)"
)
_IBAN = re.compile(r"\bFR\d{2}(?:\s?[0-9A-Z]{4}){5}\s?[0-9A-Z]{3}\b")
_KEYED = re.compile(
    r"\b(?:IPP|NDA|NIP|IEP|INS|N° ?(?:de )?dossier|num[ée]ro de (?:patient|dossier|s[ée]jour))\s*(?:n°|no|:|=|-|est|le)?\s*:?\s*([A-Z]?\d[\d ]{4,14}\d)",  # noqa: E501
    re.IGNORECASE,
)
_PROFESSIONAL = re.compile(
    r"\b(?:RPPS|ADELI)\b\s*(?:n°|no|num[ée]ro|est|le)?\s*[:=]?\s*\d(?:\s?\d){8,10}(?!\d)", re.IGNORECASE
)
_MONTHS = r"(?:janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[ûu]t|septembre|octobre|novembre|d[ée]cembre)"
_BIRTH = re.compile(
    rf"\b(?:n[ée]{{1,2}}(?:\(e\)|e)?\s+le|date de naissance\s*:?|DDN\s*:?|DOB\s*:?|date of birth\s*:?|born on)\s*(?:le\s+)?(\d{{1,2}}\s*[/.\-]\s*\d{{1,2}}\s*[/.\-]\s*\d{{2,4}}|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}(?:er)?\s+{_MONTHS}\s+\d{{4}})",  # noqa: E501
    re.IGNORECASE,
)


#: Where a NIR is parted when it is written in its groups.
_PARTED = frozenset({1, 3, 5, 7, 10, 13})


def _is_columns(number: str) -> bool:
    """Whether what is shaped as a NIR is columns of numbers, wide gaps or points between groups that are not its own."""  # noqa: E501
    pieces = re.findall(r"[0-9A-Za-z]+", number)
    gaps = set(re.findall(r"[^0-9A-Za-z]+", number))
    cuts = {sum(map(len, pieces[:at])) for at in range(1, len(pieces))}
    uneven = len(gaps) > 1 or any(len(gap) > 1 for gap in gaps)
    return uneven and not cuts <= _PARTED and max(map(len, pieces)) > 1


def nir_parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield the 13 characters and the key (maybe empty) of each number in *text* that is shaped as a NIR."""
    for match in _NIR.finditer(text):
        if re.fullmatch(r"\d+[.,]\d+", match.group()) or re.match(r"[.,]\d", text[match.end() : match.end() + 2]):
            continue
        if _is_columns(match.group()):
            continue
        groups = ["".join(c for c in (part or "") if c.isalnum()).upper() for part in match.groups()]
        body, key = "".join(groups[:6]), "".join(groups[6:])
        if _plausible(body):
            yield body, key


def _plausible(body: str) -> bool:
    month, place = int(body[3:5]), body[5:7]
    known_month = 1 <= month <= 12 or 20 <= month <= 42 or 50 <= month <= 99
    return (
        known_month
        and (place in {"2A", "2B"} or (place.isdigit() and 1 <= int(place) <= 99))
        and body[7:10] != "000"
        and body[10:13] != "000"
    )


def nir_key(body: str) -> int:
    """Return the key of the 13 characters of a NIR: 97 less the number modulo 97; 2A counts 19, 2B 18 (Insee)."""
    number = int(
        body.replace("2A", "19", 1) if body[5:7] == "2A" else body.replace("2B", "18", 1) if body[5:7] == "2B" else body
    )
    return 97 - number % 97


def luhn(digits: str) -> bool:
    """Whether *digits* pass Luhn's test."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def check_nir(text: str, where: str) -> Iterator[Finding]:
    """Yield a block for a NIR with its key, a flag for one whose key is missing or wrong."""
    doubtful = False
    for body, key in nir_parts(text):
        if key and int(key) == nir_key(body):
            yield block(
                "identifier.nir",
                where,
                "Numéro de sécurité sociale (NIR) : retirez-le.",
                "French social security number (NIR): remove it.",
            )
            return
        doubtful = True
    if doubtful:
        yield flag(
            "identifier.nir_shape",
            where,
            "Ce nombre a la forme d'un NIR, avec une clé absente ou fausse : vérifiez.",
            "This number has the shape of a NIR, its key missing or wrong: check it.",
        )


#: A line that ends within a number written in groups.
_WRAPPED = re.compile(r"(?<=[\dABab])[ \t]*\r?\n[ \t]*(?=\d)")
#: Groups that a NIR is written in before it is looked for across the end of a line.
_FEWEST_GAPS = 4


def check_wrapped_nir(text: str, where: str) -> Iterator[Finding]:
    """Yield a NIR with its key that a line break cuts; in running text only: the cells of a column are lines too."""
    for match in _NIR.finditer(_WRAPPED.sub(" ", text)):
        gaps = len(re.findall(r"\D+", match.group()))
        if gaps >= _FEWEST_GAPS and any(key and int(key) == nir_key(body) for body, key in nir_parts(match.group())):
            yield from check_nir(match.group(), where)
            return


def written_plainly(text: str) -> str:
    """Return *text* with full-width digits as digits and without marks that print nothing: both hide a number."""
    if text.isascii():
        return text
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def check_text(text: str, where: str) -> Iterator[Finding]:
    """Yield the identifiers found in a text of any kind: NIR, e-mail, phone, IBAN, record number, date of birth."""
    text = written_plainly(text)
    yield from check_nir(text, where)
    mails = {match.group() for match in _MAIL.finditer(text)}
    personal = {mail for mail in mails if not _ROLE_MAIL.search(mail)}
    if personal:
        yield block(
            "identifier.email",
            where,
            f"Adresse électronique de personne ({len(personal)}) : retirez-la.",
            f"A person's e-mail address ({len(personal)}): remove it.",
        )
    elif mails:
        yield flag(
            "identifier.email",
            where,
            "Adresse électronique de service : utile au lecteur ?",
            "A service's e-mail address: does the reader need it?",
        )
    for rule, pattern, fr, en in (
        ("identifier.phone", _PHONE, "Numéro de téléphone : retirez-le.", "Phone number: remove it."),
        ("identifier.iban", _IBAN, "Numéro de compte (IBAN) : retirez-le.", "Bank account number (IBAN): remove it."),
        (
            "identifier.record_number",
            _KEYED,
            "Numéro de dossier ou de patient : retirez-le.",
            "Record or patient number: remove it.",
        ),
        (
            "identifier.professional",
            _PROFESSIONAL,
            "Numéro d'un professionnel de santé (RPPS, ADELI) : retirez-le.",
            "Number of a health professional (RPPS, ADELI): remove it.",
        ),
        ("identifier.birth_date", _BIRTH, "Date de naissance : retirez-la.", "Date of birth: remove it."),
    ):
        if pattern.search(text):
            yield block(rule, where, fr, en)


def names_an_establishment(name: str) -> bool:
    """Whether a header, as :func:`plain` writes it, announces establishments."""
    counted = set(name.split("_")) & _COUNTED
    return name in ESTABLISHMENT_HEADERS or (bool(_ESTABLISHMENT.search(name)) and not counted)


def names_a_fine_place(name: str) -> bool:
    """Whether a header, as :func:`plain` writes it, announces places finer than a commune."""
    counted = set(name.split("_")) & _COUNTED
    return name in FINE_GEOGRAPHY_HEADERS or (bool(_FINE_PLACE.search(name)) and not counted)


def check_headers(headers: Sequence[str], where: str) -> Iterator[Finding]:
    """Yield the headers that name identifiers of persons, professionals, establishments or fine places."""
    for header in headers:
        name = plain(header)
        place = f"{where} · {header}" if where else header
        bare = _DISGUISED.sub("", name)
        if {name, bare} & IDENTIFIER_HEADERS or _MADE_OF.fullmatch(bare) or _MADE_OF.fullmatch(name):
            yield block(
                "identifier.header",
                place,
                "Cette colonne porte un identifiant de personne ou une donnée nominative, même pseudonymisée : "
                "retirez-la.",
                "This column holds an identifier of persons, even pseudonymised: remove it.",
            )
        elif {name, bare} & PROFESSIONAL_HEADERS:
            yield block(
                "identifier.professional",
                place,
                "Identifiant de professionnel de santé : retirez-le, même chiffré.",
                "Identifier of a health professional: remove it, even encrypted.",
            )
        elif names_an_establishment(name):
            yield flag(
                "identifier.establishment",
                place,
                "Établissements nommés : la convention le permet-elle ?",
                "Named establishments: does the agreement allow it?",
            )
        elif names_a_fine_place(name):
            yield _fine_place(place)


def _share(texts: Sequence[str], test: re.Pattern[str]) -> float:
    return sum(1 for text in texts if test.fullmatch(text)) / len(texts) if texts else 0.0


def _vote(texts: Sequence[str], pattern: re.Pattern[str]) -> bool:
    """Whether half the values, and more than chance gives, are shaped so and pass Luhn's test."""
    shaped = [text for text in texts if pattern.fullmatch(text)]
    valid = [text for text in shaped if luhn(re.sub(r"\D", lambda m: "1" if m.group().upper() == "A" else "2", text))]
    return len(shaped) >= 0.5 * len(texts) and len(valid) >= max(2, 0.5 * len(shaped))


_RPPS = re.compile(r"(?:10|8\d)\d{9}")
_FINESS = re.compile(r"(?:\d{2}|2[ABab])\d{7}")
#: Département and commune, then a number within it: ``0101`` in a town that is cut up, ``0000`` in one that is not.
_IRIS = re.compile(r"(?:0[1-9]|[1-8]\d|9[0-5]|97|2[ABab])\d{3}(?:0[1-9]\d{2}|[1-9]\d{3}|0000)")
_HASH = re.compile(
    r"(?:[0-9a-fA-F]{16}|[0-9a-fA-F]{20,}|[A-Za-z0-9+/]{22,}={0,2}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
)


def _are_iris(texts: Sequence[str]) -> bool:
    """Whether values are numbers of IRIS: all of that shape, several of them in one commune, as counts never are."""
    different = set(texts)
    communes = {text[:5] for text in different}
    return len(different) > 1 and _share(texts, _IRIS) == 1.0 and len(communes) * 2 <= len(different) + 1


def _fine_place(where: str) -> Finding:
    return flag(
        "geography.fine",
        where,
        "Géographie fine (IRIS, coordonnées) : risque de recoupement, à justifier.",
        "Fine geography (IRIS, coordinates): risk of matching, to be justified.",
    )


def check_columns(grid: Grid) -> Iterator[Finding]:
    """Yield columns whose values, taken together, are identifiers, whatever their header says."""
    if grid.has_header and _are_iris([text.strip() for text in grid.header[1:]]):
        yield _fine_place(grid.where or grid.header[1])
    for index, header in enumerate(grid.header):
        texts = [row[index].strip().removesuffix(".0") for row in grid.rows if index < len(row) and row[index].strip()]
        where = f"{grid.where} · {header}" if grid.where else header
        if len(texts) < 2:
            continue
        if _share(texts, _NAMED_HOSPITAL) > 0.5:
            yield flag(
                "identifier.establishment",
                where,
                "Établissements nommés : la convention le permet-elle ?",
                "Named establishments: does the agreement allow it?",
            )
        elif _vote(texts, _RPPS):
            yield block(
                "identifier.professional",
                where,
                "Les valeurs sont des numéros RPPS : retirez la colonne.",
                "The values are RPPS numbers: remove the column.",
            )
        elif _vote(texts, _FINESS) and not names_an_establishment(plain(header)):
            yield flag(
                "identifier.establishment",
                where,
                "Les valeurs sont des numéros FINESS : la convention le permet-elle ?",
                "The values are FINESS numbers: does the agreement allow it?",
            )
        elif _are_iris(texts) and not names_a_fine_place(plain(header)):
            yield _fine_place(where)
        elif (
            _share(texts, _HASH) > 0.8
            and len(set(texts)) >= 0.5 * len(texts)
            and any(re.search(r"[A-Za-z]", text) and re.search(r"\d", text) for text in texts)
        ):
            yield block(
                "identifier.pseudonym",
                where,
                "Les valeurs ressemblent à des identifiants chiffrés : retirez la colonne.",
                "The values look like hashed identifiers: remove the column.",
            )
