"""What the reader may know about the project."""

from collections.abc import Collection

from aifp.helpers.user_directives.internal.language.relations import others_of
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.ports import Ctx
from aifp.schemas.reading import Known, Others

# Where notices can go in this version: `log`, a line of the lifecycle log.
CHANNELS = ["log"]


async def known_of(ctx: Ctx, without: Collection[str], *, complete: bool) -> Known:
    """Return what is known of the project besides some directives that are read anew.

    Complete says that every directive is stored, so that an unknown name is a fault.
    """
    rows = await ctx.directives.all("directive_files")
    zone = await ctx.project.one("project")
    return Known(
        project_timezone=str(zone["timezone"]) if zone and zone["timezone"] else None,
        today=ctx.clock.now().date().isoformat(),
        directives={str(row["name"]): str(row["source_file"]) for row in rows},
        channels=CHANNELS,
        secrets=sorted(ctx.keyring.secret_names()),
        others=await _others(ctx, without, complete=complete),
    )


async def _others(ctx: Ctx, without: Collection[str], *, complete: bool) -> Others:
    rows = await ctx.directives.all("canonical_directives")
    texts = (str(row["configuration_json"]) for row in rows if row["name"] not in without)
    return others_of(map(CanonicalDirective.model_validate_json, texts), complete=complete)
