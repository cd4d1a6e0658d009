"""Notifications given to a real SMTP server: once each, encrypted, and again with the same identifier after a crash."""

import datetime as dt
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from audit.events import Event, Kind
from hub_extensions.installation.throwaway import free_ports
from hub_extensions.mail.postman import PAUSE, Postman
from hub_extensions.mail.server import MailServer, Unreachable
from hub_extensions.settings import load
from project_spaces.errors import Invalid
from project_spaces.notifications import MAILED_WITHIN, MailState, Topic, notifications, notify
from project_spaces.people import create_person
from project_spaces.store import Store
from project_spaces.text import Text

NOW = dt.datetime(2026, 11, 26, 9, tzinfo=dt.UTC)
SETUP = "system:test"


@dataclass
class Inbox:
    """What a server took; *refuses* are addresses that it does not know."""

    refuses: tuple[str, ...] = ()
    #: What is answered to a recipient, and to a mail that holds a word (a filter of spam).
    answers: dict[str, str] = field(default_factory=dict)
    filters: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refuses:
            return "550 no such person"
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        found = message_from_bytes(envelope.content or b"", policy=policy.default)
        assert isinstance(found, EmailMessage)
        for word, said in self.filters.items():
            if word in found.get_content():
                return said
        self.mails.append(found)
        return "250 OK"


