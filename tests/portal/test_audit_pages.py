"""The auditor's pages and my trace over a ledger in memory: what they show and record first, and whom they refuse."""

import base64
import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner
from sigstore._internal.merkle import _chain_border_right, _chain_inner, _decomp_inclusion_proof, _hash_leaf
from sigstore._internal.rekor.checkpoint import LogCheckpoint

from audit.bundle import verify_bundle
from audit.checkpoint import Signer
from audit.errors import Malformed
from audit.events import Event, Kind
from audit.standings import COSIGNED, STAMP, Standing, StandingsFile
from audit.testing import MemoryLedger
from hub_extensions.commands.ledger import command
from hub_extensions.oversight.alarms import Alarm, AlarmKind
from hub_extensions.oversight.looks import MOST_ABOUT
from hub_extensions.portal.testing import ADA, ANA, AUD, BEN, NOW, OUT, PAUL, PROJECT, World
from hub_extensions.portal.verbs import trace
from hub_extensions.portal.verbs.audit_export import defused
from hub_extensions.portal.verification import Stage, Verification
from project_spaces.egress import EgressCounts, hour_of
from project_spaces.text import Text
from tests.portal.test_pages import Browser

WORKSPACE, KERNEL = "a" * 32, "1f" * 8
EVIL = '"><script>alert(1)</script>'
FORMULA = '=HYPERLINK("http://evil")'


@pytest.fixture
def browser(world: World, client: aiohttp.ClientSession) -> Browser:
    """Somebody's browser."""
    return Browser(world, client)


@pytest.fixture
def session(world: World, ledger: MemoryLedger) -> int:
    """A session of Ana's is in the ledger; returns the index of a cell that hit a rule."""
    at, place = NOW - timedelta(hours=2), {"workspace": WORKSPACE}
    cell = {**place, "channel": "shell", "type": "execute_request", "kernel": KERNEL}
    ledger.append(
        Event(Kind.WORKSPACE_STARTED, ANA, PROJECT, at, {**place, "phase": "starting"}),
        Event(Kind.MOUNT, ANA, PROJECT, at, {**place, "dataset": "snds-synth", "version": "2026.1"}),
        Event(Kind.WORKSPACE_STARTED, ANA, PROJECT, at, {**place, "phase": "running"}),
    )
    for n in range(70):
        when = at + timedelta(seconds=30 * n)
        ledger.append(Event(Kind.KERNEL_MESSAGE, ANA, PROJECT, when, cell, b"x" * 100 * n))
        ledger.append(Event(Kind.OUTPUT_COUNT, ANA, PROJECT, when, {**place, "label": KERNEL, "bytes": 10**5}))
    hit = Event(Kind.KERNEL_MESSAGE, ANA, PROJECT, at + timedelta(hours=1), cell, b"boom", rules=("volume@1",))
    (receipt,) = ledger.append(hit)
    private = {"what": EVIL, "reason": FORMULA}
    ledger.append(
        Event(Kind.REFUSAL, ANA, PROJECT, at + timedelta(hours=1), {"status": 403}, private=private),
        Event(Kind.WORKSPACE_CUT, "system:worker", PROJECT, at + timedelta(hours=1.1), place, persons={"owner": ANA}),
    )
    return receipt.index


async def test_every_look_is_recorded_with_its_filter_before_it_shows(
    browser: Browser, ledger: MemoryLedger, session: int
) -> None:
    await browser.sign_in(AUD)
    looks = {
        f"audit?person={ANA}&kind=refusal&since=2026-11-01": "search",
        f"audit/entries/{session}": "entry",
        f"audit/entries/{session}/proof": "proof",
        "audit/sessions": "sessions",
        f"audit/sessions/{WORKSPACE}": "session",
        "audit/datasets": "datasets",
        "audit/datasets/snds-synth": "readers",
        "audit/datasets/snds-synth/readers.csv": "readers",
    }
    for path, what in looks.items():
        async with browser.client.get(browser.world.address + path) as answer:
            assert answer.status == 200, path
        event = ledger.of(Kind.AUDIT_READ)[-1]
        assert (event.actor, event.subject["what"]) == (AUD, what)
        if what in {"search", "entry", "proof", "sessions", "session", "readers"}:
            assert ANA in event.persons.values(), what
    searched = next(event for event in ledger.of(Kind.AUDIT_READ) if event.subject["what"] == "search")
    assert searched.private is not None
    assert json.loads(searched.private["filter"])["person"] == ANA
    assert ANA not in json.dumps(dict(searched.subject))


