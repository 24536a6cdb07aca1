"""An engine that runs nothing but the tests of versions, with the real strategies."""

from dataclasses import dataclass

from aifp.helpers.lifecycle.internal.version_releases import release_of_version
from aifp.schemas.ports import Ctx
from aifp.schemas.runs import EngineRequest, RunReport, TrialRequest
from aifp.server.engine.driving.trials import Trials
from tests.helpers.user_directives.engines import RecordingEngine


@dataclass
class TryingEngine(RecordingEngine):
    """Notes what it is asked to do, and tests versions."""

    ctx: Ctx | None = None

    async def run_now(self, request: EngineRequest) -> RunReport:
        if isinstance(request, TrialRequest) and self.ctx is not None:
            return await Trials(self.ctx, release_of_version).run(request)
        return await super().run_now(request)
