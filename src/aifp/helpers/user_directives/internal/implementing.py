"""From validated to implemented: code made, checked and tried, then written and registered."""

import json

from aifp.helpers.shared.events import Change, record_event
from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.helpers.shared.whole import whole
from aifp.helpers.user_directives.internal.approvals import void_approval
from aifp.helpers.user_directives.internal.code_generation import compose, modules_of, write_code
from aifp.helpers.user_directives.internal.code_versions import Registered, code_version
from aifp.helpers.user_directives.internal.dependency_detection import (
    detect_dependencies,
    keep_dependencies,
)
from aifp.helpers.user_directives.internal.needed_packages import with_packages, with_pinned
from aifp.helpers.user_directives.internal.overwriting import require_unedited
from aifp.helpers.user_directives.internal.permissions import permissions_of
from aifp.helpers.user_directives.internal.programs import with_programs
from aifp.helpers.user_directives.internal.test_results import note_failed_tests
from aifp.helpers.user_directives.internal.transitions import Move, move_status
from aifp.helpers.user_directives.internal.trials import try_code
from aifp.helpers.user_directives.internal.workflow import Workflow
from aifp.schemas.errors import Conflict, InvalidArgument, NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Reader, Row, Writer
from aifp.schemas.subjects import Subject
from aifp.schemas.words import DirectiveStatus
from aifp.schemas.workflow import Dependency, GeneratedCode, ImplementAnswer, TestResult

# Making, testing, looking for needs, writing; the caller hears of each.
STAGES = 4


async def implement_directive(
    ctx: Ctx, name: str, code: str | None = None, test_code: str | None = None
) -> ImplementAnswer:
    """Make, check and test the code of a directive; write and register it when all is well."""
    row = await ctx.directives.one("draft_by_name", name=name)
    if row is None:
        raise NoSuch(f"There is no directive {name}. Parse its file with user_directive_parse.")
    directive_id = int(str(row["id"]))
    async with Workflow(ctx, "user_directive_implement") as steps:
        await ctx.door.progress(0, STAGES, f"{name}: making the code")
        made = await steps.do("compose_code", compose, ctx, directive_id, code, test_code)
        made = await steps.do("install_packages", with_packages, ctx, directive_id, made)
        await ctx.door.progress(1, STAGES, f"{name}: testing it in the sandbox")
        tests = await steps.do("run_tests", _try_out, ctx, directive_id, made)
        permissions = await with_programs(ctx, permissions_of(made.directive, modules_of(made)))
        objects = {path: await ctx.files.keep(text.encode()) for path, text in made.files.items()}
        await ctx.door.progress(2, STAGES, f"{name}: looking for what it needs")
        needs = await steps.do(
            "detect_dependencies", detect_dependencies, ctx, made.directive, modules_of(made)
        )
        done = Registered(made, tests, permissions, objects, needs)
        await ctx.door.progress(3, STAGES, f"{name}: writing and registering it")
        # Both or neither, also when the call is called off meanwhile.
        registering = steps.do("register", _write_and_register, ctx, row, done)
        implementation_id = await whole(registering)
    return await _answer(ctx, implementation_id, done, with_pinned(needs, made.packages))


async def _try_out(ctx: Ctx, directive_id: int, made: GeneratedCode) -> list[TestResult]:
    tests = await try_code(ctx, made)
    await _require_passed(ctx, directive_id, made, tests)
    return tests


async def _write_and_register(ctx: Ctx, made_for: Row, done: Registered) -> int:
    made = done.made
    async with ctx.directives.write() as db:
        row = await _unchanged(db, made_for)
        directive_id, at = int(str(row["id"])), ctx.clock.now()
        # Again: a person may have edited a file while the tests ran.
        await require_unedited(ctx, directive_id, made)
        implementation_id = await register(ctx, db, row, done)
        await keep_dependencies(db, at, directive_id, done.needs, made.packages)
        # In here, so that of two calls at once files and record come from the same one.
        await write_code(ctx, made)
    return implementation_id


async def _unchanged(db: Reader, made_for: Row) -> Row:
    """Return the directive as it is now; refuse code that was made for another reading of it."""
    row = await db.one("draft_by_name", name=made_for["name"])
    same = row is not None and all(row[k] == made_for[k] for k in ("version", "canonical_sha256"))
    if row is None or not same or row["status"] in ("draft", "archived"):
        raise Conflict(
            f"{made_for['name']} was changed while its code was made, nothing was written. "
            "Implement it again."
        )
    return row


async def _require_passed(
    ctx: Ctx, directive_id: int, made: GeneratedCode, tests: list[TestResult]
) -> None:
    failed = [test for test in tests if not test.passed]
    if failed:
        await _note_failed(ctx, directive_id, made, tests)
        told = "; ".join(f"{test.name}: {test.error}" for test in failed[:5])
        raise InvalidArgument(
            f"{len(failed)} of {len(tests)} tests fail, nothing was written. {told}",
            test_results=[test.wire() for test in tests],
        )


