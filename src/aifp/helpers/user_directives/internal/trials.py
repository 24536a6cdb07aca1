"""The code of an implementation tried in the sandbox: it loads, and its tests pass."""

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.generation.implementation import entries_of
from aifp.helpers.user_directives.internal.generation.names import module_in
from aifp.schemas.errors import InvalidArgument, Unavailable
from aifp.schemas.ports import Ctx
from aifp.schemas.sandbox import Job, Outcome
from aifp.schemas.workflow import GeneratedCode, TestResult

SHOWN = 2_000
# The same seed each time: a test that passes once passes again.
SEED = "aifp-tests"


async def try_code(ctx: Ctx, made: GeneratedCode) -> list[TestResult]:
    """Load every entry point, then run the tests; nothing reaches the outside."""
    for entry in entries_of(made.directive):
        await _require_loaded(ctx, made, entry.function)
    if made.test_file is None:
        return []
    outcome = await ctx.sandbox.run(await _job(ctx, made, made.entry_point, made.test_file))
    _require_ran(outcome, made.test_file)
    results = outcome.result if isinstance(outcome.result, list) else []
    return [TestResult.model_validate(result) for result in results]


async def _require_loaded(ctx: Ctx, made: GeneratedCode, entry: str) -> None:
    outcome = await ctx.sandbox.run(await _job(ctx, made, entry, None))
    if outcome.status != "ok":
        _require_ran(outcome, made.implementation_file)


def _require_ran(outcome: Outcome, path: str) -> None:
    if outcome.status == "ok":
        return
    what = (outcome.traceback or outcome.error or outcome.status)[-SHOWN:]
    if outcome.status == "refused":
        raise Unavailable(f"The sandbox cannot run {path}: {what}")
    raise InvalidArgument(f"{path} does not load in the sandbox, nothing was written: {what}")


async def _job(ctx: Ctx, made: GeneratedCode, entry: str, tests: str | None) -> Job:
    """Return the job that loads a module, or runs its tests."""
    wanted = {path: text for path, text in made.files.items() if tests or path != made.test_file}
    inputs: dict[str, JsonValue] = {}
    return Job(
        mode="tests" if tests else "load",
        modules={module_in(path): text for path, text in wanted.items()},
        main=module_in(made.implementation_file),
        tests=module_in(tests) if tests else None,
        entry=entry,
        inputs=inputs,
        now=ctx.clock.now(),
        seed=SEED,
        packages=made.packages,
        package_folders=await ctx.machine.place(made.packages),
    )
