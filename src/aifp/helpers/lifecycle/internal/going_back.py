"""Take a deployment back by itself, and try out what runs then."""

from aifp.helpers.lifecycle.internal.rolling_back import roll_back
from aifp.helpers.lifecycle.internal.testing import run_strategy
from aifp.schemas.errors import AifpError, NoSuch
from aifp.schemas.ports import Ctx


async def go_back(ctx: Ctx, artifact_id: int, cause: str) -> int:
    """Put the approved release before the one in force back; return the version that runs now."""
    await roll_back(ctx, artifact_id, cause, "system")
    row = await ctx.directives.one("deployment_in_force", artifact_id=artifact_id)
    if row is None:
        raise NoSuch(f"Nothing of artifact {artifact_id} is in force after its rollback.")
    return int(str(row["version_id"]))


async def try_out(ctx: Ctx, version_id: int) -> str | None:
    """Try out once what runs after a rollback; return what went wrong, or None.

    Its declared cases are played in the sandbox, with mock answers; one that has none shows
    nothing, and is trusted as far as it loads.
    """
    try:
        report = await run_strategy(ctx, version_id, "synthetic")
    except AifpError as refusal:
        return str(refusal)
    return report.verdict if report.passed is False else None
