"""Put a part of another kind into a context."""

from dataclasses import replace
from typing import cast

from aifp.schemas.ports import Ctx, Database


def with_directives(ctx: Ctx, directives: object) -> Ctx:
    """Return the context with another database of directives."""
    database = cast("Database", directives)
    return replace(ctx, databases=replace(ctx.databases, directives=database))
