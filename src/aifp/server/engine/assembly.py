"""Put the engine together: which part hears of which."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from aifp.helpers.lifecycle.internal.freeing import Discard
from aifp.helpers.lifecycle.internal.going_back import go_back, try_out
from aifp.helpers.lifecycle.internal.tool_calls import admit_call
from aifp.helpers.lifecycle.internal.version_releases import release_of_version
from aifp.helpers.lifecycle.internal.watching import Means
from aifp.helpers.user_directives.internal.approvals import ask_for_run, is_genuine
from aifp.helpers.user_directives.internal.gate import require_approval
from aifp.helpers.user_directives.internal.monitoring import monitor_directive_execution
from aifp.helpers.user_directives.internal.pausing import release_to_run
from aifp.helpers.user_directives.internal.releases import present_release, stored_release
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError
from aifp.schemas.ports import Ctx
from aifp.server.adapters.http import GuardedHttp
from aifp.server.adapters.listener import Listener
from aifp.server.engine.consequences import Consequences, OnSettled, Settled
from aifp.server.engine.driving.driver import Driver
from aifp.server.engine.driving.failpoints import Failpoints
from aifp.server.engine.driving.manual import Doors, ManualRuns
from aifp.server.engine.driving.preparation import Kit
from aifp.server.engine.driving.recovery import recover
from aifp.server.engine.driving.runner import AsyncRunner
from aifp.server.engine.driving.shadowing import Shadows
from aifp.server.engine.driving.tool_runs import ToolRuns
from aifp.server.engine.driving.trials import Trials
from aifp.server.engine.engine import RUNNER, EngineService, Parts
from aifp.server.engine.health import Health
from aifp.server.engine.host.tools import Notifier
from aifp.server.engine.lifecycle_log import LifecycleLog
from aifp.server.engine.logs import Logs, log_of_run
from aifp.server.engine.maintenance import Maintenance
from aifp.server.engine.projector import Projector
from aifp.server.engine.resumption import Resumption
from aifp.server.engine.rounds import Part
from aifp.server.engine.source_edits import SourceEdits
from aifp.server.engine.sources.events import EventStarts
from aifp.server.engine.sources.files import FileSource
from aifp.server.engine.sources.folders import Folders
from aifp.server.engine.sources.hooks import Hooks
from aifp.server.engine.sources.replies import RunEnds
from aifp.server.engine.sources.start import StartSource
from aifp.server.engine.sources.tool_folders import ToolFolders
from aifp.server.engine.starting.admission import Admission
from aifp.server.engine.starting.dispatch import Dispatcher
from aifp.server.engine.starting.guards import Conditions, Guards
from aifp.server.engine.starting.plans import Plan, Plans
from aifp.server.engine.starting.run_approvals import RunApprovals
from aifp.server.engine.starting.scheduler import Scheduler
from aifp.server.engine.tool_sync import ToolSync, noticing
from aifp.server.engine.upkeep import Upkeep
from aifp.server.engine.world.entities import Entities
from aifp.server.engine.world.holds import Holds
from aifp.server.engine.world.observations import Observations
from aifp.server.engine.world.reading import HostReader
from aifp.server.engine.world.reads import Reads


async def keep_object(_: str, before: datetime) -> bool:
    """Remove nothing: what the store holds is kept for ever."""
    return False


@dataclass(frozen=True, slots=True)
class Outside:
    """What the engine needs from the house around it."""

    http: GuardedHttp
    notifier: Notifier
    logs: Logs
    hooks_token: str
    failpoints: Failpoints = field(default_factory=Failpoints)
    on_settled: tuple[OnSettled, ...] = ()
    # Removes an object that nothing names any more from the store.
    discard: Discard = keep_object
    # Hears that something about directives has changed, whoever did it.
    on_events: tuple[Callable[[], None], ...] = ()


class Assembly:
    """Builds the parts of one engine around one context."""

    def __init__(self, ctx: Ctx, service: EngineService, outside: Outside) -> None:
        self._ctx, self._service, self._outside = ctx, service, outside
        self.plans = Plans(ctx.databases)
        self._observations, self._holds = Observations(ctx.directives), Holds(ctx.directives)
        world = Conditions(ctx, self.plans, self._observations, self._holds)
        self._kit = Kit(
            ctx, outside.http, outside.notifier, world, outside.logs, outside.failpoints
        )
        self.tool_sync = ToolSync(ctx, service.wake)
        self.tools = ToolRuns(self._kit, noticing(admit_call, self._files_moved), service.ended)
        self._kit = replace(self._kit, inner=self.tools)
        self._reads = Reads(HostReader(self._kit).read)
        driver = Driver(self._kit, self._admission().admit, stored_release)
        concurrency = ctx.settings.concurrency
        self.runner = AsyncRunner(ctx, driver, concurrency, service.ended)
        self._ends = RunEnds(ctx)
        self._upkeep = Upkeep(ctx, outside.logs.prune, outside.discard)

    def parts(self) -> Parts:
        """Return everything the engine is made of."""
        ctx, service = self._ctx, self._service
        dispatcher = Dispatcher(ctx.directives, ctx.clock, self.runner)
        events = EventStarts(
            ctx.directives, ctx.clock, self.plans, self._observations, service.nudge
        )
        files, edits = FileSource(ctx, self.plans, service.nudge), SourceEdits(ctx)
        folders = self._folders(files, edits)
        listener = self._listener(events)

        def changed() -> None:
            service.plans_changed()
            folders.changed()

        scheduler = Scheduler(ctx.directives, ctx.clock, self.plans, dispatcher, changed)
        entities = self._entities()
        return Parts(
            ctx=ctx,
            scheduler=scheduler,
            dispatcher=dispatcher,
            entities=entities,
            events=events,
            rounds={"entities": entities, "files": files, "edits": edits} | self._rounds(),
            tasks={RUNNER: self.runner.run, "folders": folders.run, "tool folders": self._watch}
            | ({"hooks": listener.run} if listener else {}),
            cancel=self._end_run,
            run_now=ManualRuns(
                self._kit, self.runner, Doors(require_approval, present_release)
            ).run_now,
            look_after=self._upkeep.asked,
            call_tool=self.tools.call_tool,
            try_version=Trials(ctx, release_of_version).run,
            before_start=(self._recover, dispatcher.advance_lines),
            before_close=(self.runner.close, self.tools.close),
        )

    def _admission(self) -> Admission:
        guards = Guards(self._observations, self._holds, self._reads)
        approvals = RunApprovals(ask_for_run, is_genuine)
        gate = noticing(release_to_run, self._files_moved)
        return Admission(gate, guards, approvals, self._cancel, self._service)

    def _files_moved(self) -> None:
        self.tool_sync.moved()
        self._service.look("tool files")

    async def _watch(self) -> None:
        tools, project = self.tool_sync, self._ctx.settings.project
        await ToolFolders(project, tools.folders, tools.others, self._files_moved).run()

    async def _end_run(self, run_id: int, reason: str, grace_s: float) -> bool:
        if self.tools.holds(run_id):
            return await self.tools.cancel(run_id, reason, grace_s)
        return await self.runner.cancel(run_id, reason, grace_s)

    async def _cancel(self, run_id: int, reason: str) -> bool:
        return await self.runner.cancel(run_id, reason)

    async def _recover(self) -> int:
        return await recover(self._ctx, self.runner)

    def _entities(self) -> Entities:
        return Entities(
            self._ctx.directives,
            self._ctx.clock,
            self.plans,
            self._observations,
            self._holds,
            self._read_for,
            self._service.nudge,
        )

    async def _read_for(self, plan: Plan) -> JsonMap:
        """Fetch what a watched condition reads; nothing while its directive may not run."""
        try:
            release = await release_to_run(self._ctx, plan.directive_id)
        except AifpError:
            return {}
        return await self._reads.all(self._ctx, release, {"vars": plan.directive.vars})

    def _rounds(self) -> dict[str, Part]:
        ctx, service, plans = self._ctx, self._service, self.plans
        hearers: list[OnSettled] = [self._ends.settled, self._log, self._monitor]
        hearers += self._outside.on_settled
        return {
            "consequences": Consequences(
                ctx, plans, hearers, service.wake, service.nudge, service.let_go
            ),
            "start": StartSource(ctx.directives, ctx.clock, plans, service.nudge),
            "resumption": Resumption(ctx, plans, release_to_run, service.wake),
            "tool files": self.tool_sync,
            "upkeep": self._upkeep,
            "shadows": Shadows(ctx, release_of_version),
            "health": Health(ctx, Means(go_back, try_out)),
            "maintenance": Maintenance(ctx, self._outside.logs.prune, service.nudge),
            "lifecycle log": LifecycleLog(ctx, self._outside.logs, self._outside.on_events),
            "project.db": Projector(ctx, self._outside.failpoints),
        }

    def _folders(self, files: FileSource, edits: SourceEdits) -> Folders:
        def moved() -> None:
            self._service.look("files")
            self._service.look("edits")

        def patterns() -> list[str]:
            return [*files.globs(), *edits.paths()]

        return Folders(self._ctx.settings.project, self._ctx.clock, patterns, moved)

    def _listener(self, events: EventStarts) -> Listener | None:
        settings = self._ctx.settings
        if settings.hooks_port is None:
            return None
        hooks = Hooks(
            self._ctx,
            self.plans,
            events,
            self._ends,
            self._service.observe,
            self._outside.hooks_token,
            self._service.nudge,
        )
        return Listener(hooks.app(), settings.hooks_host, settings.hooks_port)

    async def _monitor(self, settled: Settled) -> None:
        await monitor_directive_execution(self._ctx, settled.directive_id)

    async def _log(self, settled: Settled) -> None:
        """Write the log line of a run that no driver wrote one for."""
        if settled.was_driven:
            return
        # Whoever switched lines on or off meanwhile is heeded at once.
        await self._outside.logs.load()
        log = await log_of_run(self._ctx, self._outside.logs, settled.run_id, settled.name)
        place = await log.tell(settled.status, reason=settled.reason, due=settled.due_at)
        if place is not None:
            async with self._ctx.directives.write() as w:
                await w.run(
                    "note_unstarted_log",
                    id=settled.run_id,
                    log_file=place.file,
                    log_offset=place.offset,
                )


def assemble(
    make_ctx: Callable[[EngineService], Ctx],
    service: EngineService,
    make_outside: Callable[[Ctx], Outside],
) -> EngineService:
    """Furnish an engine: its context names it, and its parts know that context."""
    ctx = make_ctx(service)
    service.furnish(Assembly(ctx, service, make_outside(ctx)).parts())
    return service
