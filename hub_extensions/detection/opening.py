"""Opens the watch of a process, from the settings."""

from functools import lru_cache

from hub_extensions.detection.catalogue import Terms
from hub_extensions.detection.watch import Watch
from hub_extensions.settings import Settings


def terms_of(settings: Settings) -> Terms:
    """Return the thresholds of this installation."""
    return Terms(
        output_mb_per_hour=settings.detection_output_mb_per_hour,
        refusals_in_a_row=settings.detection_refusals_in_a_row,
        reads_per_minute=settings.detection_reads_per_minute,
        kernels_per_hour=settings.detection_kernels_per_hour,
        signin_failures=settings.detection_signin_failures,
        exports_per_day=settings.detection_exports_per_day,
        work_begins=settings.detection_work_begins,
        work_ends=settings.detection_work_ends,
        work_days=frozenset(int(day) for day in settings.detection_work_days),
        zone=settings.zone,
    )


@lru_cache(maxsize=4)
def open_watch(settings: Settings) -> Watch:
    """Return the watch of this installation; one per process."""
    return Watch(terms_of(settings))
