"""Let the bytes go that nothing names any more."""

from collections.abc import Awaitable, Callable

from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx

# Removes an object from the store; False where it was kept again lately.
Discard = Callable[[str], Awaitable[bool]]


async def free_objects(ctx: Ctx, discard: Discard, *, dry_run: bool = False) -> int:
    """Free the objects whose time is over and that nothing names; return how many."""
    now = to_text(ctx.clock.now())
    rows = await ctx.directives.all("objects_to_free", now=now)
    if dry_run:
        return len(rows)
    freed = 0
    for row in rows:
        # The bytes first: what a crash leaves is a row without bytes, which the next time drops.
        if await discard(str(row["sha256"])):
            async with ctx.directives.write() as db:
                freed += await db.run("forget_object", sha256=row["sha256"], now=now)
    return freed