async def test_without_the_record_nothing_is_shown(browser: Browser, ledger: MemoryLedger, session: int) -> None:
    await browser.sign_in(AUD)
    ledger.stop()
    for path in ("audit", f"audit/entries/{session}", f"audit/entries/{session}/proof", "audit/sessions", "trace"):
        page = await browser.get(path, 503)
        assert "execute_request" not in page
    await browser.send("audit/export", 503, format="json")


async def test_nobody_but_an_auditor_gets_in(browser: Browser, session: int) -> None:
    paths = ("audit/entries/0", f"audit/sessions/{WORKSPACE}", "audit/datasets/snds-synth", "audit/verification")
    for who in (ANA, ADA, PAUL, OUT):
        await browser.sign_in(who)
        for path in (*paths, f"audit/entries/{10**9}", "audit/sessions/" + "9" * 32):
            await browser.get(path, 403)
        assert "proof" not in await browser.send("audit/export", 403, format="json")
        await browser.send("audit/verification", 403, act="verify")


async def test_what_was_typed_is_never_markup(browser: Browser, session: int) -> None:
    await browser.sign_in(AUD)
    for path in (
        "audit?kind=refusal",
        f"audit/entries/{session + 1}",
        f"audit/sessions/{WORKSPACE}",
        f"audit?person={EVIL}",
    ):
        page = await browser.get(path)
        assert "<script>alert" not in page, path
    assert "&lt;script&gt;" in await browser.get(f"audit/entries/{session + 1}")


async def test_a_filter_that_can_not_be_read_is_said_and_kept(browser: Browser) -> None:
    await browser.sign_in(AUD)
    page = await browser.get("audit?since=2026-13-45&project=stays", 422)
    assert "Champ « since »" in page
    assert 'value="stays"' in page
    assert "La période finit avant" in await browser.get("audit?since=2026-11-02&until=2026-10-01", 422)
    assert "Aucune entrée ne correspond" in await browser.get("audit?person=nobody")
    for forged in (
        "before=-1",
        "before=9e9",
        "after=x",
        f"before={10**30}",
        "kind=nothing",
        "group=all",
        "workspace=..",
        "x=1",
    ):
        status = 200 if forged == "x=1" else 422
        await browser.get(f"audit?{forged}", status)


async def test_pages_go_both_ways(browser: Browser, session: int) -> None:
    await browser.sign_in(AUD)
    first = await browser.get("audit?kind=kernel.message")
    assert "<b>71</b>" in first
    older = first.split('rel="next"')[0].rsplit('href="/services/bureau/', 1)[1].split('"')[0].replace("&amp;", "&")
    second = await browser.get(older)
    assert second.count("<tr><td") == 21
    newer = second.split('rel="prev"')[0].rsplit('href="/services/bureau/', 1)[1].split('"')[0].replace("&amp;", "&")
    again = await browser.get(newer)
    assert again.count("<tr><td") == 50
    assert f">{session}</a>" in again


async def test_an_entry_shows_its_leaf_its_neighbours_and_a_proof_that_verifies(
    browser: Browser, ledger: MemoryLedger, session: int
) -> None:
    await browser.sign_in(AUD)
    page = await browser.get(f"audit/entries/{session}")
    assert "volume@1" in page
    assert f"audit/sessions/{WORKSPACE}" in page
    assert "spicy-litetlog -verify" in page
    await browser.get(f"audit/entries/{10**9}", 404)
    async with browser.client.get(f"{browser.world.address}audit/entries/{session}/proof") as answer:
        archive = zipfile.ZipFile(io.BytesIO(await answer.read()))
    name = f"entry-{session}.json"
    assert {name, f"{name}.tlog-proof", f"{name}.spicy", "log.vkey"} < set(archive.namelist())
    assert archive.read(name) == ledger.leaves[session]
    assert archive.read(f"{name}.tlog-proof").startswith(b"c2sp.org/tlog-proof@v1\n")


