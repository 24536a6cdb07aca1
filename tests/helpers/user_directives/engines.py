"""A small engine stand-in that notes what it is asked to do."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from aifp.schemas.runs import EngineRequest, EngineStatus, RunReport, UpkeepRequest


@dataclass
class RecordingEngine:
    """Implements the Engine port without running anything."""

    running: bool = True
    fault: Exception | None = None
    wakes: int = 0
    cancelled: list[tuple[list[int], str]] = field(default_factory=lambda: [])
    requests: list[EngineRequest] = field(default_factory=lambda: [])

    def wake(self) -> None:
        self.wakes += 1
        if self.fault is not None:
            raise self.fault

    async def run_now(self, request: EngineRequest) -> RunReport:
        self.requests.append(request)
        result: JsonValue = None
        if isinstance(request, UpkeepRequest):
            at = "2026-11-28T12:00:00.000Z"
            result = {"success": True, "dry_run": request.dry_run, "at": at, "steps": []}
        return RunReport(success=True, run_id=1, status="success", result=result)

    async def cancel(self, run_ids: Sequence[int], reason: str) -> int:
        if self.fault is not None:
            raise self.fault
        self.cancelled.append((list(run_ids), reason))
        return len(run_ids)

    async def stop_all(self, reason: str) -> int:
        return 0

    async def status(self) -> EngineStatus:
        if self.fault is not None:
            raise self.fault
        return EngineStatus(
            running=self.running,
            pid=1,
            started_at=None,
            stop_switch=None,
            next_due=[],
            open_runs=[],
            host_limits={},
            versions={},
        )
