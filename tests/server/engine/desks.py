"""A workbench with the user's own tools on it."""

from dataclasses import replace

from aifp.helpers.lifecycle.internal.tool_calls import admit_call
from aifp.schemas.runs import RunReport, ToolRequest
from aifp.server.engine.driving.tool_runs import ToolRuns
from tests.helpers.lifecycle.toolboxes import Toolbox
from tests.helpers.user_directives.engines import RecordingEngine
from tests.server.engine.workbench import Workbench


class Desk:
    """A workbench with tools on it."""

    def __init__(self, bench: Workbench) -> None:
        bench.ctx = replace(bench.ctx, engine=RecordingEngine())
        self.bench = bench
        self.ended: list[int] = []
        self.tools = ToolRuns(bench.kit, admit_call, self.ended.append)
        bench.kit = replace(bench.kit, inner=self.tools)
        self.box = Toolbox(bench.ctx, bench.project, bench.project / "user_directives.db")

    async def call(self, name: str = "hello", **given: object) -> RunReport:
        return await self.tools.call_tool(ToolRequest(name=name, input=given))  # pyright: ignore[reportArgumentType]

    async def runs(self) -> list[dict[str, object]]:
        return await self.bench.look("SELECT * FROM runs WHERE kind = 'tool' ORDER BY id")
