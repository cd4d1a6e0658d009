"""Opens the desks of an installation from its settings: limits, vaults, release key, checks, scanner, ledger proofs.

Portal and worker call this and nothing else, so that no request can be judged by rules other than the installation's
(TRAPS A10).
"""

from datetime import timedelta
from functools import lru_cache

from audit.client import Ledger
from hub_extensions.exports.checking import standard_checker
from hub_extensions.exports.deadlines import WorkingCalendar
from hub_extensions.exports.desk import Desk, Rules, open_desk
from hub_extensions.exports.proofs import ledger_prover
from hub_extensions.exports.publishing.repositories import repository_of
from hub_extensions.imports.desk import ImportDesk, open_import_desk
from hub_extensions.imports.desk import Rules as ImportRules
from hub_extensions.imports.scanning import ClamAV
from hub_extensions.installation.opening import ledger_keys, open_layout, open_store
from hub_extensions.settings import Settings


@lru_cache(maxsize=4)
def open_installed_desk(settings: Settings) -> Desk:
    """Return the desk; one per process."""
    store, layout = open_store(settings), open_layout(settings)
    ledger = Ledger(settings.ledger_socket, ledger_keys(settings))
    return open_desk(
        store,
        exports_dir=settings.exports_dir,
        key_file=settings.secrets_dir / "release.pem",
        project_dir=layout.project_dir,
        dataset_dir=layout.dataset_dir,
        rules=Rules(
            reviewers_required=settings.reviewers_required,
            max_file_bytes=settings.export_max_file_mb << 20,
            max_files=settings.export_max_files,
            download_max_count=settings.download_max_count,
            download_days=settings.download_days,
            review_working_days=settings.review_working_days,
            calendar=WorkingCalendar(settings.zone, settings.working_country),
            min_persons=settings.min_persons,
        ),
        checker=standard_checker,
        prover=ledger_prover(store, settings.ledger_dir, ledger.settle),
        repositories={name: repository_of(each) for name, each in settings.publication_repositories.items()},
    )


@lru_cache(maxsize=4)
def open_installed_import_desk(settings: Settings) -> ImportDesk:
    """Return the import desk; one per process."""
    return open_import_desk(
        open_store(settings),
        quarantine_dir=settings.quarantine_dir,
        layout=open_layout(settings),
        rules=ImportRules(
            max_file_bytes=settings.import_max_file_mb << 20,
            max_files=settings.import_max_files,
            max_total_bytes=settings.import_max_total_mb << 20,
        ),
        scanner=ClamAV(
            settings.import_scanner,
            settings.import_signatures,
            timedelta(days=settings.import_signatures_days),
            settings.import_scanner_daemon,
        ),
    )
