"""Single reading calls outside a run: what a condition reads before it is tested."""

from pydantic import JsonValue

from aifp.schemas.errors import NotGranted, Unavailable
from aifp.schemas.ports import Ctx
from aifp.schemas.releases import Release
from aifp.schemas.sandbox import HostCall
from aifp.server.engine.driving.effects import LiveEffects
from aifp.server.engine.driving.keys import call_sha256
from aifp.server.engine.driving.preparation import Kit, load_grants, load_tools
from aifp.server.engine.driving.rows import RunRow
from aifp.server.engine.host.functions import FUNCTIONS
from aifp.server.engine.host.tools import Call


class HostReader:
    """Makes one reading host call under the grants of a release."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def read(self, ctx: Ctx, release: Release, asked: HostCall) -> JsonValue:
        """Return the value of a reading call, redacted; writes are refused."""
        module = FUNCTIONS.get(asked.function)
        if module is None or module.is_write(asked.arguments):
            raise NotGranted(f"{asked.function} here may only read.")
        grants = await load_grants(ctx, release)
        tools = await load_tools(self._kit, _no_run(release), release, grants)
        call = Call(0, asked.arguments, call_sha256(asked), ctx.clock.now())
        done = await LiveEffects(grants, tools).perform(asked, call)
        if done.error is not None:
            raise Unavailable(tools.redactor.text(done.error))
        return tools.redactor.value(done.value)


def _no_run(release: Release) -> RunRow:
    """Return a row for tools that serve no run."""
    return RunRow(
        id=0,
        mode="live",
        kind="directive",
        directive_id=release.directive_id,
        directive_version=release.directive_version,
        artifact_version_id=release.artifact_version_id,
        approval_id=release.approval_id,
        release_sha256=release.release_sha256,
        status="running",
        epoch=0,
        priority=0,
        attempts=0,
        idempotency_key="",
        due_at=None,
        started_at=None,
        wake_at=None,
        working_ms=0,
        trigger_source="condition",
        trigger={},
        input={},
        random_seed="",
        log_file=None,
        log_offset=None,
        error_message=None,
    )