async def test_a_session_is_replayed_with_its_lanes_and_can_be_looked_at_closer(browser: Browser, session: int) -> None:
    await browser.sign_in(AUD)
    listed = await browser.get(f"audit/sessions?project={PROJECT}")
    assert f"audit/sessions/{WORKSPACE}" in listed
    page = await browser.get(f"audit/sessions/{WORKSPACE}")
    for lane in ("Bureau", "Données", "Noyau", "Refus, alertes"):
        assert f">{lane}</text>" in page
    assert page.count('class="hit"') == 1
    assert "coupé" in page
    close = await browser.get(
        f"audit/sessions/{WORKSPACE}?since=2026-11-23T07:00:00%2B00:00&until=2026-11-23T07:01:00%2B00:00"
    )
    assert close.count('<tr><td class="nowrap mono">') == 9
    await browser.get(f"audit/sessions/{WORKSPACE}?since=2026-11-24&until=2026-11-23", 422)
    await browser.get("audit/sessions/" + "9" * 32, 404)


async def test_who_opened_a_data_set_when(browser: Browser, session: int) -> None:
    await browser.sign_in(AUD)
    page = await browser.get("audit/datasets/snds-synth")
    assert "<b>1</b> montages" in page
    assert 'class="days"' in page
    async with browser.client.get(f"{browser.world.address}audit/datasets/snds-synth/readers.csv") as answer:
        rows = list(csv.reader(io.StringIO((await answer.text()).removeprefix("\ufeff"))))
    assert rows[1][:2] == [ANA, PROJECT]
    assert rows[1][4:6] == ["1", "yes"]
    await browser.get("audit/datasets/nothing-here", 404)


async def exported(browser: Browser, **fields: str) -> bytes:
    xsrf = next(cookie.value for cookie in browser.client.cookie_jar if cookie.key == "_xsrf")
    async with browser.client.post(f"{browser.world.address}audit/export", data={"_xsrf": xsrf, **fields}) as answer:
        assert answer.status == 200, await answer.text()
        assert "attachment" in answer.headers["Content-Disposition"]
        return await answer.read()


async def test_an_export_verifies_offline_and_names_nobody_unless_ticked(
    browser: Browser, ledger: MemoryLedger, session: int
) -> None:
    await browser.sign_in(AUD)
    data = await exported(browser, format="json", kind="refusal", person=ANA)
    assert verify_bundle(data).entries == 1
    assert b"alert(1)" not in data, "private facts stay"
    assert not [entry for entry in json.loads(data)["entries"] if "names" in entry]
    event = ledger.of(Kind.AUDIT_READ)[-1]
    assert (event.subject["what"], event.subject["names"]) == ("export", False)
    assert b"alert(1)" in await exported(browser, format="json", kind="refusal", names="yes")
    for change in (
        lambda entry: entry.update(leaf=entry["leaf"].replace("403", "200")),
        lambda entry: entry.update(index=entry["index"] - 1),
        lambda entry: entry.update(leaf_hash="00" * 32),
        lambda entry: entry.update(proof=entry["proof"][:-1]),
        lambda entry: entry.pop("proof"),
    ):
        forged = json.loads(data)
        change(forged["entries"][0])
        with pytest.raises(Malformed):
            verify_bundle(json.dumps(forged).encode())


async def test_an_export_as_a_table_calculates_nothing_and_brings_its_proofs(browser: Browser, session: int) -> None:
    await browser.sign_in(AUD)
    archive = zipfile.ZipFile(io.BytesIO(await exported(browser, format="csv", kind="refusal", names="yes")))
    table, proofs = sorted(archive.namelist())
    rows = list(csv.DictReader(io.StringIO(archive.read(table).decode().removeprefix("\ufeff"))))
    assert verify_bundle(archive.read(proofs)).entries == len(rows) == 1
    document = json.loads(archive.read(proofs))
    assert [row["leaf_hash"] for row in rows] == [entry["leaf_hash"] for entry in document["entries"]]


