"""Recalls: who had fetched the package is asked to destroy it, attests so once, and the register shows who has not."""

import pytest

from hub_extensions.exports import downloads
from hub_extensions.exports.details import detail
from hub_extensions.exports.recalls import attest, register
from hub_extensions.exports.testing import ADA, AUTHOR, COLLEAGUE, CYD, Bench
from hub_extensions.exports.views import received
from project_spaces.errors import Conflict, Invalid, NotFound, Refused
from project_spaces.notifications import notifications


def recalled(bench: Bench) -> str:
    """A package that the author had fetched twice and the colleague never, revoked."""
    request_id = bench.released(recipients=[AUTHOR, COLLEAGUE])
    link = received(bench.desk, AUTHOR, now=bench.now)[0]["id"]
    for _ in range(2):
        b"".join(downloads.open_download(bench.desk, link, actor=AUTHOR, clock=bench.clock).chunks)
    downloads.revoke(bench.desk, request_id, actor=CYD, now=bench.now, message="Effectif de 3.")
    return request_id


def test_the_register_says_what_why_and_who_had_it(bench: Bench) -> None:
    request_id = recalled(bench)
    with bench.desk.store.read() as session:
        (entry,) = register(session)
        asked = [each.text.en for each in notifications(session, AUTHOR)]
        spared = [each.text.en for each in notifications(session, COLLEAGUE)]
    assert (entry["request"], entry["reason"]) == (request_id, "Effectif de 3.")
    had = {each["recipient"]: (each["downloads"], each["awaited"]) for each in entry["recipients"]}
    assert had == {AUTHOR: (2, True), COLLEAGUE: (0, False)}
    assert any("recalled" in sentence for sentence in asked)
    assert not any("recalled" in sentence for sentence in spared)
    assert not any("Effectif" in sentence for sentence in asked)


def test_destruction_is_attested_once_by_those_who_had_it(bench: Bench) -> None:
    request_id = recalled(bench)
    with pytest.raises(Invalid):
        attest(bench.desk, request_id, actor=AUTHOR, now=bench.now, statement=" ")
    attest(bench.desk, request_id, actor=AUTHOR, now=bench.now, statement="Effacé du poste et de sa sauvegarde.")
    with pytest.raises(Conflict, match="already"):
        attest(bench.desk, request_id, actor=AUTHOR, now=bench.now, statement="Encore.")
    with pytest.raises(Conflict, match="not fetched"):
        attest(bench.desk, request_id, actor=COLLEAGUE, now=bench.now, statement="Rien eu.")
    with pytest.raises(Refused):
        attest(bench.desk, request_id, actor=ADA, now=bench.now, statement="Pour lui.")
    page = detail(bench.desk, request_id, CYD, now=bench.now)["recall"]
    assert [each["awaited"] for each in page["recipients"]] == [False, False]
    assert page["recipients"][0]["statement"] == "Effacé du poste et de sa sauvegarde."


def test_nothing_is_attested_before_a_recall_nor_by_strangers(bench: Bench) -> None:
    request_id = bench.released()
    with pytest.raises(Conflict):
        attest(bench.desk, request_id, actor=AUTHOR, now=bench.now, statement="Détruit.")
    with pytest.raises(NotFound):
        attest(bench.desk, request_id, actor="zoe", now=bench.now, statement="Détruit.")
    assert detail(bench.desk, request_id, AUTHOR, now=bench.now)["recall"] is None
