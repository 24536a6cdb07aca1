"""Put together everything one drive needs, from its row and its release."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from aifp.helpers.shared.preferences import narrowed, preferences_of
from aifp.helpers.shared.zones import project_zone
from aifp.schemas.common import JsonMap
from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Permission, Release
from aifp.schemas.sandbox import Job
from aifp.schemas.subjects import Subject
from aifp.server.adapters.http import GuardedHttp
from aifp.server.engine.driving.bodies import NO_BODY, Body, keep_body, load_body
from aifp.server.engine.driving.budget import WorkingTime
from aifp.server.engine.driving.circuits import Circuits
from aifp.server.engine.driving.failpoints import Failpoints
from aifp.server.engine.driving.grants import Grants
from aifp.server.engine.driving.inputs import job_of, longest_sleep_ms, names_of, run_data
from aifp.server.engine.driving.memory import Memory, stored_memory
from aifp.server.engine.driving.redaction import Redactor
from aifp.server.engine.driving.rows import AttemptRow, RunRow, StepRow
from aifp.server.engine.host.inner import NO_TOOLS, InnerCalls
from aifp.server.engine.host.tools import Notifier, RunFacts, Tools, World
from aifp.server.engine.logs import Logs, RunLog

OBJECT = "$object"


@dataclass(frozen=True, slots=True)
class Kit:
    """What every drive of this engine shares."""

    ctx: Ctx
    http: GuardedHttp
    notifier: Notifier
    world: World
    logs: Logs
    failpoints: Failpoints = field(default_factory=Failpoints)
    owner: str = "engine"
    appending: asyncio.Lock = field(default_factory=asyncio.Lock)
    circuits: Circuits = field(default_factory=Circuits)
    # The user's own tools, as code that runs may call them.
    inner: InnerCalls = NO_TOOLS


@dataclass(frozen=True, slots=True)
class History:
    """What the record says of a run so far."""

    steps: list[StepRow]
    tries: list[AttemptRow]

    @property
    def resumes(self) -> bool:
        """Say whether the last try is still open."""
        return bool(self.tries) and self.tries[-1].status == "running"

    @property
    def attempt(self) -> int:
        """Return the attempt to drive: the open one, else the next."""
        last = self.tries[-1].attempt if self.tries else 0
        return last if self.resumes else last + 1

    @property
    def error(self) -> str | None:
        """Return why the try before this one failed."""
        ended = [t for t in self.tries if t.status != "running"]
        return ended[-1].error_message if ended else None


async def load_history(ctx: Ctx, run_id: int) -> History:
    """Read the attempts and steps of a run."""
    steps = await ctx.directives.all("steps_to_drive", run_id=run_id)
    tries = await ctx.directives.all("attempts_to_drive", run_id=run_id)
    return History(
        [StepRow.model_validate(dict(row)) for row in steps], [AttemptRow.of(row) for row in tries]
    )


async def load_grants(ctx: Ctx, release: Release) -> Grants:
    """Return what the release may do, minus what a person denied."""
    rows = await ctx.directives.all(
        "denials_of",
        kind=release.owner.kind,
        subject_id=release.owner.id,
        now=to_text(ctx.clock.now()),
    )
    return Grants(tuple(release.permissions), tuple(_denial(row) for row in rows))


async def load_tools(kit: Kit, run: RunRow, release: Release, grants: Grants) -> Tools:
    """Return the doors of one run."""
    ctx, directive = kit.ctx, release.directive
    redactor = Redactor(ctx.keyring.redact)
    owner, own_name = release.owner, directive.name if release.artifact_id is None else ""
    facts: JsonMap = {"run_id": run.id, own_word(owner): directive.name}
    zone = await project_zone(ctx.project)
    # Of a tool only what is preferred for everything.
    wish = await preferences_of(ctx.preferences, own_name)
    used = narrowed(directive.policies, wish)
    return Tools(
        ctx=ctx,
        http=kit.http,
        notifier=kit.notifier,
        world=kit.world,
        log=RunLog(kit.logs, facts, zone, redactor, tracked=wish.execution_tracking),
        memory=Memory(owner, grants.state_bytes()),
        redactor=redactor,
        facts=RunFacts(
            run_id=run.id,
            owner=owner,
            directive_id=release.directive_id,
            name=directive.name,
            zone=ZoneInfo(directive.timezone),
            seed=run.random_seed,
            longest_sleep_ms=longest_sleep_ms(release),
            mode=run.mode,
        ),
        appending=kit.appending,
        circuits=kit.circuits,
        budget=WorkingTime(ctx.clock, run.working_ms, used.timeout_ms),
        inner=kit.inner,
    )


def own_word(owner: Subject) -> str:
    """Return the word under which log lines name whose run it is."""
    return "tool" if owner.kind == "artifact" else owner.kind


async def frozen_input(ctx: Ctx, run: RunRow, owner: Subject) -> tuple[JsonMap, Body]:
    """Return the run's input with the memory it begins with; later changes do not reach it."""
    if "memory" in run.input:
        return run.input, NO_BODY
    memory = await stored_memory(ctx.directives, owner)
    body = await keep_body(ctx.files, memory)
    kept: JsonMap = {OBJECT: body.sha256} if body.sha256 else memory
    return {**run.input, "memory": kept}, body


async def job_for(
    ctx: Ctx, run: RunRow, release: Release, history: History, started: datetime, left_ms: int
) -> Job:
    """Return the job of the attempt; equal inputs every time it is driven."""
    memory = await _memory(ctx, run)
    data = run_data(run, release, started, history.attempt, history.error)
    inputs = names_of(run, release, data, memory)
    folders = await ctx.machine.place(release.packages)
    return job_of(release, inputs, started, run.random_seed, left_ms, folders)


def start_of(text: str) -> datetime:
    """Return the instant at which the guest's clock begins, in every attempt."""
    return from_text(text)


async def _memory(ctx: Ctx, run: RunRow) -> JsonMap:
    match run.input.get("memory"):
        case {"$object": str(sha256)}:
            loaded = await load_body(ctx.files, None, sha256)
            return loaded if isinstance(loaded, dict) else {}
        case dict() as memory:
            return memory
        case _:
            return {}


def _denial(row: Row) -> Permission:
    value = json.loads(str(row["value_json"]))
    return Permission.model_validate({"resource": row["resource"], "value": value})
