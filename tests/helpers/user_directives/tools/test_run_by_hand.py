"""D55: what a run by hand asks for; how it is played is shown with the engine's own tests."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aifp.helpers.user_directives.tools.workflow_tools import run_directive
from aifp.schemas.ports import Ctx, HumanAnswer
from aifp.schemas.runs import RunReport, RunRequest
from aifp.server.adapters.http import GuardedHttp
from aifp.server.adapters.logfiles import LogFiles
from aifp.server.app.notices import LogNotifier
from aifp.server.engine.assembly import Outside, assemble
from aifp.server.engine.engine import EngineService, Facts
from aifp.server.engine.logs import Logs
from tests.helpers.user_directives.engines import RecordingEngine
from tests.helpers.user_directives.lives import MODULE, Life, code_of
from tests.server.engine.loopback import Loopback, Reply, loopback

ALLOWED = HumanAnswer(action="accept", content={"answer_1": "allow this host"})
AT = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.req("D55")
async def test_a_live_run_of_what_is_not_approved_is_refused(
    life: Life, engine: RecordingEngine
) -> None:
    await life.implemented()
    assert code_of(await run_directive(life.ctx, "sums")) == "approval_required"
    assert engine.requests == []


@pytest.mark.req("D55")
async def test_a_dry_run_of_what_is_not_approved_gets_stubs_only(
    life: Life, engine: RecordingEngine
) -> None:
    await life.implemented()
    await run_directive(life.ctx, "sums", True, {"a": 1}, AT)
    await life.approve()
    await run_directive(life.ctx, "sums", dry_run=True)
    await run_directive(life.ctx, "sums")
    assert engine.requests == [
        RunRequest(directive_id=1, dry_run=True, stubs_only=True, input={"a": 1}, at=AT),
        RunRequest(directive_id=1, dry_run=True),
        RunRequest(directive_id=1),
    ]


@pytest.mark.req("D55")
async def test_the_clock_of_a_live_run_is_not_set(life: Life, engine: RecordingEngine) -> None:
    await life.approved()
    assert code_of(await run_directive(life.ctx, "sums", at=AT)) == "invalid_argument"
    assert engine.requests == []


@pytest.mark.req("D55")
@pytest.mark.parametrize("status", ["draft", "validated", "archived"])
@pytest.mark.parametrize("dry_run", [True, False])
async def test_only_what_is_implemented_runs(
    life: Life, engine: RecordingEngine, *, status: str, dry_run: bool
) -> None:
    await life.approved()
    life.sql("UPDATE user_directives SET status = ?", status)
    assert code_of(await run_directive(life.ctx, "sums", dry_run)) == "invalid_transition"
    assert code_of(await run_directive(life.ctx, "nobody", dry_run)) == "not_found"
    assert engine.requests == []


@pytest.mark.req("D55", "D98")
@pytest.mark.parametrize("status", ["implemented", "active", "paused", "error"])
async def test_a_run_of_what_was_changed_is_refused_and_noted(
    life: Life, engine: RecordingEngine, status: str
) -> None:
    directive_id = await life.approved()
    life.sql("UPDATE user_directives SET status = ?", status)
    (life.project / MODULE).write_text("x = 1\n")
    assert code_of(await run_directive(life.ctx, "sums")) == "approval_required"
    assert life.row(directive_id)["approved"] == 0
    assert life.row(directive_id)["status"] == ("paused" if status == "active" else status)
    assert engine.requests == []


PLAIN = """timezone: UTC
directives:
  sums: {every: 1h, do: log "x"}
"""
CALLS = """timezone: UTC
directives:
  sums:
    every: 1h
    do:
      - {{http: GET http://127.0.0.1:{port}/read, save_as: read}}
      - {{http: POST http://127.0.0.1:{port}/write, json: {{a: 1}}}}
"""


@pytest.fixture
async def running(ctx: Ctx) -> AsyncGenerator[Ctx]:
    """The project with its real engine."""
    engine, http, files = EngineService(Facts(1)), GuardedHttp(), LogFiles(ctx.settings.project)

    def outside(made: Ctx) -> Outside:
        logs = Logs(made, files)
        return Outside(http, LogNotifier(logs, made.project), logs, "token")

    assemble(lambda service: replace(ctx, engine=service, actor="system"), engine, outside)
    await engine.start()
    try:
        yield replace(ctx, engine=engine)
    finally:
        await engine.close()
        await http.close()
        await files.close()


@pytest.fixture
def far() -> Generator[Loopback]:
    """A server that notes what arrives."""
    with loopback() as opened:
        yield opened


async def ran(life: Life, *, dry_run: bool) -> RunReport:
    report = await run_directive(life.ctx, "sums", dry_run)
    assert isinstance(report, RunReport), report
    return report


@pytest.mark.req("D55", "D96")
async def test_a_dry_run_writes_nothing_and_without_approval_asks_nothing(
    life: Life, running: Ctx, far: Loopback
) -> None:
    real = replace(life, ctx=running)
    life.person.answers.append(ALLOWED)
    await real.implemented(CALLS.format(port=far.port), code=None)
    dry = await ran(real, dry_run=True)
    assert [(c.function, c.arguments["method"], c.simulated) for c in dry.calls] == [
        ("http", "GET", True),
        ("http", "POST", True),
    ]
    assert far.received == []
    await real.approve()
    dry = await ran(real, dry_run=True)
    assert [c.simulated for c in dry.calls] == [False, True]
    assert [r.method for r in far.received] == ["GET"]
    live = await ran(real, dry_run=False)
    assert (live.success, live.status) == (True, "success")
    assert [r.method for r in far.received] == ["GET", "GET", "POST"]
    rows = real.sql("SELECT mode, trigger_source, release_sha256 FROM runs ORDER BY id")
    assert [(r["mode"], r["trigger_source"]) for r in rows][-1] == ("live", "manual")
    assert rows[-1]["release_sha256"] == real.row(1)["release_sha256"]


async def until(holds: Callable[[], bool]) -> None:
    """Let the engine go on until something holds."""
    for _ in range(1_000):
        if holds():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came about")


@pytest.mark.req("D42", "D54")
async def test_a_failed_run_leaves_its_error_with_the_directive(
    life: Life, running: Ctx, far: Loopback
) -> None:
    real = replace(life, ctx=running)
    life.person.answers.append(ALLOWED)
    await real.approved(CALLS.format(port=far.port))
    far.script("/read", Reply(status=404))
    live = await ran(real, dry_run=False)
    assert live.status == "failure"
    await until(lambda: bool(real.row(1)["last_error"]))
    assert real.row(1)["last_error"] == live.error


@pytest.mark.req("D98", "F23")
async def test_the_engine_resumes_by_itself_what_was_brought_back(life: Life, running: Ctx) -> None:
    real = replace(life, ctx=running)
    directive_id = await real.active(PLAIN)
    module = real.project / MODULE
    approved = module.read_bytes()
    module.write_bytes(approved + b"\nX = 1\n")
    assert code_of(await run_directive(running, "sums")) == "approval_required"
    assert real.standing(directive_id) == ("paused", "approval_void", 0)
    module.write_bytes(approved)
    for _ in range(50):
        running.engine.wake()
        await asyncio.sleep(0.05)
        if real.row(directive_id)["status"] == "active":
            break
    assert real.standing(directive_id) == ("active", None, 1)
    assert len(real.sql("SELECT id FROM approvals")) == 1