async def _note_failed(
    ctx: Ctx, directive_id: int, made: GeneratedCode, tests: list[TestResult]
) -> None:
    """Keep the failure where exactly this code is registered: what was reported gives way."""
    row = await ctx.directives.one("newest_implementation", directive_id=directive_id)
    if row is None:
        return
    stored = await ctx.directives.all("version_files", version_id=row["artifact_version_id"])
    tried = {path: sha256_of_bytes(text.encode()) for path, text in made.files.items()}
    if {str(file["path"]): file["object_sha256"] for file in stored} != tried:
        return
    await note_failed_tests(ctx, int(str(row["id"])), tests)


async def register(ctx: Ctx, db: Writer, row: Row, done: Registered) -> int:
    """Store code version, implementation and permissions; only what is new voids an approval."""
    at = to_text(ctx.clock.now())
    artifact = await db.one(
        "store_implementation_artifact",
        name=row["name"],
        directive_id=row["id"],
        path=done.made.implementation_file,
        description=done.made.directive.description,
        origin=ctx.actor,
        at=at,
    )
    version_id = await code_version(ctx, db, artifact or {}, done)
    before = await db.one("newest_implementation", directive_id=row["id"])
    stored = await db.one(
        "store_implementation",
        directive_id=row["id"],
        directive_version=row["version"],
        artifact_id=(artifact or {}).get("id"),
        artifact_version_id=version_id,
        implementation_file=done.made.implementation_file,
        entry_point=done.made.entry_point,
        test_file=done.made.test_file,
        status="validated" if done.tests else "draft",
        test_status="passing" if done.tests else "pending",
        test_source="engine" if done.tests else None,
        test_results_json=json.dumps([test.wire() for test in done.tests]),
        generator=done.made.generator,
        # A file that lies there already is edited, not made anew.
        generated_at=before["generated_at"] if before and not done.made.written else at,
        at=at,
    )
    start = {
        "artifact_version_id": version_id,
        "implementation_file": done.made.implementation_file,
        "entry_point": done.made.entry_point,
    }
    same_code = before is not None and all(before[key] == start[key] for key in start)
    await _settle(ctx, db, row, done, same_code=same_code)
    return int(str(stored["id"])) if stored else 0


async def _settle(ctx: Ctx, db: Writer, row: Row, done: Registered, *, same_code: bool) -> None:
    """Store the permissions and move the directive on; a new release has no approval."""
    at = ctx.clock.now()
    wire = [permission.wire() for permission in done.permissions]
    digest = done.permissions_sha256
    held = await db.one("canonical_of_directive", id=row["id"])
    same = same_code and held is not None and held["permissions_sha256"] == digest
    if same and row["status"] not in ("draft", "validated"):
        return
    text = json.dumps(wire, sort_keys=True)
    stored = {"permissions_json": text, "permissions_sha256": digest}
    await db.run("store_permissions", id=row["id"], at=to_text(at), **stored)
    version = {"directive_id": row["id"], "version": row["version"]}
    await db.run("store_version_permissions", **version, **stored)
    await _move(ctx, db, row, "validated")
    await _move(ctx, db, row, "implemented")
    subject = Subject(kind="directive", id=str(row["id"]), name=str(row["name"]))
    change = Change(event_type="implementation_registered", metadata={"code": done.code_hash})
    await record_event(db, at, subject, ctx.actor, change)
    if held is not None and held["approved"]:
        await void_approval(db, at, subject, ctx.actor, "the code has changed")


async def _move(ctx: Ctx, db: Writer, row: Row, status: DirectiveStatus) -> None:
    move = Move(to=status, actor=ctx.actor, reason="code registered")
    await move_status(db, ctx.clock.now(), int(str(row["id"])), move)


async def _answer(
    ctx: Ctx, implementation_id: int, done: Registered, needs: list[Dependency]
) -> ImplementAnswer:
    status: DirectiveStatus = "implemented"
    row = await ctx.directives.one("draft_by_name", name=done.made.directive.name)
    if row is not None:
        status = str(row["status"])  # pyright: ignore[reportAssignmentType]
    missing = [f"{n.name}: {n.note}" for n in needs if n.note and not n.is_installed]
    tests = [] if done.tests else ["There are no tests; give them as `test_code`."]
    return ImplementAnswer(
        success=True,
        implementation_id=implementation_id,
        implementation_file=done.made.implementation_file,
        test_file=done.made.test_file,
        entry_point=done.made.entry_point,
        status=status,
        permissions=done.permissions,
        dependencies=needs,
        test_results=done.tests,
        warnings=[*tests, *missing],
    )
