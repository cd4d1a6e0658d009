"""One frozen object with every setting; a bad one stops the start with its name, its value and what is accepted.

Read from the environment (``BUREAU_…``) and from ``$BUREAU_HOME/bureau.toml``; the environment wins. Nothing else in
the project reads environment variables for its behaviour, and the domain never imports this module: it receives values.
"""

import hashlib
import os
import tomllib
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from hub_extensions.exports.deadlines import is_country
from hub_extensions.mail.settings import MailSettings
from hub_extensions.settings.access import AccessSettings
from hub_extensions.settings.gateways import GatewaySettings, Port, counted_up
from hub_extensions.settings.imports import ImportSettings
from hub_extensions.settings.oversight import OversightSettings
from hub_extensions.settings.publication import PublicationSettings
from hub_extensions.settings.way_in import SignInSettings
from project_spaces.control_periods import ControlTerms
from project_spaces.egress import MIB, Budget
from project_spaces.errors import Invalid
from project_spaces.text import Text

#: Unix socket addresses hold 108 bytes (unix(7)); what is appended to ``run_dir`` needs some of them.
LONGEST_RUN_DIR = 60
#: Pages of the Hub that this product replaces.
TEMPLATES = Path(__file__).parents[1] / "sign_in" / "templates"


class Settings(
    AccessSettings,
    GatewaySettings,
    ImportSettings,
    MailSettings,
    OversightSettings,
    PublicationSettings,
    SignInSettings,
):
    """What an installation may choose. Defaults are the safe choice, for one machine."""

    model_config = SettingsConfigDict(env_prefix="BUREAU_", frozen=True, extra="forbid")

    # Places
    home: Path = Field(Path(".bureau"), description="State of this installation; nothing outside it is written.")
    cache: Path | None = Field(None, description="What can be fetched again (wheels, packages); under home when empty.")
    run_dir: Path | None = Field(None, description="Sockets; short, because a socket's address has 108 bytes.")
    database_url: str = Field("", description="SQLAlchemy URL of the domain's database; SQLite under home when empty.")

    # Addresses
    public_url: str = Field("http://bureau.localhost:8000", description="Where people open the workbench.")
    bind_address: str = Field("127.0.0.1", description="Interface on which the public proxy listens.")
    tls_certificate: Path | None = Field(None, description="PEM chain for the public host and every host below it.")
    tls_key: Path | None = Field(None, description="PEM key of that certificate.")
    hub_port: Port = Field(8081, description="Port of the Hub, on loopback.")
    proxy_api_port: Port = Field(8001, description="Port of the proxy's own interface, on loopback.")
    portal_port: Port = Field(8091, description="Port of the portal, on loopback.")

    # Public pages (docs/catalogue.md)
    operator: str = Field(
        "Bureau virtuel", min_length=1, max_length=200, description="Who runs this installation, as public pages say."
    )
    rights_contact: str = Field(
        "",
        max_length=200,
        description="Where people ask about their rights; the operator when empty.",
    )

    # Workspaces
    spawner: Literal["docker", "local"] = Field(
        "docker", description="local: plain processes, nothing is sealed; trials."
    )
    image: str = Field("datascience", description="Folder of spawner_images/ that workspaces run.")
    linkage_image: str = Field("linkage", description="Folder of spawner_images/ that linkages run.")
    attacks_image: str = Field("", description="Folder in which submitted models are attacked (attacks); none: empty.")
    workspace_uid: int = Field(61000, ge=1000, le=2**31, description="User (and group) of what runs in workspaces.")
    default_cpu: float = Field(1.0, gt=0, le=1024, description="CPU cores of a project without a quota of its own.")
    default_memory_mb: int = Field(2048, ge=512, le=4 * 1024 * 1024, description="Its memory, in MiB.")
    default_pids: int = Field(256, ge=64, le=32768, description="Its processes and threads.")
    start_timeout_s: int = Field(60, ge=10, le=600, description="Seconds a workspace may take to answer.")

    # Container engine
    engine: Literal["auto", "none"] = Field("auto", description="none: never use a container engine.")
    base_image: str = Field("python:3.13-slim-trixie", description="System of the images, when a registry answers.")
    debian_mirror: str = Field("", description="Debian archive for the system otherwise; debootstrap's own when empty.")

    time_zone: str = Field(
        "Europe/Paris", description="Where people work: what pages show, what a typed day means, months of controls."
    )

    # What is shown (docs/audit.md)
    egress_mb_per_hour: int = Field(1024, ge=1, le=10**6, description="Shown to one person in a project: then a pause.")
    egress_mb_per_day: int = Field(4096, ge=1, le=10**6, description="The same within a day (UTC).")
    egress_warn_percent: int = Field(80, ge=10, le=99, description="Share of a budget at which the person is warned.")

    # Keeping and controlling traces (docs/audit.md)
    retention_months: Literal[6, 12] = Field(
        12, description="Names, private facts and sealed messages are kept so long."
    )
    control_due_day: int = Field(10, ge=1, le=28, description="Day of the next month by which a month is signed.")
    alarm_command: str = Field("", description="Program that is told of alarms: one JSON object on standard input.")
    alarm_webhook: str = Field("", pattern="^(https?://.+)?$", description="Address that alarms are posted to as JSON.")

    # Detection rules (docs/audit.md)
    detection_output_mb_per_hour: int = Field(100, ge=1, le=10**6, description="Output of one person: rule volume.")
    detection_refusals_in_a_row: int = Field(5, ge=2, le=100, description="Within ten minutes: rule refusals.")
    detection_reads_per_minute: int = Field(60, ge=10, le=10**4, description="Of files and folders: rule listing.")
    detection_kernels_per_hour: int = Field(20, ge=1, le=1000, description="Starts and restarts: rule kernels.")
    detection_signin_failures: int = Field(5, ge=2, le=100, description="Within an hour: rule signin.")
    detection_exports_per_day: int = Field(5, ge=1, le=1000, description="Requests of one person: rule exports.")
    detection_work_begins: time = Field(time(7), description="Work before is at an unusual hour: rule hours.")
    detection_work_ends: time = Field(time(20), description="Work from here on, too.")
    detection_work_days: str = Field("12345", pattern="^[1-7]{1,7}$", description="1 is Monday.")

    # Export desk
    min_persons: int = Field(11, ge=3, le=1000, description="Default threshold; a data set may ask for more.")
    reviewers_required: int = Field(2, ge=2, le=5, description="Agreeing reviewers that a release needs.")
    review_working_days: int = Field(2, ge=1, le=60, description="Working days in which reviewers promise an answer.")
    working_country: str = Field(
        "FR", description="Whose public holidays are not working days: FR, FR-57 …; empty: weekends only."
    )
    export_max_file_mb: int = Field(16, ge=1, le=1024, description="Largest file of an export, in MiB.")
    export_max_files: int = Field(50, ge=1, le=1000, description="Most files of one request.")
    notebook_checks_per_hour: int = Field(
        120, ge=1, le=10_000, description="Files that a person may have checked in an hour from a workspace."
    )
    download_max_count: int = Field(5, ge=1, le=100, description="Downloads of one package by one recipient.")
    download_days: int = Field(7, ge=1, le=90, description="Days after which a download link ends.")

    # Ledger
    witness_policy: Path | None = Field(
        None, description="C2SP tlog-policy file: the witnesses that cosign the log every minute, and how many suffice."
    )
    timestamp_url: str = Field(
        "", pattern="^(https?://.+)?$", description="RFC 3161 authority that time-stamps the log every hour."
    )
    timestamp_certificates: Path | None = Field(None, description="PEM chain of that authority, with its root.")
    copy_dir: Path | None = Field(
        None, description="Folder at a second place, to which the log and its sealed messages are copied every day."
    )
    heartbeat_s: int = Field(60, ge=5, le=3600, description="A signed entry at least this often: silence is an alarm.")

    def __hash__(self) -> int:
        """Hash what tells installations apart; settings are the key of what a process opens once."""
        return hash(self.home)

    @field_validator(
        "home",
        "cache",
        "run_dir",
        "witness_policy",
        "timestamp_certificates",
        "copy_dir",
        "mail_password_file",
        "mail_authorities",
    )
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().resolve()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            msg = "must be a time zone's name, such as Europe/Paris"
            raise ValueError(msg)
        return value

    @field_validator("working_country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        if not is_country(value):
            msg = "must be a country whose holidays are known, such as FR, or a part of it, such as FR-57"
            raise ValueError(msg)
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)

    @field_validator("public_url")
    @classmethod
    def _has_subdomains(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "." not in parts.hostname:
            msg = "must be http(s)://host[:port] where host has a dot: each person's workspaces get a host below it"
            raise ValueError(msg)
        if parts.path not in {"", "/"} or parts.query:
            msg = "must not have a path"
            raise ValueError(msg)
        return value.rstrip("/")

    @model_validator(mode="after")
    def _sockets_fit(self) -> "Settings":
        if len(str(self.sockets)) > LONGEST_RUN_DIR:
            msg = f"run_dir {self.sockets} is longer than {LONGEST_RUN_DIR} bytes"
            raise ValueError(msg)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first (tests), then the environment, then the file."""
        file = Path(os.environ.get("BUREAU_HOME", ".bureau")) / "bureau.toml"
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

    @model_validator(mode="after")
    def _encrypted_beyond_this_machine(self) -> "Settings":
        if self.bind_address not in {"127.0.0.1", "::1"} and not (self.tls_certificate and self.tls_key):
            msg = f"bind_address {self.bind_address} is reachable from other machines: give tls_certificate and tls_key"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _authority_is_known(self) -> "Settings":
        if bool(self.timestamp_url) != (self.timestamp_certificates is not None):
            msg = "timestamp_url and timestamp_certificates belong together: an answer counts only once it is verified"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _gateways_have_ports(self) -> "Settings":
        if len(self.gateway_ports) < self.gateways:
            msg = f"gateway_port {self.gateway_port} leaves no ports for {self.gateways} gateways"
            raise ValueError(msg)
        return self

    @property
    def gateway_ports(self) -> tuple[int, ...]:
        """Port of each gateway, on loopback."""
        others = (self.public_port, self.hub_port, self.proxy_api_port, self.portal_port)
        return counted_up(self.gateway_port, self.gateways, others)

    def gateway_url(self, username: str) -> str:
        """Where the proxy finds that gateway."""
        return f"http://127.0.0.1:{self.gateway_ports[self.gateway_of(username) - 1]}"

    @property
    def longest_silence(self) -> timedelta:
        """How long the ledger may go without a sign of life: two heartbeats and the time to publish one."""
        return timedelta(seconds=2 * self.heartbeat_s + 15)

    @property
    def anchored(self) -> bool:
        """Whether somebody outside is to hold something against this log."""
        return bool(self.witness_policy or self.timestamp_url or self.copy_dir)

    @property
    def sockets(self) -> Path:
        """Folder of unix sockets: ``run_dir`` or a short one of this installation's own."""
        if self.run_dir is not None:
            return self.run_dir
        mark = hashlib.sha256(str(self.home).encode()).hexdigest()[:8]
        base = (
            Path("/run") if os.geteuid() == 0 else Path(os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.geteuid()}"))
        )
        return base / f"bureau-{mark}"

    @property
    def state_dir(self) -> Path:
        """Databases of the hub and the domain."""
        return self.home / "state"

    @property
    def secrets_dir(self) -> Path:
        """Keys and tokens of the trusted side (mode 0700)."""
        return self.home / "secrets"

    @property
    def ledger_dir(self) -> Path:
        """The ledger's journal, tiles and side tables."""
        return self.home / "ledger"

    @property
    def ledger_socket(self) -> Path:
        """Where the recorder listens."""
        return self.sockets / "ledger.sock"

    @property
    def storage_dir(self) -> Path:
        """Data sets, project folders and homes."""
        return self.home / "storage"

    @property
    def exports_dir(self) -> Path:
        """Frozen files and packages of the export desk."""
        return self.home / "exports"

    @property
    def quarantine_dir(self) -> Path:
        """What came to the import desk and is not accepted yet; mounted nowhere."""
        return self.home / "quarantine"

    @property
    def log_dir(self) -> Path:
        """Technical logs of the services; never a substitute for the ledger."""
        return self.home / "log"

    @property
    def cache_dir(self) -> Path:
        """What can be fetched again: wheels of the images, packages of the trial mode."""
        return self.cache or self.home / "cache"

    @property
    def workspaces_dir(self) -> Path:
        """One folder per running workspace, holding its socket."""
        return self.sockets / "ws"

    @property
    def store_url(self) -> str:
        """SQLAlchemy URL of the domain's database."""
        return self.database_url or f"sqlite:///{self.state_dir / 'bureau.sqlite'}"

    @property
    def egress_budget(self) -> Budget:
        """What one person may be shown, unless the project says otherwise."""
        return Budget(self.egress_mb_per_hour * MIB, self.egress_mb_per_day * MIB, self.egress_warn_percent)

    @property
    def control_terms(self) -> ControlTerms:
        """Months, and when their controls are due."""
        return ControlTerms(self.zone, self.control_due_day)

    @property
    def domain(self) -> str:
        """Host of hub and portal; workspaces are served from ``<person>.<domain>``."""
        return str(urlsplit(self.public_url).hostname)

    @property
    def host_cookies(self) -> bool:
        """Whether sign-in cookies are bound to their host (``__Host-``): a workspace can't plant one for its parent.

        Browsers want a trustworthy origin for them: https, or a name of this machine (Secure Contexts, section 3.1).
        """
        return self.public_url.startswith("https:") or f".{self.domain}".endswith(".localhost")

    @property
    def public_port(self) -> int:
        """Port of the public proxy."""
        parts = urlsplit(self.public_url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    def workspace_origin(self, username: str) -> str:
        """Origin that serves *username*'s workspaces: never the one of hub and portal (TRAPS C12)."""
        parts = urlsplit(self.public_url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{username}.{parts.hostname}{port}"

    def prepare_folders(self) -> None:
        """Create the folders of this installation, readable by its owner alone."""
        folders = (self.state_dir, self.secrets_dir, self.ledger_dir, self.storage_dir, self.exports_dir)
        for folder in (*folders, self.quarantine_dir, self.log_dir, self.sockets, self.workspaces_dir):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def load(overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read and validate the settings once.

    Raises
    ------
    Invalid
        one sentence that names the setting, the value it was given and what is accepted.
    """
    try:
        return Settings(**(overrides or {}))
    except tomllib.TOMLDecodeError as error:
        raise Invalid(Text(f"bureau.toml n'est pas du TOML : {error}.", f"bureau.toml is not TOML: {error}.")) from None
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "run_dir"
        value = "" if isinstance(first["input"], dict) else f" = {first['input']!r}"
        unknown = first["type"] == "extra_forbidden"
        why = "unknown setting" if unknown else first["msg"].removeprefix("Value error, ")
        raise Invalid(
            Text(f"Réglage {name}{value} refusé : {why}.", f"Setting {name}{value} refused: {why}.")
        ) from None
