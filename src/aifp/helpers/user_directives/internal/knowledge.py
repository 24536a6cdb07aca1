"""What the reader may know about the project."""

from aifp.schemas.ports import Ctx
from aifp.schemas.reading import Known


async def known_of(ctx: Ctx) -> Known:
    """Return the names of the project: its directives with their files, secrets and zone."""
    rows = await ctx.directives.all("directive_files")
    zone = await ctx.project.one("project")
    return Known(
        project_timezone=str(zone["timezone"]) if zone and zone["timezone"] else None,
        today=ctx.clock.now().date().isoformat(),
        directives={str(row["name"]): str(row["source_file"]) for row in rows},
        secrets=sorted(ctx.keyring.secret_names()),
    )
