"""What a directive needs besides its code, read from its steps and its code; nothing is run."""

import ast
import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from aifp.helpers.contract import internal
from aifp.helpers.shared.outbox import tell_directive
from aifp.helpers.user_directives.internal.code_rules.imports import imported_packages
from aifp.helpers.user_directives.internal.generation.implementation import entries_of
from aifp.helpers.user_directives.internal.language.nested_steps import every_step
from aifp.helpers.user_directives.internal.package_names import distribution_of
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.errors import AifpError
from aifp.schemas.instants import to_text
from aifp.schemas.packages import Pin
from aifp.schemas.ports import Ctx, Writer
from aifp.schemas.reading import Interpretation
from aifp.schemas.steps import CallStep, HttpStep, RunStep, Step
from aifp.schemas.workflow import Dependency

logger = logging.getLogger(__name__)


@internal
async def detect_dependencies(
    ctx: Ctx, directive: CanonicalDirective, modules: Mapping[str, str] | None = None
) -> list[Dependency]:
    """List the packages, programs, secrets, variables and services a directive needs."""
    try:
        added = await _added_packages(ctx, directive.name)
        found = dependencies_of(directive, modules or {}, ctx.keyring.secret_names(), added)
        return [await _looked_for(ctx, need) for need in found]
    except (AifpError, SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        logger.warning("dependencies of %s cannot be read: %s", directive.name, fault)
        return []


async def _added_packages(ctx: Ctx, name: str) -> set[str]:
    rows = await ctx.directives.all("added_packages", name=name)
    return {str(row["name"]) for row in rows}


def dependencies_of(
    directive: CanonicalDirective,
    modules: Mapping[str, str],
    stored: frozenset[str],
    added: Collection[str],
) -> list[Dependency]:
    """Return what a directive and its code need, sorted by type and name."""
    found = [_secret(name, name in stored) for name in directive.secrets]
    found += [need for step in all_steps(directive) for need in _needs(step)]
    roots = {root for source in modules.values() for root in imported_packages(ast.parse(source))}
    found += [_package(distribution_of(root, added)) for root in roots - set(modules)]
    unique = {(need.dependency_type, need.name): need for need in found}
    return [unique[key] for key in sorted(unique)]


def all_steps(directive: CanonicalDirective) -> list[Step]:
    """Return every step of a directive: runs, reads and what follows failures."""
    entries = [step for entry in entries_of(directive) for step in every_step(entry.steps)]
    return [*directive.read.values(), *entries]


def _needs(step: Step) -> list[Dependency]:
    match step:
        case HttpStep():
            host = urlsplit(step.url).hostname
            return [_service(host)] if host else []
        case CallStep(tool=None):
            return [_service(step.via or step.target.split(".")[0])]
        case RunStep():
            names = sorted(str(name) for name in step.env or {})
            return [_program(step.program), *(_variable(name) for name in names)]
        case _:
            return []


def _secret(name: str, stored: bool) -> Dependency:  # noqa: FBT001
    note = None if stored else f"a person stores it with: aifp secret set {name}"
    return Dependency(dependency_type="api_key", name=name, is_installed=stored, note=note)


def _service(name: str) -> Dependency:
    return Dependency(dependency_type="service", name=name, is_installed=True)


def _program(name: str) -> Dependency:
    return Dependency(dependency_type="system_package", name=name)


def _variable(name: str) -> Dependency:
    return Dependency(dependency_type="environment_var", name=name, is_installed=True)


def _package(name: str) -> Dependency:
    note = "user_directive_implement installs it, once a person says yes"
    return Dependency(dependency_type="python_package", name=name, note=note)


async def _looked_for(ctx: Ctx, need: Dependency) -> Dependency:
    """Return a program with what is found of it; how to install it is shown, never done."""
    if need.dependency_type != "system_package":
        return need
    if await ctx.machine.program(need.name) is not None:
        return need.model_copy(update={"is_installed": True})
    bare = need.name.replace("\\", "/").rsplit("/", 1)[-1]
    note = f"a person installs it, for example with: sudo apt-get install {bare}"
    return need.model_copy(update={"note": note})


async def needs_of_reading(ctx: Ctx, reading: Interpretation) -> list[Dependency] | None:
    """Return what a directive needs as its text reads, None where that is not clear yet."""
    return None if reading.canonical is None else await detect_dependencies(ctx, reading.canonical)


async def keep_dependencies(
    db: Writer,
    at: datetime,
    directive_id: int,
    needs: Sequence[Dependency] | None,
    pins: Sequence[Pin] = (),
) -> None:
    """Store what is needed now and what it is pinned to; rows that a person confirmed stay."""
    if needs is None:
        return
    now = to_text(at)
    await db.run("drop_detected_dependencies", directive_id=directive_id)
    for need in needs:
        await db.run(
            "store_detected_dependency",
            directive_id=directive_id,
            dependency_type=need.dependency_type,
            name=need.name,
            is_installed=int(need.is_installed),
            install_command=need.note,
            at=now,
        )
    for pin in pins:
        await db.run(
            "note_pinned",
            directive_id=directive_id,
            name=pin.name,
            version=pin.version,
            sha256=" ".join(pin.hashes),
            at=now,
        )
    # Last, so that what is pinned is not told to be missing.
    await tell_directive(db, at, directive_id)
