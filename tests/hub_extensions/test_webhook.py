"""Notifications posted to a receiver of the site: once each, signed, nothing of the data, again after it was away."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from audit.testing import MemoryLedger
from hub_extensions.exports.testing import ADA, BEA, NOW, Bench, open_bench, populate
from hub_extensions.mail.postman import Postman
from hub_extensions.mail.webhook import Webhook
from hub_extensions.settings import load
from project_spaces.errors import Invalid

#: What the worker leaves a receiver alone for, at most, between two tries of this test.
LATER = timedelta(minutes=11)


class Receiver(BaseHTTPRequestHandler):
    """A chat's receiver; answers *status*, and *location* when it redirects."""

    status: ClassVar[int] = 200
    location: ClassVar[str] = ""
    got: ClassVar[list[tuple[str, bytes, str]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).got.append((self.path, body, self.headers.get("X-Bureau-Signature", "")))
        self.send_response(type(self).status)
        if type(self).location:
            self.send_header("Location", type(self).location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[str]:
    """Its address."""
    Receiver.status, Receiver.location, Receiver.got = 200, "", []
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/bureau"
    server.shutdown()
    server.server_close()


@pytest.fixture
def asked(sqlite_url: str, memory_ledger: MemoryLedger, tmp_path: Path) -> Iterator[Bench]:
    """Two reviewers were asked for their votes on a request with a telling title."""
    (tmp_path / "projects" / "readmission").mkdir(parents=True)
    bench = open_bench(tmp_path, memory_ledger, url=sqlite_url)
    populate(bench.desk.store)
    bench.submitted("patients-atteints.csv")
    yield bench
    bench.desk.store.close()


def test_reviewers_are_told_what_is_asked_and_nothing_of_the_content(
    asked: Bench, receiver: str, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    carrier = Postman(asked.desk.store, Webhook(receiver, tmp_path / "secret"), "b@localhost", "https://bureau.example")
    assert carrier.deliver(NOW) == 3  # with a former member, who is told so
    assert carrier.deliver(NOW) == 0
    every = [json.loads(body) for _, body, _ in Receiver.got]
    told = [each for each in every if "review" in each["text"]]
    assert {each["to"].rpartition("<")[2] for each in told} == {f"{name}@example.org>" for name in (ADA, BEA)}
    for each in told:
        assert "attend votre avis" in each["text"]
        assert "https://bureau.example/services/bureau/review/" in each["text"]
        assert "patients" not in json.dumps(each)
        assert "Réadmissions" not in each["text"]
    for _, body, signature in Receiver.got:
        assert signature == "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()


def test_a_receiver_that_is_away_or_points_elsewhere_is_tried_again(asked: Bench, receiver: str) -> None:
    carrier = Postman(asked.desk.store, Webhook(receiver), "b@localhost", "https://bureau.example")
    Receiver.status = 503
    assert carrier.deliver(NOW) == 0
    Receiver.status, Receiver.location = 307, receiver.replace("/bureau", "/elsewhere")
    assert carrier.deliver(NOW + LATER) == 0
    assert {path for path, _, _ in Receiver.got} == {"/bureau"}
    Receiver.status, Receiver.location = 200, ""
    assert carrier.deliver(NOW + 2 * LATER) == 3


def test_mail_and_webhook_exclude_each_other(tmp_path: Path) -> None:
    both = {"home": tmp_path, "mail_host": "localhost", "mail_from": "b@chu.fr", "mail_webhook": "https://chat.example"}
    with pytest.raises(Invalid, match="exclude each other"):
        load(both)
