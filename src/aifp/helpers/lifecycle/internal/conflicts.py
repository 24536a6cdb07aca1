"""Whether a file may be replaced: did anybody change it since what is known of it?"""

from aifp.schemas.differences import Resolution, ResolveOption

OPTIONS: list[ResolveOption] = ["abort_and_refresh", "overwrite_anyway", "manual_merge"]


def resolution_of(baseline: str | None, disk: str | None, proposal: str) -> Resolution:
    """Compare three hashes: what is known to lie there, what lies there, what shall lie there."""
    if disk == proposal:
        return Resolution(action="no_op", reason="already_in_sync")
    if disk == baseline:
        return Resolution(action="safe_overwrite", reason="no_concurrent_changes")
    return Resolution(
        action="conflict", reason="concurrent_modification", resolution_options=OPTIONS
    )
