"""The packages of one directive: what its code imports and what was added, pinned together."""

from collections.abc import Sequence

from aifp.helpers.user_directives.internal.code_generation import modules_of, packages_in
from aifp.helpers.user_directives.internal.installation import install_pins, requirement_of
from aifp.helpers.user_directives.internal.package_names import distribution_of
from aifp.helpers.user_directives.internal.releases import stored_packages
from aifp.schemas.packages import Pin
from aifp.schemas.ports import Ctx, SqlValue
from aifp.schemas.words import DependencyType
from aifp.schemas.workflow import Dependency, GeneratedCode


async def with_packages(ctx: Ctx, directive_id: int, made: GeneratedCode) -> GeneratedCode:
    """Return the code with its packages, installed; what was pinned for the same wishes stays."""
    wanted = await _wanted(ctx, directive_id, made)
    if not wanted:
        return made
    pins = await _pinned_before(ctx, directive_id, wanted) or await ctx.machine.resolve(wanted)
    await install_pins(ctx, wanted, pins)
    return made.model_copy(update={"requirements": wanted, "packages": pins})


def with_pinned(needs: Sequence[Dependency], pins: Sequence[Pin]) -> list[Dependency]:
    """Return what is needed, with every package that is installed by now, also those of others."""
    others = [need for need in needs if need.dependency_type != "python_package"]
    kind: DependencyType = "python_package"
    packages = [
        Dependency(dependency_type=kind, name=pin.name, is_installed=True, note=pin.version)
        for pin in pins
    ]
    return sorted([*others, *packages], key=lambda need: (need.dependency_type, need.name))


async def _wanted(ctx: Ctx, directive_id: int, made: GeneratedCode) -> list[str]:
    rows = await ctx.directives.all("packages_of_directive", directive_id=directive_id)
    versions = {str(row["name"]): row["version"] for row in rows}
    added = {str(row["name"]) for row in rows if row["added_by"] is not None and row["required"]}
    modules = modules_of(made)
    roots = packages_in(modules.values()) - set(modules)
    names = added | {distribution_of(root, added) for root in roots}
    return [requirement_of(name, _text(versions.get(name))) for name in sorted(names)]


async def _pinned_before(ctx: Ctx, directive_id: int, wanted: list[str]) -> list[Pin]:
    """Return the pins of the present code if it asked for the same, so that nothing moves."""
    row = await ctx.directives.one("present_packages", directive_id=directive_id)
    requirements, pins = stored_packages(row["metadata_json"]) if row else ([], [])
    return pins if requirements == wanted else []


def _text(value: SqlValue) -> str | None:
    return str(value) if value else None
