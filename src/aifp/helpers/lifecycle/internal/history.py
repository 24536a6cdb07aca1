"""What became of the versions of an artifact: how they differ, which one ran when, how well."""

import json
from datetime import datetime

from aifp.helpers.lifecycle.internal.breaking import broken_callers
from aifp.helpers.lifecycle.internal.diffs import compute_diffs
from aifp.helpers.lifecycle.internal.stored_files import stored_texts
from aifp.helpers.shared.deployments import ACCEPTABLE, success_rate
from aifp.schemas.common import Listed
from aifp.schemas.errors import InvalidArgument, NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Reader, Row
from aifp.schemas.releases import Permission
from aifp.schemas.versions import PermissionsDiff, Stability, Version, VersionDiff, VersionInForce

MAX_LISTED = 200
STABLE = 0.9


async def versions_of(db: Reader, artifact: Row, limit: int) -> Listed[Version]:
    """Return the newest versions of an artifact."""
    if not 1 <= limit <= MAX_LISTED:
        raise InvalidArgument(f"limit is {limit}; say 1 to {MAX_LISTED}.")
    rows = await db.all("versions_of_artifact", artifact_id=artifact["id"], limit=limit)
    counted = await db.one("count_of_versions", artifact_id=artifact["id"])
    total = int(str(counted["versions"])) if counted else 0
    return Listed(result=[_version(row) for row in rows], total=total)


async def require_version(db: Reader, artifact: Row, number: int) -> Row:
    """Return one version of an artifact; raises NoSuch with those there are."""
    row = await db.one("version_by_number", artifact_id=artifact["id"], version_number=number)
    if row is None:
        counted = await db.one("count_of_versions", artifact_id=artifact["id"])
        newest = counted["versions"] if counted else 0
        raise NoSuch(f"{artifact['name']} has no version {number}; there are 1 to {newest}.")
    return row


async def diff_of_versions(ctx: Ctx, artifact: Row, first: int, second: int) -> VersionDiff:
    """Compare two versions: their text, what callers miss, their rights, how well they ran."""
    old = await require_version(ctx.directives, artifact, first)
    new = await require_version(ctx.directives, artifact, second)
    texts = [await stored_texts(ctx, row["id"], tests=True) for row in (old, new)]
    diff = compute_diffs(texts[0], texts[1], f"v{first}", f"v{second}")
    code = [await stored_texts(ctx, row["id"]) for row in (old, new)]
    breaks = broken_callers(code[0], code[1])
    return VersionDiff(
        diff=diff.diff,
        stats=diff.stats,
        significant=diff.significant,
        breaking=bool(breaks),
        breaks=breaks,
        permissions_diff=permissions_diff(permissions_in(old), permissions_in(new)),
        rate_diff=_rate_diff(old, new),
    )


def permissions_in(row: Row) -> list[Permission]:
    """Return what a version may do once it is approved."""
    kept = json.loads(str(row["permissions_json"]))
    return [Permission.model_validate(permission) for permission in kept]


def permissions_diff(old: list[Permission], new: list[Permission]) -> PermissionsDiff:
    """Return which rights came and which went."""
    return PermissionsDiff(
        added=[permission for permission in new if permission not in old],
        removed=[permission for permission in old if permission not in new],
    )


async def in_force_at(db: Reader, artifact: Row, at: datetime) -> VersionInForce | None:
    """Return which version ran at an instant, or None where none did."""
    row = await db.one("deployment_at", artifact_id=artifact["id"], at=to_text(at))
    if row is None:
        return None
    well = row["was_successful"]
    rate = _rate(row)
    told = {key: row[key] for key in VersionInForce.model_fields if key in row}
    return VersionInForce.model_validate(
        {
            **told,
            "was_successful": None if well is None else bool(well),
            "success_rate": rate,
            "runs": row["total_runs"],
            "stability": stability_of(rate, rolled_back=row["monitor"] == "rolled_back"),
        }
    )


def stability_of(rate: float | None, *, rolled_back: bool) -> Stability:
    """Return in one word how a deployment went."""
    if rolled_back:
        return "unstable"
    if rate is None:
        return "unknown"
    if rate >= STABLE:
        return "stable"
    return "acceptable" if rate >= ACCEPTABLE else "problematic"


def _version(row: Row) -> Version:
    told = {key: row[key] for key in Version.model_fields if key in row}
    return Version.model_validate(
        {
            **told,
            "breaking": bool(row["breaking"]),
            "current": bool(row["is_current"]),
            "in_force": bool(row["in_force"]),
            "success_rate": _rate(row),
            "note": json.loads(str(row["metadata_json"])).get("note"),
        }
    )


def _rate(row: Row) -> float | None:
    return success_rate(int(str(row["successes"])), int(str(row["failures"])))


def _rate_diff(old: Row, new: Row) -> float | None:
    before, after = _rate(old), _rate(new)
    return None if before is None or after is None else after - before