@contextmanager
def serving(inbox: Inbox, **options: Any) -> Iterator[int]:
    """Serve on a free port of this machine."""
    (port,) = free_ports(1)
    controller = Controller(inbox, hostname="127.0.0.1", port=port, server_hostname="localhost", **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def plain(port: int) -> MailServer:
    return MailServer("127.0.0.1", port, "none")


@pytest.fixture
def told(quick_store: Store) -> Store:
    """Ana and Ben were told something."""
    for name in ("ana", "ben"):
        create_person(
            quick_store, username=name, display_name=f"{name.title()} É", email=f"{name}@chu.fr", actor=SETUP, now=NOW
        )
        tell(quick_store, name)
    return quick_store


def tell(store: Store, name: str, title: str = "Séjours\nBcc: eve@x.org") -> None:
    with store.write(Event(Kind.ADMIN_ACT, SETUP, None, NOW)) as session:
        text = Text(f"À vous d'agir : « {title} ».", "Your turn: “Stays”.")
        notify(session, to=name, kind=Topic.TASK, text=text, link="requests/1", now=NOW)


def postman(store: Store, server: MailServer) -> Postman:
    return Postman(store, server, "bureau@chu.fr", "https://bureau.chu.fr")


def states(store: Store) -> list[MailState]:
    with store.read() as session:
        return [each.mail for name in ("ana", "ben") for each in notifications(session, name)]


def test_each_is_mailed_once_in_both_languages(told: Store) -> None:
    inbox = Inbox()
    with serving(inbox) as port:
        carrier = postman(told, plain(port))
        assert [carrier.deliver(NOW), carrier.deliver(NOW)] == [2, 0]
    first = next(mail for mail in inbox.mails if "ana@" in mail["To"])
    assert (first["To"], first["From"]) == ("Ana É <ana@chu.fr>", "Bureau virtuel <bureau@chu.fr>")
    assert first["Subject"] == "Bureau virtuel : À faire / To do"
    assert first["Bcc"] is None, "what a person wrote is never a header"
    body = first.get_content()
    assert "À vous d'agir" in body
    assert "Your turn" in body
    assert "https://bureau.chu.fr/services/bureau/requests/1" in body
    assert states(told) == [MailState.SENT] * 2


def test_a_crash_between_giving_and_marking_repeats_the_same_identifier(
    told: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox()

    def killed(*_arguments: Any, **_named: Any) -> None:
        raise KeyboardInterrupt

    with serving(inbox) as port:
        with monkeypatch.context() as patch:
            patch.setattr("hub_extensions.mail.postman.mark_mailed", killed)
            with pytest.raises(KeyboardInterrupt):
                postman(told, plain(port)).deliver(NOW)
        assert states(told) == [MailState.WAITING] * 2
        assert postman(told, plain(port)).deliver(NOW) == 2
    identifiers = [mail["Message-ID"] for mail in inbox.mails]
    assert len(identifiers) == 3
    assert identifiers[0] == identifiers[1]
    assert len(set(identifiers)) == 2


def test_an_address_that_the_server_does_not_know_keeps_no_other_mail_back(told: Store) -> None:
    inbox = Inbox(refuses=("ana@chu.fr",))
    with serving(inbox) as port:
        assert postman(told, plain(port)).deliver(NOW) == 1
    assert states(told) == [MailState.REFUSED, MailState.SENT]


@pytest.mark.parametrize(
    ("said", "state"), [("554 looks like spam", MailState.REFUSED), ("451 look later", MailState.WAITING)]
)
def test_words_that_a_filter_does_not_like_keep_no_other_mail_back(
    quick_store: Store, told: Store, said: str, state: MailState
) -> None:
    """Somebody chooses the title of a request so that the site's server turns the mail away, for ever."""
    with serving(Inbox()) as port:
        postman(told, plain(port)).deliver(NOW)
    tell(told, "ana", "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL")
    tell(told, "ben")
    inbox = Inbox(filters={"GTUBE": said})
    with serving(inbox) as port:
        carrier = postman(told, plain(port))
        assert carrier.deliver(NOW) == 1
        tell(told, "ben")
        assert carrier.deliver(NOW) == 1
    assert [mail["To"] for mail in inbox.mails] == ["Ben É <ben@chu.fr>"] * 2
    with quick_store.read() as session:
        assert {each.mail for each in notifications(session, "ana")} == {MailState.SENT, state}


def test_a_full_mailbox_keeps_no_other_mail_back(told: Store) -> None:
    inbox = Inbox(answers={"ana@chu.fr": "452 mailbox full"})
    with serving(inbox) as port:
        assert postman(told, plain(port)).deliver(NOW) == 1
    assert states(told) == [MailState.WAITING, MailState.SENT]


def test_what_somebody_wrote_stays_in_its_sentence(told: Store) -> None:
    """A title of several lines would write the mail in our name: « your account ends, sign in at … »."""
    tell(told, "ana", "x\n\nVotre compte expire : https://evil.example\r\n--\u2028Le Bureau virtuel")
    inbox = Inbox()
    with serving(inbox) as port:
        postman(told, plain(port)).deliver(NOW)
    mail = next(each for each in inbox.mails if "expire" in each.get_content())
    lines = mail.get_content().splitlines()
    assert lines[0].startswith("À vous d'agir : « x Votre compte expire")
    assert lines[1] == "https://bureau.chu.fr/services/bureau/requests/1"


def test_a_server_that_is_away_is_left_alone_for_a_while_and_tried_again(told: Store) -> None:
    inbox = Inbox()
    with serving(inbox) as port:
        pass
    carrier = postman(told, plain(port))
    assert carrier.deliver(NOW) == 0
    assert states(told) == [MailState.WAITING] * 2
    with serving(inbox) as port:
        carrier = postman(told, plain(port))
        carrier._next = NOW + PAUSE
        assert carrier.deliver(NOW) == 0
        assert carrier.deliver(NOW + PAUSE) == 2


def test_old_news_are_not_mailed(told: Store) -> None:
    inbox = Inbox()
    with serving(inbox) as port:
        assert postman(told, plain(port)).deliver(NOW + MAILED_WITHIN) == 0
    assert inbox.mails == []


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime.now(dt.UTC) - dt.timedelta(days=1))
        .not_valid_after(dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return file


@pytest.fixture
def locked(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """Options of a server that asks for STARTTLS and a password."""
    file = certificate(tmp_path, "server")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"bureau", b"right"), handled=False)

    options = {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": check}
    return file, options


def secret(folder: Path, password: str) -> Path:
    file = folder / "password"
    file.write_text(f"{password}\n")
    return file


def test_by_starttls_with_a_password(told: Store, tmp_path: Path, locked: tuple[Path, dict[str, Any]]) -> None:
    file, options = locked
    inbox = Inbox()
    with serving(inbox, **options) as port:
        server = MailServer("127.0.0.1", port, "starttls", "bureau", secret(tmp_path, "right"), file)
        assert postman(told, server).deliver(NOW) == 2


@pytest.mark.parametrize("case", ["password", "authority", "clear"])
def test_nothing_is_given_to_a_server_that_is_not_ours(
    told: Store, tmp_path: Path, locked: tuple[Path, dict[str, Any]], case: str
) -> None:
    """A wrong password, a certificate of somebody else, a server that does not encrypt."""
    file, options = locked
    cases: dict[str, tuple[dict[str, Any], Callable[[int], MailServer]]] = {
        "password": (
            options,
            lambda port: MailServer("127.0.0.1", port, "starttls", "bureau", secret(tmp_path, "x"), file),
        ),
        "authority": (options, lambda port: MailServer("127.0.0.1", port, authorities=certificate(tmp_path, "other"))),
        "clear": ({}, lambda port: MailServer("127.0.0.1", port)),
    }
    served, made = cases[case]
    inbox = Inbox()
    with serving(inbox, **served) as port:
        server = made(port)
        with pytest.raises(Unreachable), server.open():
            pass
        assert postman(told, server).deliver(NOW) == 0
    assert (inbox.mails, states(told)) == ([], [MailState.WAITING] * 2)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"mail_host": "smtp.chu.fr"}, "needs mail_from"),
        ({"mail_host": "smtp.chu.fr", "mail_from": "a@b.fr", "mail_security": "none"}, "in clear"),
        ({"mail_host": "smtp.chu.fr", "mail_from": "a@b.fr", "mail_user": "x"}, "belong together"),
        ({"mail_port": 0}, "mail_port"),
        ({"mail_from": "nobody"}, "mail_from"),
    ],
)
def test_settings_that_cannot_be_right_stop_the_start(given: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        load(given)
