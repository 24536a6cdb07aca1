"""An engine with versions of one code: the first is in force, others are tried beside it."""

from dataclasses import dataclass, field

from pydantic import JsonValue

from aifp.helpers.lifecycle.internal.versions import code_hash_of, keep_file, record_version
from aifp.schemas.artifacts import NewVersion
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Permission, Release
from aifp.schemas.runs import TrialRequest
from aifp.schemas.testing import TestReport
from aifp.schemas.words import ArtifactKind, TestStrategy
from aifp.server.engine.driving.shadowing import Shadows
from aifp.server.engine.driving.trials import Trials
from tests.server.engine.workbench import Workbench

# Calls a tool with its input, as the engine does for the user's own tools.
CALL = "from tool_code import run\n\n\ndef execute_tool(ctx):\n    return run(**ctx.input)\n"


@dataclass
class Rig:
    """Stores versions and their releases by hand; everything else is real."""

    bench: Workbench
    kind: ArtifactKind = "implementation"
    first: Release | None = None
    releases: dict[int, Release] = field(default_factory=dict[int, Release])

    @property
    def ctx(self) -> Ctx:
        return self.bench.ctx

    async def begin(self, code: str, *permissions: Permission) -> int:
        """Store the version that is in force; live runs are driven with it."""
        self.first = await self.bench.directive(code, *permissions)
        at = to_text(self.bench.clock.now())
        await self.bench.write(
            "INSERT INTO artifacts (kind, name, directive_id, path, status_changed_at,"
            " authorization, authorization_changed_at, origin, created_at, updated_at)"
            " VALUES (?, 'night_light', ?, 'tools/night_light.py', ?, 'approved', ?, 'user', ?, ?)"
            " RETURNING id",
            self.kind,
            self.first.directive_id,
            at,
            at,
            at,
            at,
        )
        version_id = await self.version(code)
        await self.bench.write(
            "UPDATE artifacts SET current_version_id = ?, deployed_version_id = ? RETURNING id",
            version_id,
            version_id,
        )
        self.bench.releases[self.first.directive_id] = self.releases[version_id]
        return version_id

    async def version(self, code: str, tests: str | None = None) -> int:
        """Store one more version."""
        assert self.first is not None
        path, data = "tools/night_light.py", code.encode()
        files = [await keep_file(self.ctx, path, data)]
        if tests is not None:
            files.append(
                await keep_file(self.ctx, "tests/test_night_light.py", tests.encode(), "test")
            )
        new = NewVersion(
            files=files,
            code_hash=code_hash_of({path: data}),
            reason="enhancement",
            created_by="ai",
        )
        async with self.ctx.directives.write() as db:
            version_id = await record_version(self.ctx, db, await self._artifact(), new)
        tool = {"modules": {"tool_code": code, "call": CALL}, "main": "call"}
        own = {"modules": {"night_light": code}, "main": "night_light"}
        is_tool = self.kind == "user_tool"
        self.releases[version_id] = self.first.model_copy(
            update={
                **(tool if is_tool else own),
                "entry_point": "execute_tool" if is_tool else self.first.entry_point,
                "artifact_version_id": version_id,
            }
        )
        return version_id

    async def _artifact(self) -> Row:
        return (await self.bench.look("SELECT * FROM artifacts"))[0]

    async def release_of(self, ctx: Ctx, version_id: int) -> Release:
        return self.releases[version_id]

    async def live(self, *keys: str, **given: JsonValue) -> list[int]:
        """Drive live runs of the version in force."""
        assert self.first is not None
        ids: list[int] = []
        for key in keys:
            run_id = await self.bench.run(self.first, key, **given)
            await self.bench.driver().drive(run_id)
            ids.append(run_id)
        return ids

    async def test(self, version_id: int, strategy: TestStrategy) -> TestReport:
        """Test a version by one strategy."""
        request = TrialRequest(version_id=version_id, strategy=strategy)
        report = await Trials(self.ctx, self.release_of).run(request)
        return TestReport.model_validate(report.result)

    def shadows(self) -> Shadows:
        return Shadows(self.ctx, self.release_of)
