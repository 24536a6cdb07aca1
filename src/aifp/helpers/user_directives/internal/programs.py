"""Which program a name means on this machine: what a person approves is the file behind it."""

from pathlib import Path

from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.helpers.user_directives.internal.language.forms.checks import is_shell
from aifp.helpers.user_directives.internal.scripts import LARGEST_SCRIPT, is_computed, scripts_of
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import DependencyMissing
from aifp.schemas.ports import Ctx
from aifp.schemas.releases import Permission


async def with_programs(ctx: Ctx, permissions: list[Permission]) -> list[Permission]:
    """Return the permissions with each program's real path, and the hashes of a project's own."""
    return [await _resolved(ctx, entry) for entry in permissions]


async def _resolved(ctx: Ctx, entry: Permission) -> Permission:
    if entry.resource != "command":
        return entry
    name = str(entry.value["program"])
    path = await ctx.machine.program(name)
    if path is None:
        raise DependencyMissing(
            f"The program {name} is not on this machine. A person installs it; then implement anew."
        )
    # One file may be several programs: which of them it is depends on the name it starts under.
    value: JsonMap = {
        **entry.value,
        "program": path,
        "name": name,
        "shell": is_shell(path) or is_shell(name),
    }
    if Path(path).is_relative_to(ctx.settings.project):
        own = Path(path).relative_to(ctx.settings.project).as_posix()
        value["sha256"] = sha256_of_bytes(await ctx.files.read(own, LARGEST_SCRIPT))
    folder = str(value.get("cwd", ""))
    if not is_computed(folder) and (scripts := await scripts_of(ctx, value, folder)):
        value["scripts"] = scripts
    return Permission(resource="command", value=value)
