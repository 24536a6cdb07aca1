"""The life of a directive, from its file to running: one tool for each step."""

from typing import Annotated

from pydantic import AwareDatetime, Field, JsonValue

from aifp.helpers.contract import destroys, reads, writes
from aifp.helpers.user_directives.internal.approving import ask_approval
from aifp.helpers.user_directives.internal.directive_rows import id_of
from aifp.helpers.user_directives.internal.drafts import store_file
from aifp.helpers.user_directives.internal.implementing import implement_directive
from aifp.helpers.user_directives.internal.manual_runs import RunWish, run_by_hand
from aifp.helpers.user_directives.internal.monitor_report import monitor_report
from aifp.helpers.user_directives.internal.monitoring import get_user_directive_status
from aifp.helpers.user_directives.internal.parse_report import parse_report
from aifp.helpers.user_directives.internal.parsing import parse_directive_file
from aifp.helpers.user_directives.internal.switching import activate_named, deactivate_named
from aifp.helpers.user_directives.internal.updates import apply_source
from aifp.helpers.user_directives.internal.validation import validate_user_directive
from aifp.helpers.user_directives.internal.workflow import Workflow
from aifp.schemas.activation import Activated, ActivatedFile, Deactivated, DeactivatedFile
from aifp.schemas.approvals import Approved, PendingDecision
from aifp.schemas.ports import Ctx
from aifp.schemas.reports import MonitorReport, StatusReport
from aifp.schemas.runs import RunReport
from aifp.schemas.updating import UpdateReport
from aifp.schemas.words import SourceFormat
from aifp.schemas.workflow import ImplementAnswer, ParseAnswer, ValidateAnswer

FilePath = Annotated[
    str, Field(description="path inside the project, such as directives/home.yaml")
]
Answers = Annotated[
    dict[str, JsonValue] | None, Field(description="question id to answer, as the user said it")
]
Code = Annotated[
    str | None,
    Field(
        description="a whole module with execute_<name>(ctx: Ctx), or the functions of `code` steps"
    ),
]
TestCode = Annotated[
    str | None, Field(description="tests that use `from aifp_testing import play`")
]


@writes(toolset="core", repeatable=True)
async def user_directive_parse(
    ctx: Ctx, file_path: FilePath, file_format: SourceFormat | None = None
) -> ParseAnswer:
    """Read a directive file and store each new directive as a draft with its open questions."""
    async with Workflow(ctx, "user_directive_parse") as steps:
        read = await steps.do("read_file", parse_directive_file, ctx, file_path, file_format)
        notes = await steps.do("store_drafts", store_file, ctx, read)
        return await steps.do("report", parse_report, ctx, read, notes)


@writes(toolset="core", asks=True, repeatable=True)
async def user_directive_validate(ctx: Ctx, name: str, answers: Answers = None) -> ValidateAnswer:
    """List what a directive leaves open, or take answers and show how it will run and when."""
    return await validate_user_directive(ctx, name, answers)


@writes(toolset="core", asks=True)
async def user_directive_implement(
    ctx: Ctx, name: str, code: Code = None, test_code: TestCode = None
) -> ImplementAnswer:
    """Make the Python code of a validated directive, or take yours, and test it in the sandbox."""
    return await implement_directive(ctx, name, code, test_code)


@writes(toolset="core", asks=True, repeatable=True)
async def user_directive_approve(
    ctx: Ctx, name: str, reason: str | None = None
) -> Approved | PendingDecision:
    """Show the person what would run, when and with which rights, and ask for their approval."""
    async with Workflow(ctx, "user_directive_approve") as steps:
        directive_id = await steps.do("find_directive", id_of, ctx, name)
        return await steps.do("ask_person", ask_approval, ctx, directive_id, reason)


@writes(toolset="core", repeatable=True)
async def user_directive_activate(
    ctx: Ctx, name: str | None = None, source_file: str | None = None
) -> Activated | ActivatedFile:
    """Let an approved directive fire, or all directives of a file."""
    return await activate_named(ctx, name, source_file)


@destroys(toolset="core", repeatable=True)
async def user_directive_deactivate(
    ctx: Ctx, name: str | None = None, source_file: str | None = None, reason: str | None = None
) -> Deactivated | DeactivatedFile:
    """Stop a directive from firing and end its open runs, or all directives of a file."""
    return await deactivate_named(ctx, name, source_file, reason)


@destroys(toolset="core", repeatable=True)
async def user_directive_update(
    ctx: Ctx,
    name: str | None = None,
    file_path: str | None = None,
    dry_run: bool = False,  # noqa: FBT001 - the signature of D52
) -> UpdateReport:
    """Apply an edited source file: changed directives anew, new ones drafts, missing archived."""
    return await apply_source(ctx, name, file_path, dry_run=dry_run)


@reads(toolset="core")
async def user_directive_monitor(
    ctx: Ctx, name: str | None = None, hours: Annotated[float, Field(gt=0, le=8_760)] = 24
) -> MonitorReport:
    """Report the last hours: runs by outcome, late starts, failures, alerts, next due times."""
    return await monitor_report(ctx, name, hours)


@reads(toolset="core")
async def user_directive_status(ctx: Ctx, name: str | None = None) -> StatusReport:
    """Report where every directive stands, what its next step is, and what the engine does."""
    return await get_user_directive_status(ctx, name)


@destroys(toolset="core", opens_world=True)
async def run_directive(
    ctx: Ctx,
    name: str,
    dry_run: bool = False,  # noqa: FBT001 - the signature of D55
    input: dict[str, JsonValue] | None = None,
    at: AwareDatetime | None = None,
) -> RunReport:
    """Run a directive now; a dry run sends nothing and lists its calls, `at` sets its clock."""
    return await run_by_hand(ctx, name, RunWish(dry_run=dry_run, input=input or {}, at=at))
