"""Let the bytes go that nothing names any more."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx

# Whoever keeps an object names it in the record long before this has gone by.
SETTLED = timedelta(hours=1)

# Removes an object from the store; False where it was kept again since an instant.
Discard = Callable[[str, datetime], Awaitable[bool]]


async def free_objects(ctx: Ctx, discard: Discard, *, dry_run: bool = False) -> int:
    """Free the objects whose time is over and that nothing names; return how many."""
    at = ctx.clock.now()
    now = to_text(at)
    rows = await ctx.directives.all("objects_to_free", now=now)
    if dry_run:
        return len(rows)
    freed = 0
    for row in rows:
        # The bytes first: what a crash leaves is a row without bytes, which the next time drops.
        if await discard(str(row["sha256"]), at - SETTLED):
            async with ctx.directives.write() as db:
                freed += await db.run("forget_object", sha256=row["sha256"], now=now)
    return freed