async def test_an_exported_file_is_checked_by_a_command_without_us(
    browser: Browser, session: int, tmp_path: Path
) -> None:
    await browser.sign_in(AUD)
    key = browser.world.portal.ledger.places.vkey
    for form in ("json", "csv"):
        data = await exported(browser, format=form, project=PROJECT, kind="kernel.message")
        file = tmp_path / form
        file.write_bytes(data)
        good = CliRunner().invoke(command, ["verify-export", str(file), "--vkey", str(key), "--json"])
        assert good.exit_code == 0, good.output
        assert json.loads(good.output)["entries"] == 71
    foreign = tmp_path / "foreign.vkey"
    foreign.write_text(Signer.generate("bureau.test/ledger").vkey)
    assert CliRunner().invoke(command, ["verify-export", str(file), "--vkey", str(foreign)]).exit_code == 1
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(tmp_path / "dropped", "w") as dropped:
        for name in archive.namelist():
            dropped.writestr(name, archive.read(name).rsplit(b"\r\n", 2)[0] if "csv" in name else archive.read(name))
    assert CliRunner().invoke(command, ["verify-export", str(tmp_path / "dropped")]).exit_code == 1


async def test_an_outside_verifier_accepts_each_entry_of_an_export(browser: Browser, session: int) -> None:
    """sigstore's Merkle code and checkpoint parser, none of ours."""
    await browser.sign_in(AUD)
    document = json.loads(await exported(browser, format="json", rule="any"))
    checkpoint = LogCheckpoint.from_text(document["checkpoint"].rpartition("\n\n")[0] + "\n")
    for entry in document["entries"]:
        proof = [base64.b64decode(node) for node in entry["proof"]]
        inner, border = _decomp_inclusion_proof(entry["index"], checkpoint.log_size)
        leaf_hash = _hash_leaf(entry["leaf"].encode())
        assert leaf_hash.hex() == entry["leaf_hash"]
        middle = _chain_inner(leaf_hash, proof[:inner], entry["index"])
        assert len(proof) == inner + border
        assert _chain_border_right(middle, proof[inner:]).hex() == checkpoint.log_hash


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\uff1d1"])
def test_no_cell_begins_a_formula(cell: str) -> None:
    assert str(defused(cell)).startswith("'")
    assert defused("plain") == "plain"
    assert defused(-3) == -3


async def test_an_export_has_a_limit_and_says_so(browser: Browser, ledger: MemoryLedger) -> None:
    ledger.append(*(Event(Kind.LEDGER_HEARTBEAT, "system:ledger", None, NOW) for _ in range(2001)))
    await browser.sign_in(AUD)
    assert "plus de 2000 entrées" in await browser.send("audit/export", 422, format="json", kind="ledger.heartbeat")
    assert "rien à exporter" in await browser.send("audit/export", 422, format="csv", person="nobody")


async def test_my_trace_shows_what_is_kept_about_me_and_who_looked(
    browser: Browser, ledger: MemoryLedger, session: int
) -> None:
    await browser.sign_in(ANA)
    page = await browser.get("trace")
    assert "Ma trace" in await browser.get("")
    assert "Personne n'a cherché" in page
    await browser.sign_in(AUD)
    await browser.get(f"audit?person={ANA}")
    await browser.get(f"audit/entries/{session}")
    await browser.sign_in(ANA)
    page = await browser.get("trace")
    assert page.count(f"<b>{AUD}</b>") == 2
    assert "12 mois" in page
    await browser.sign_in(BEN)
    theirs = await browser.get("trace")
    assert AUD not in theirs
    assert KERNEL not in theirs, "another's entries"


