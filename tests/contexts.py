"""Put a part of another kind into a context."""

from dataclasses import replace
from typing import cast

from aifp.schemas.ports import Ctx, Database, Reader


def with_directives(ctx: Ctx, directives: object) -> Ctx:
    """Return the context with another database of directives."""
    database = cast("Database", directives)
    return replace(ctx, databases=replace(ctx.databases, directives=database))


def with_core(ctx: Ctx, core: object) -> Ctx:
    """Return the context with another database about aifp itself."""
    return replace(ctx, databases=replace(ctx.databases, core=cast("Reader", core)))
