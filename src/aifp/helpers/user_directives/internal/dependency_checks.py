"""Look whether what directives need is really there; nobody's word is taken where one can look."""

from aifp.helpers.shared.outbox import tell_directive
from aifp.helpers.user_directives.internal.dependency_names import fits
from aifp.schemas.dependencies import Found
from aifp.schemas.errors import DependencyMissing
from aifp.schemas.instants import to_text
from aifp.schemas.packages import Pin
from aifp.schemas.ports import Ctx, Row, SqlValue
from aifp.schemas.words import DependencyType

FOUND, LACKING = Found(present=True), Found(present=False, fault="not found")


async def look_for(
    ctx: Ctx, dependency_type: DependencyType, name: str, version: str | None
) -> Found | None:
    """Return what is found on this machine; None for a service, which nobody can look for."""
    match dependency_type:
        case "python_package":
            return _judged(await ctx.machine.package(name), version)
        case "system_package":
            return FOUND if await ctx.machine.program(name) is not None else LACKING
        case "environment_var":
            return FOUND if await ctx.machine.variable(name) else LACKING
        case "api_key":
            return FOUND if name in ctx.keyring.secret_names() else LACKING
        case "service":
            return None


def _judged(found: str | None, asked: str | None) -> Found:
    if found is None:
        return LACKING
    if fits(found, asked):
        return Found(present=True, version=found)
    return Found(present=False, version=found, fault=f"{found} is there, {asked} is needed")


async def found_of(ctx: Ctx, row: Row) -> Found | None:
    """Return what is found of a stored dependency; None where its row is all that is known."""
    if row["dependency_type"] == "environment_var" and row["added_by"] is None:
        # A step sets it for its program; it need not be set here.
        return None
    return await found_in(ctx, row, text_of(row["installed_version"] or row["version"]))


async def found_in(ctx: Ctx, row: Row, version: str | None) -> Found | None:
    """Return what is found of a stored dependency: of a pinned one its bytes, else its version."""
    if row["sha256"] is not None:
        return await find_pinned(ctx, row)
    return await look_for(ctx, type_of(row), str(row["name"]), version)


async def find_pinned(ctx: Ctx, row: Row) -> Found:
    """Return whether exactly the pinned bytes of a package are there."""
    version, hashes = str(row["installed_version"]), tuple(str(row["sha256"]).split())
    try:
        await ctx.machine.place([Pin(name=str(row["name"]), version=version, hashes=hashes)])
    except DependencyMissing as lack:
        return Found(present=False, fault=str(lack).rstrip("."))
    return Found(present=True, version=version)


def type_of(row: Row) -> DependencyType:
    """Return the type in a dependency's row."""
    return row["dependency_type"]  # pyright: ignore[reportReturnType]


def text_of(value: SqlValue) -> str | None:
    """Return a text column, or None where it is empty."""
    return str(value) if value else None


async def recheck_dependencies(ctx: Ctx, directive_id: int) -> None:
    """Look for everything a directive needs, and keep what differs from what was said."""
    rows = await ctx.directives.all("needs_of", directive_id=directive_id)
    found = [(row, await found_of(ctx, row)) for row in rows]
    changed = [(row, fact) for row, fact in found if fact and _differs(row, fact)]
    if not changed:
        return
    async with ctx.directives.write() as db:
        now = ctx.clock.now()
        for row, fact in changed:
            facts = {"present": int(fact.present), "error": fact.fault, "at": to_text(now)}
            await db.run("note_found", id=row["id"], **facts)
        await tell_directive(db, now, directive_id)


def _differs(row: Row, fact: Found) -> bool:
    return {bool(row["is_installed"]), bool(row["verified"])} != {fact.present}


async def missing_of(ctx: Ctx, directive_id: int) -> list[str]:
    """Return what a directive needs and does not have, in words.

    What was found before is trusted; what is only said to be there is looked for.
    """
    rows = await ctx.directives.all("needs_of", directive_id=directive_id)
    missing: list[str] = []
    for row in rows:
        if _is_checked_elsewhere(row) or (row["is_installed"] and row["verified"]):
            continue
        fact = await found_of(ctx, row)
        if not (fact.present if fact else row["is_installed"]):
            missing.append(_in_words(row, fact))
    return missing


def _is_checked_elsewhere(row: Row) -> bool:
    """Say whether the gate asks the keyring itself, or a step brings what it needs."""
    return row["dependency_type"] in ("api_key", "environment_var") and row["added_by"] is None


def _in_words(row: Row, fact: Found | None) -> str:
    wrong = f" ({fact.fault})" if fact and fact != LACKING else ""
    return f"{row['dependency_type']} {row['name']}{wrong}"
