"""Run the test files of one version over the code of another."""

from collections.abc import Mapping

from aifp.helpers.user_directives.internal.generation.names import module_in
from aifp.schemas.ports import Ctx
from aifp.schemas.releases import Release
from aifp.schemas.sandbox import Job, Limits, Outcome
from aifp.schemas.workflow import TestResult
from aifp.server.engine.driving.trying import SEED, trial_ms


async def results_of_tests(
    ctx: Ctx, release: Release, tests: Mapping[str, str]
) -> list[TestResult]:
    """Run every test of some files over a release; a file that does not load is one that fails."""
    found: list[TestResult] = []
    for path, text in tests.items():
        outcome = await ctx.sandbox.run(await _job(ctx, release, path, text))
        found += _results(outcome, path)
    return found


def _results(outcome: Outcome, path: str) -> list[TestResult]:
    if outcome.status == "ok" and isinstance(outcome.result, list):
        return [TestResult.model_validate(result) for result in outcome.result]
    return [TestResult(name=path, passed=False, error=outcome.error or outcome.status)]


async def _job(ctx: Ctx, release: Release, path: str, text: str) -> Job:
    module, left_ms = module_in(path), trial_ms(release)
    return Job(
        mode="tests",
        modules={**release.modules, module: text},
        main=release.main,
        tests=module,
        entry=release.entry_point,
        now=ctx.clock.now(),
        seed=SEED,
        limits=Limits(wall_ms=left_ms, cpu_ms=left_ms),
        packages=release.packages,
        package_folders=await ctx.machine.place(release.packages),
    )