async def test_own_looks_push_nobody_elses_out_and_older_ones_are_a_page_away(
    browser: Browser, ledger: MemoryLedger, session: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every view of the page is a look itself."""
    monkeypatch.setattr(trace, "MOST_LOOKS", 3)
    read = partial(Event, Kind.AUDIT_READ)
    ledger.append(*(read(name, None, NOW, {"what": "search"}, persons={"about": ANA}) for name in (AUD, BEN)))
    ledger.append(*(read(ANA, None, NOW, {"what": "own"}) for _ in range(10)))
    await browser.sign_in(ANA)
    page = await browser.get("trace")
    assert [page.count(f"<b>{name}</b>") for name in (AUD, BEN)] == [1, 1]
    ledger.append(*(read(PAUL, None, NOW, {"what": "search"}, persons={"about": ANA}) for _ in range(2)))
    page = await browser.get("trace")
    assert [page.count(f"<b>{name}</b>") for name in (AUD, BEN, PAUL)] == [0, 1, 2]
    (older,) = re.findall(r'href="[^"]*/(trace\?looks_before=\d+)#regards"', page)
    page = await browser.get(older)
    assert [page.count(f"<b>{name}</b>") for name in (AUD, BEN, PAUL)] == [1, 0, 0]
    assert "Plus anciennes</a>" not in page.partition('id="regards"')[2]


async def test_an_unsealing_is_told_to_its_author_with_who_and_why(
    browser: Browser, ledger: MemoryLedger, session: int
) -> None:
    facts = {"list": f"{session},{session - 1}", "auditors": "alice, bob", "reason": "incident du 3 mai"}
    unsealed = {"entries": 2, "first": session}
    ledger.append(Event(Kind.AUDIT_UNSEALED, "system:audit.root", None, NOW, unsealed, None, facts, {"author": ANA}))
    ledger.append(
        Event(Kind.AUDIT_READ, "system:cli", None, NOW, {"what": "search"}, None, {"os_user": "root"}, {"about": ANA})
    )
    for lang, keys, why in (("fr", "avec les clés de", "motif"), ("en", "with the keys of", "reason")):
        await browser.sign_in(ANA)
        page = (await browser.get(f"trace?lang={lang}")).partition('id="regards"')[2]
        for told in ("system:audit.root", keys, "alice, bob", why, "incident du 3 mai", "(root)"):
            assert told in page
        assert page.count(f'trace/entries/{session}"') == 1
        await browser.sign_in(BEN)
        assert "incident" not in await browser.get(f"trace?lang={lang}")


async def test_the_proof_of_an_entry_goes_to_whom_it_concerns_only(browser: Browser, session: int) -> None:
    await browser.sign_in(ANA)
    async with browser.client.get(f"{browser.world.address}trace/entries/{session}/proof") as answer:
        assert answer.status == 200
        assert answer.content_type == "application/zip"
    for who in (BEN, AUD, PAUL):
        await browser.sign_in(who)
        await browser.get(f"trace/entries/{session}/proof", 404)


async def test_a_look_by_pseudonym_is_found_by_the_person_too(
    browser: Browser, ledger: MemoryLedger, session: int
) -> None:
    pseudonym = json.loads(ledger.leaves[session])["actor"]
    await browser.sign_in(AUD)
    await browser.get(f"audit?person={pseudonym}")
    assert ledger.of(Kind.AUDIT_READ)[-1].persons["about"] == ANA


async def test_who_is_shown_without_being_asked_for_finds_the_look_too(
    browser: Browser, ledger: MemoryLedger, session: int
) -> None:
    await browser.sign_in(AUD)
    looks = ("audit", "audit?kind=kernel.message", "audit/sessions", f"audit/sessions/{WORKSPACE}")
    for path in looks:
        await browser.get(path)
        assert ANA in ledger.of(Kind.AUDIT_READ)[-1].persons.values(), path
    await exported(browser, format="json", kind="kernel.message", names="yes")
    assert ANA in ledger.of(Kind.AUDIT_READ)[-1].persons.values()
    await browser.sign_in(ANA)
    assert (await browser.get("trace")).count(f"<b>{AUD}</b>") == len(looks) + 1


async def test_of_many_people_each_finds_the_look(browser: Browser, ledger: MemoryLedger) -> None:
    crowd = [f"person-{number}" for number in range(2 * MOST_ABOUT + 1)]
    for name in crowd:
        ledger.append(Event(Kind.REFUSAL, name, None, NOW, {"status": 403}))
    await browser.sign_in(AUD)
    await browser.get("audit?kind=refusal")
    looks = [event for event in ledger.of(Kind.AUDIT_READ) if event.subject["what"] == "search"]
    assert {name for look in looks for name in look.persons.values()} >= set(crowd)
    assert all(len(look.persons) <= MOST_ABOUT for look in looks)


async def test_the_state_of_the_ledger_and_a_verification_while_one_looks(browser: Browser, session: int) -> None:
    await browser.sign_in(AUD)
    page = await browser.get("audit/verification")
    assert "bureau.test/ledger" in page
    page = await browser.send("audit/verification", act="verify")
    assert "Vérification en cours" in page or "Le journal est intègre" in page
    verifications = browser.world.portal.ledger.verifications
    await verifications.wait(verifications.latest, 60)
    assert "Le journal est intègre" in await browser.get("audit/verification")


async def test_the_page_shows_what_others_hold_and_what_is_wrong_with_it(
    browser: Browser, ledger: MemoryLedger, session: int
) -> None:
    await browser.sign_in(AUD)
    assert "Aucun ancrage n'est réglé" in (await browser.get("audit/verification")).replace("&#39;", "'")
    kept, done = StandingsFile(browser.world.portal.ledger.places), Standing(done_at=NOW, size=40, tried_at=NOW)
    kept.keep("witness w1", done)
    kept.keep("witness w2", done.failed(NOW, f"another root {EVIL}", "fork"))
    kept.keep(STAMP, replace(done, size=30, done_at=NOW - timedelta(minutes=70)))
    kept.keep(COSIGNED, done)
    (told,) = ledger.append(Event(Kind.LEDGER_STAMPED, "system:anchors", None, NOW, {"size": 30}))
    said = Text("Un témoin a vu une autre histoire.", "A witness saw another history.")
    alarm = Alarm("contradicted witness w2", AlarmKind.CONTRADICTED, NOW, said)
    object.__setattr__(browser.world.portal, "alarms", lambda _now: (alarm,))
    found = await state_of(browser)
    size = found["checkpoint"]["size"]
    shown = {each["label"]["en"]: each for each in found["anchors"]}
    assert list(shown) == ["RFC 3161 time-stamp", "Witness w1", "Witness w2"]
    stamp, second = shown["RFC 3161 time-stamp"], shown["Witness w2"]
    assert (stamp["size"], stamp["behind"], stamp["age_s"], stamp["entry"]) == (30, size - 30, 4200, told.index)
    assert (second["contradicted"], second["failing_since"]) == ("fork", NOW.isoformat())
    assert found["anchor_alarms"] == [{"fr": said.fr, "en": said.en}]
    page = await browser.get("audit/verification")
    assert "Témoin w1" in page
    assert "contredit" in page
    assert EVIL not in page


async def state_of(browser: Browser) -> dict:
    headers = {"Authorization": f"token token-{AUD}"}
    async with browser.client.get(browser.world.api + "/audit/state", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_a_month_is_gone_through_and_signed_and_the_signature_is_an_entry(
    browser: Browser, ledger: MemoryLedger, session: int
) -> None:
    browser.world.clock.now = NOW + timedelta(days=20)
    await browser.sign_in(AUD)
    assert f"audit/controls/{PROJECT}/2026-11" in await browser.get("audit/controls")
    address = f"audit/controls/{PROJECT}/2026-11"
    assert f'name="entries" value="{session}"' in await browser.get(address)
    assert ANA in ledger.of(Kind.AUDIT_READ)[-1].persons.values(), "her hit was shown"
    await browser.send(address, 422, act="sign")
    await browser.send(address, 422, act="mark", entries=str(session), verdict="explained")
    page = await browser.send(address, act="mark", entries=str(session), verdict="explained", comment="Figures, vues")
    assert "Figures, vues" in page
    assert "Vérifiez d'abord le journal" in (await browser.send(address, 409, act="sign")).replace("&#39;", "'")
    assert "Verify the ledger first" in await browser.send(f"{address}?lang=en", 409, act="sign")
    view = browser.world.portal.ledger
    at, head = browser.world.clock.now, view.published()
    report = {"good": True, "size": head.size, "root": head.root.hex()}
    view.verifications.latest = Verification(Stage.DONE, begun=at, report=report)
    assert "signé sur le journal vérifié" in await browser.get(f"{address}?lang=fr")
    page = await browser.send(address, act="sign")
    assert "Contrôle signé" in page
    assert ledger.of(Kind.AUDIT_REVIEWED)[-1].actor == AUD
    page = await browser.send(address, act="hold", reason="Plainte en cours")
    assert "Plainte en cours" in page
    await browser.send(address, act="lift", reason="Classée")
    await browser.get("audit/controls/no-such-project/2026-11", 404)
    await browser.get(f"audit/controls/{PROJECT}/2026-13", 422)


async def test_controls_and_the_meter_are_the_auditors_only(browser: Browser) -> None:
    for who in (ANA, ADA, PAUL, OUT):
        await browser.sign_in(who)
        for path in ("audit/controls", f"audit/controls/{PROJECT}/2026-11", "audit/egress"):
            await browser.get(path, 403)
        await browser.send(f"audit/controls/{PROJECT}/2026-11", 403, act="sign")


async def test_the_meter_shows_a_pause_and_an_auditor_lifts_it(
    browser: Browser, world: World, ledger: MemoryLedger
) -> None:
    counts = EgressCounts(f"sqlite:///{world.home}/bureau.sqlite")
    counts.add({(ANA, PROJECT): 2 << 30}, hour_of(NOW))
    counts.close()
    await browser.sign_in(AUD)
    assert "suspendu" in await browser.get("audit/egress")
    assert ledger.of(Kind.AUDIT_READ)[-1].persons == {"about": ANA}
    page = await browser.send("audit/egress", act="lift", person=ANA, project=PROJECT, reason="Figure large, vérifiée")
    assert "L&#39;affichage reprend." in page


async def test_an_auditor_looks_back_at_a_day_by_its_hours(
    browser: Browser, world: World, ledger: MemoryLedger
) -> None:
    counts = EgressCounts(f"sqlite:///{world.home}/bureau.sqlite")
    counts.add({(ANA, PROJECT): 3 << 20, (BEN, PROJECT): 1 << 20}, hour_of(NOW - timedelta(days=9)))
    counts.close()
    day = (NOW - timedelta(days=9)).date()
    await browser.sign_in(AUD)
    assert "Rien n'a été affiché aujourd'hui" in (await browser.get("audit/egress")).replace("&#39;", "'")
    for lang, told in (("fr", "Heure par heure"), ("en", "Hour by hour")):
        page = await browser.get(f"audit/egress?day={day}&lang={lang}")
        assert told in page
        assert ANA in page.partition('id="heures"')[2]
        assert f'day={day - timedelta(days=1)}"' in page
    look = ledger.of(Kind.AUDIT_READ)[-1]
    assert (look.subject["day"], set(look.persons.values())) == (day.isoformat(), {ANA, BEN})
    assert "arrivées à leur terme" in await browser.get("audit/egress?day=2019-01-01&lang=fr")
    for wrong in ("2026-13-01", "0001-01-01", "x"):
        await browser.get(f"audit/egress?day={wrong}", 422)


async def test_alarms_are_on_every_page_of_those_who_watch(browser: Browser, world: World) -> None:
    alarm = Alarm("x", AlarmKind.SILENT, NOW, Text("Le journal se tait.", "The ledger is silent."))
    object.__setattr__(world.portal, "alarms", lambda _now: (alarm,))
    for who in (AUD, PAUL, ANA, ADA):
        await browser.sign_in(who)
        assert ("Le journal se tait." in await browser.get("")) == (who in {AUD, PAUL})


async def test_an_administrator_chooses_how_long_traces_are_kept_and_how_much_is_shown(
    browser: Browser, ledger: MemoryLedger
) -> None:
    address = f"admin/projects/{PROJECT}"
    await browser.sign_in(PAUL)
    await browser.send(address, 422, act="retention", months="36")
    page = await browser.send(address, act="retention", months="36", reason="Risque de détournement")
    assert "Risque de détournement" in page
    page = await browser.send(address, act="budget", hour_mb="64", day_mb="256")
    assert 'name="hour_mb" type="number" min="1" required value="64"' in page
    assert ledger.of(Kind.RETENTION_CHANGED, Kind.EGRESS_CHANGED)
    await browser.sign_in(AUD)
    await browser.send(address, 403, act="retention", months="6")
