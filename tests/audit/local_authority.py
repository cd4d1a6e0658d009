"""A time-stamp authority made with openssl, behind HTTP, as the field's own are."""

import subprocess
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

from .verifiers.programs import installed

_CONFIG = """\
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
"""
_EXTENSIONS = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n"


class LocalAuthority:
    """Root and signer in *folder*; ``chain.pem`` is handed out, ``reply_options`` go to ``openssl ts -reply``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.reply_options: Sequence[str] = ()
        self._make_certificates()
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                answer = authority.reply(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def chain(self) -> bytes:
        return (self.folder / "chain.pem").read_bytes()

    def reply(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        self._openssl("ts", "-reply", "-queryfile", "query", "-config", "tsa.cnf", "-out", "reply", *self.reply_options)
        return (self.folder / "reply").read_bytes()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _make_certificates(self) -> None:
        ec = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        self._openssl(
            "req", "-x509", *ec, "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Test root", "-days", "30"
        )
        self._openssl("req", *ec, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test authority")
        (self.folder / "extensions").write_text(_EXTENSIONS)
        self._openssl(
            *("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial"),
            *("-days", "30", "-out", "tsa.pem", "-extfile", "extensions"),
        )
        chain = [(self.folder / name).read_bytes() for name in ("tsa.pem", "root.pem")]
        (self.folder / "chain.pem").write_bytes(b"".join(chain))

    def _openssl(self, *arguments: str) -> None:
        command = [installed("openssl", "openssl"), *arguments]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=30)
