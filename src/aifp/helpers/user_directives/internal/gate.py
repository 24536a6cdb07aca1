"""The one gate: nothing starts unless exactly this release was approved by a person."""

from collections.abc import Iterable

from aifp.helpers.user_directives.internal.approvals import approval_of
from aifp.helpers.user_directives.internal.dependency_checks import missing_of
from aifp.helpers.user_directives.internal.releases import present_release
from aifp.schemas.errors import ApprovalRequired, DependencyMissing, FileMissing, Unavailable
from aifp.schemas.ports import Ctx
from aifp.schemas.releases import Release


async def require_release(ctx: Ctx, directive_id: int) -> Release:
    """Return the present release if it may start now, else refuse with the reason.

    Raises Unavailable (stop switch), NoSuch, FileMissing, ApprovalRequired or DependencyMissing.
    """
    await require_not_stopped(ctx)
    release = await require_approval(ctx, directive_id)
    await require_tools(ctx, release)
    await require_dependencies(ctx, release)
    return release


async def require_not_stopped(ctx: Ctx) -> None:
    """Refuse while the stop switch is on."""
    if await ctx.directives.one("stop_switch") is not None:
        raise Unavailable("Everything is stopped. A person resumes with: aifp resume")


async def require_approval(ctx: Ctx, directive_id: int) -> Release:
    """Return the present release if a person approved exactly this one."""
    release = await present_release(ctx, directive_id)
    approval_id = await approval_of(ctx, directive_id, release.release_sha256)
    if approval_id is None:
        name = release.directive.name
        raise ApprovalRequired(
            f"{name} is not approved as it stands now. Ask with user_directive_approve, "
            f"or let a person run: aifp approve {name}"
        )
    return release.model_copy(update={"approval_id": approval_id})


async def require_tools(ctx: Ctx, release: Release) -> None:
    """Refuse while a tool that the release calls is not there; each has its own gate besides."""
    named = sorted(str(p.value["name"]) for p in release.permissions if p.resource == "tool")
    if not named:
        return
    there = {str(row["name"]) for row in await ctx.directives.all("tools_that_are_there")}
    missing = [name for name in named if name not in there]
    if missing:
        raise FileMissing(
            f"{release.directive.name} calls {', '.join(missing)}, which is no tool any more. "
            f'Bring the file back, by hand or with restore_tool("{missing[0]}").'
        )


async def require_dependencies(ctx: Ctx, release: Release) -> None:
    """Refuse while a secret or another thing the release needs is missing."""
    missing = await missing_of(ctx, release.directive_id)
    missing += [f"secret {name}" for name in _missing_secrets(ctx, release.directive.secrets)]
    missing += await _missing_packages(ctx, release)
    if missing:
        raise DependencyMissing(f"{release.directive.name} needs: {', '.join(missing)}.")


async def _missing_packages(ctx: Ctx, release: Release) -> list[str]:
    try:
        await ctx.machine.place(release.packages)
    except DependencyMissing as lack:
        return [str(lack).rstrip(".")]
    return []


def _missing_secrets(ctx: Ctx, names: Iterable[str]) -> list[str]:
    stored = ctx.keyring.secret_names()
    return sorted(name for name in names if name not in stored)
