"""New code for a directive beside the code that runs: checked, tried, shown to a person."""

import json

from aifp.helpers.lifecycle.internal.conflict_answers import conflict_answer, conflicts_of
from aifp.helpers.lifecycle.internal.directive_asking import ask_release
from aifp.helpers.lifecycle.internal.directive_releases import (
    PLAN,
    Plan,
    require_open_directive,
)
from aifp.helpers.lifecycle.internal.drafting import Draft, keep_draft, reason_of
from aifp.helpers.lifecycle.internal.tool_files import on_disk
from aifp.helpers.user_directives.internal.code_generation import GIVEN, made_code, modules_of
from aifp.helpers.user_directives.internal.code_versions import Registered
from aifp.helpers.user_directives.internal.needed_packages import with_packages
from aifp.helpers.user_directives.internal.permissions import permissions_of
from aifp.helpers.user_directives.internal.programs import with_programs
from aifp.helpers.user_directives.internal.trials import try_code
from aifp.schemas.deploying import DeployAnswer
from aifp.schemas.errors import InvalidArgument, InvalidTransition, NoSuch
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.words import VersionReason
from aifp.schemas.workflow import GeneratedCode, TestResult

# In these a directive has code that may run, beside which other code is proposed.
HAS_CODE = ("implemented", "active", "paused", "error")


async def propose_code(
    ctx: Ctx, artifact: Row, new_code: str, reason: str, base: int | None
) -> DeployAnswer:
    """Take new code for a directive: refused on a conflict, else a person is asked."""
    directive_id = await directive_of(ctx, artifact)
    row = await _with_code(ctx, directive_id)
    made = await made_code(ctx, directive_id, new_code, await _tests_given(ctx, directive_id))
    made = await with_packages(ctx, directive_id, made)
    tests = await _tried(ctx, made)
    draft = await _draft(ctx, row, made, tests, (reason_of(artifact, reason), reason))
    written = {path: draft.files[path] for path in made.written}
    present = await on_disk(ctx, list(written))
    found = await conflicts_of(ctx, artifact, written, present, base)
    version_id = await keep_draft(ctx, artifact, draft)
    if found:
        return await conflict_answer(ctx, version_id, found, present)
    return await ask_release(ctx, version_id, reason)


async def directive_of(ctx: Ctx, artifact: Row) -> int:
    """Return the directive that code belongs to; raises NoSuch where it is gone."""
    if artifact["directive_id"] is None:
        raise NoSuch(f"The directive of {artifact['name']} is gone; its code cannot run.")
    return int(str(artifact["directive_id"]))


async def _with_code(ctx: Ctx, directive_id: int) -> Row:
    row = await require_open_directive(ctx.directives, directive_id)
    if row["status"] not in HAS_CODE:
        raise InvalidTransition(
            f"{row['name']} is {row['status']}; nothing of it runs, so give it code with "
            "user_directive_implement."
        )
    return row


async def _tests_given(ctx: Ctx, directive_id: int) -> str | None:
    """Return the tests that came with the present code: they hold for the new one as well."""
    row = await ctx.directives.one("newest_implementation", directive_id=directive_id)
    if row is None or row["generator"] != GIVEN or row["test_file"] is None:
        return None
    path = str(row["test_file"])
    data = (await on_disk(ctx, [path]))[path]
    return None if data is None else data.decode("utf-8")


async def _tried(ctx: Ctx, made: GeneratedCode) -> list[TestResult]:
    tests = await try_code(ctx, made)
    failed = [test for test in tests if not test.passed]
    if failed:
        told = "; ".join(f"{test.name}: {test.error}" for test in failed[:5])
        raise InvalidArgument(
            f"{len(failed)} of {len(tests)} tests fail, nothing was kept. {told}",
            test_results=[test.wire() for test in tests],
        )
    return tests


async def _draft(
    ctx: Ctx,
    row: Row,
    made: GeneratedCode,
    tests: list[TestResult],
    why: tuple[VersionReason, str],
) -> Draft:
    permissions = await with_programs(ctx, permissions_of(made.directive, modules_of(made)))
    objects = {path: await ctx.files.keep(text.encode()) for path, text in made.files.items()}
    kept = Registered(made, tests, permissions, objects, [])
    plan = Plan(
        made_at=int(str(row["version"])),
        directive_version=int(str(row["version"])),
        implementation_file=made.implementation_file,
        entry_point=made.entry_point,
        test_file=made.test_file,
        generator=made.generator,
        tests=tests,
    )
    return Draft(
        files={path: text.encode("utf-8") for path, text in made.files.items()},
        permissions=permissions,
        reason=why[0],
        note=why[1],
        roles={path: kept.role(path) for path in made.files},
        metadata={**json.loads(kept.metadata_json), PLAN: plan.model_dump(mode="json")},
        code_hash=kept.code_hash,
    )
