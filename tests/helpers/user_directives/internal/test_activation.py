from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from aifp.helpers.shared.alerts import raise_alert
from aifp.helpers.user_directives.internal.activation import (
    activate_directive,
    deactivate_directive,
)
from aifp.helpers.user_directives.internal.approvals import revoke
from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_activate,
    user_directive_deactivate,
)
from aifp.schemas.activation import Activated, ActivatedFile, Deactivated, DeactivatedFile, Refused
from aifp.schemas.alerts import NewAlert
from aifp.schemas.errors import Conflict, Unavailable
from aifp.schemas.packages import Pin
from aifp.schemas.ports import HostDoor
from aifp.schemas.runs import EngineStatus
from aifp.schemas.sandbox import Job, Outcome
from aifp.schemas.subjects import Subject
from aifp.server.sandbox.wasm import WasmSandbox
from tests.helpers.user_directives.engines import RecordingEngine
from tests.helpers.user_directives.lives import MODULE, TEXT, YES, Life, code_of

SUMS = Subject(kind="directive", id="1", name="sums")
NEEDED = (
    "INSERT INTO directive_dependencies (directive_id, dependency_type, name, is_installed,"
    " created_at) VALUES (1, 'system_package', '/no/such/ffmpeg', 0, '2026')"
)


@pytest.mark.req("D05", "D50")
async def test_an_approved_directive_is_switched_on(life: Life, engine: RecordingEngine) -> None:
    directive_id = await life.approved()
    woken = engine.wakes
    assert await user_directive_activate(life.ctx, "sums") == Activated(
        name="sums",
        previous_status="implemented",
        new_status="active",
        next_due_at="2026-11-21T13:00:00.000Z",
    )
    assert life.standing(directive_id) == ("active", None, 1)
    assert engine.wakes == woken + 1
    made = life.sql("SELECT status, deployed_at FROM directive_implementations")
    assert made == [{"status": "deployed", "deployed_at": "2026-11-21T12:00:00.000Z"}]
    artifact = life.sql("SELECT * FROM artifacts")[0]
    assert artifact["authorization"] == "approved"
    assert artifact["deployed_version_id"] == artifact["current_version_id"]


async def break_load(life: Life) -> None:
    """Bring code that breaks while it loads past every check, with an approval of its own."""
    module = life.project / MODULE
    module.write_text(module.read_text() + "\nX = {}['gone']\n")
    text = module.read_bytes()
    sha256 = await life.ctx.files.keep(text)
    life.sql("INSERT INTO objects VALUES (?, 1, 'text/x-python', '2026', NULL)", sha256)
    life.sql("UPDATE artifact_version_files SET object_sha256 = ? WHERE path = ?", sha256, MODULE)
    await life.approve()


async def stop_engine(life: Life) -> None:
    """Take the engine away."""
    assert isinstance(life.ctx.engine, RecordingEngine)
    life.ctx.engine.running = False


def by_sql(text: str) -> Callable[[Life], object]:
    return lambda life: life.sql(text)


CHECKS: dict[str, tuple[Callable[[Life], object], str]] = {
    "status": (by_sql("UPDATE user_directives SET status = 'validated'"), "invalid_transition"),
    "approval": (by_sql("UPDATE approvals SET decision = 'rejected'"), "approval_required"),
    "bytes": (lambda life: (life.project / MODULE).write_text("x = 1\n"), "approval_required"),
    "file": (lambda life: (life.project / MODULE).unlink(), "file_missing"),
    "dependency": (by_sql(NEEDED), "dependency_missing"),
    "load": (break_load, "invalid_argument"),
    "engine": (stop_engine, "unavailable"),
}


@pytest.mark.req("D50", "D41")
@pytest.mark.parametrize("check", CHECKS)
async def test_each_check_that_fails_has_its_code_and_changes_nothing(
    life: Life, check: str
) -> None:
    await life.approved()
    break_it, code = CHECKS[check]
    done = break_it(life)
    if hasattr(done, "__await__"):
        await done  # pyright: ignore[reportGeneralTypeIssues]
    before = life.dump()
    refused = await user_directive_activate(life.ctx, "sums")
    assert code_of(refused) == code
    assert life.dump() == before


@pytest.mark.req("D50")
@pytest.mark.parametrize("status", ["draft", "active", "archived"])
async def test_only_what_is_ready_is_switched_on(life: Life, status: str) -> None:
    await life.approved()
    life.sql("UPDATE user_directives SET status = ?", status)
    before = life.dump()
    assert code_of(await user_directive_activate(life.ctx, "sums")) == "invalid_transition"
    assert life.dump() == before


class BreaksWhenWoken(RecordingEngine):
    """Runs well until somebody wakes it."""

    async def status(self) -> EngineStatus:
        return await RecordingEngine().status()


class Meddling:
    """A sandbox during whose work somebody does something else."""

    def __init__(self, real: WasmSandbox, meddle: Callable[[], object]) -> None:
        self._real, self._meddle = real, meddle

    def profile(self, packages: Sequence[Pin] = ()) -> str:
        return self._real.profile(packages)

    async def run(self, job: Job, host: HostDoor | None = None) -> Outcome:
        done = self._meddle()
        if hasattr(done, "__await__"):
            await done  # pyright: ignore[reportGeneralTypeIssues]
        return await self._real.run(job, host)


@pytest.mark.req("D41")
async def test_what_changes_during_the_checks_is_not_switched_on(
    life: Life, sandbox: WasmSandbox
) -> None:
    directive_id = await life.approved()
    meddling = Meddling(sandbox, lambda: revoke(life.ctx, SUMS))
    ctx = replace(life.ctx, sandbox=meddling)  # pyright: ignore[reportArgumentType]
    with pytest.raises(Conflict, match="changed while it was checked"):
        await activate_directive(ctx, directive_id)
    assert life.standing(directive_id) == ("implemented", None, 0)


@pytest.mark.req("D41")
@pytest.mark.parametrize("fault", [ZeroDivisionError("failpoint"), Unavailable("failpoint")])
@pytest.mark.parametrize("before", ["implemented", "paused", "error"])
async def test_a_failure_after_the_switch_leaves_the_status_as_it_was(
    life: Life, fault: Exception, before: str
) -> None:
    directive_id = await life.approved()
    cause = "user" if before == "paused" else None
    life.sql("UPDATE user_directives SET status = ?, pause_cause = ?", before, cause)
    engine = BreaksWhenWoken(fault=fault)
    with pytest.raises(type(fault)):
        await activate_directive(replace(life.ctx, engine=engine), directive_id)
    assert life.standing(directive_id) == (before, cause, 1)
    restored = life.events("status_restored")
    assert [(e["from_status"], e["to_status"]) for e in restored] == [("active", before)]


@pytest.mark.req("D50")
async def test_a_twin_is_warned_of(life: Life) -> None:
    await life.active()
    twin = TEXT.replace("sums:", "twin:")
    await life.approved(twin, "twin")
    answer = await user_directive_activate(life.ctx, "twin")
    assert isinstance(answer, Activated)
    assert answer.warnings == ["sums is active with the same trigger and action."]


@pytest.mark.req("D94")
async def test_activation_closes_the_alerts_of_what_was_wrong(life: Life) -> None:
    await life.approved()
    life.sql("UPDATE user_directives SET status = 'error', consecutive_failures = 5")
    async with life.ctx.directives.write() as db:
        for code in ("breaker", "approval_void", "implementation_deleted"):
            alert = NewAlert(severity="critical", code=code, message="x")
            await raise_alert(db, life.ctx.clock.now(), SUMS, alert)
    assert isinstance(await user_directive_activate(life.ctx, "sums"), Activated)
    assert life.alerts() == []
    assert life.row(1)["consecutive_failures"] == 0


TRIO = """timezone: UTC
directives:
  a: {every: 1h, do: log "a"}
  b: {every: 2h, do: log "b"}
  c: {every: 3h, do: log "c"}
"""


async def trio(life: Life) -> None:
    """Approve one directive of a file; the others stay drafts."""
    await life.approved(TRIO, "a")
    (life.project / "a.yaml").rename(life.project / "trio.yaml")
    life.sql("UPDATE user_directives SET source_file = 'trio.yaml'")
    life.sql("UPDATE source_files SET path = 'trio.yaml'")


@pytest.mark.req("D50", "D51")
async def test_all_directives_of_a_file_are_switched_one_by_one(life: Life) -> None:
    await trio(life)
    answer = await user_directive_activate(life.ctx, source_file="./trio.yaml")
    assert isinstance(answer, ActivatedFile)
    assert answer.success is False
    first, *others = answer.results
    assert isinstance(first, Activated)
    assert [r.error_code for r in others if isinstance(r, Refused)] == ["invalid_transition"] * 2
    off = await user_directive_deactivate(life.ctx, source_file="trio.yaml", reason="holiday")
    assert isinstance(off, DeactivatedFile)
    assert off.success
    assert [(r.name, r.new_status) for r in off.results if isinstance(r, Deactivated)] == [
        ("a", "paused")
    ]


@pytest.mark.req("D50", "D51")
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "invalid_argument"),
        ({"name": "sums", "source_file": "sums.yaml"}, "invalid_argument"),
        ({"name": "other"}, "not_found"),
        ({"source_file": "../x.yaml"}, "not_found"),
        ({"source_file": "a\0b"}, "invalid_argument"),
    ],
)
async def test_what_is_not_named_well_is_refused(
    life: Life, given: dict[str, str], code: str
) -> None:
    assert code_of(await user_directive_activate(life.ctx, **given)) == code
    assert code_of(await user_directive_deactivate(life.ctx, **given)) == code


def open_run(life: Life, status: str = "running") -> int:
    text = (
        "INSERT INTO runs (kind, directive_id, trigger_source, idempotency_key, status, created_at,"
        " random_seed) VALUES ('directive', 1, 'schedule', hex(randomblob(8)), ?, '2026', 's')"
        " RETURNING id"
    )
    return life.sql(text, status)[0]["id"]


@pytest.mark.req("D45", "D51")
async def test_switching_off_ends_open_runs_and_says_why(
    life: Life, engine: RecordingEngine
) -> None:
    directive_id = await life.active()
    runs = [open_run(life), open_run(life, "queued"), open_run(life, "waiting_for_approval")]
    open_run(life, "success")
    answer = await user_directive_deactivate(life.ctx, "sums", reason="holiday")
    assert answer == Deactivated(
        name="sums", previous_status="active", new_status="paused", cancelled_runs=3
    )
    assert engine.cancelled == [(runs, "holiday")]
    assert life.standing(directive_id) == ("paused", "user", 1)
    event = life.events("status_changed")[-1]
    assert (event["actor"], event["to_status"], event["reason"]) == ("ai", "paused", "holiday")


@pytest.mark.req("D45")
@pytest.mark.parametrize("fault", [ZeroDivisionError("stuck"), Unavailable("stuck")])
async def test_a_stop_that_fails_still_ends_in_paused_with_an_alert(
    life: Life, engine: RecordingEngine, fault: Exception
) -> None:
    directive_id = await life.active()
    open_run(life)
    engine.fault = fault
    answer = await deactivate_directive(life.ctx, directive_id)
    assert answer.cancelled_runs == 0
    assert life.standing(directive_id) == ("paused", "user", 1)
    assert life.alerts() == ["stop_failed"]


@pytest.mark.req("D51", "8.1")
async def test_what_does_not_fire_is_not_switched_off(life: Life) -> None:
    await life.implemented()
    before = life.dump()
    assert code_of(await user_directive_deactivate(life.ctx, "sums")) == "invalid_transition"
    assert life.dump() == before


@pytest.mark.req("D50")
async def test_what_was_paused_goes_on_without_a_new_decision(life: Life) -> None:
    directive_id = await life.active()
    await user_directive_deactivate(life.ctx, "sums")
    answer = await user_directive_activate(life.ctx, "sums")
    assert isinstance(answer, Activated)
    assert answer.previous_status == "paused"
    assert life.standing(directive_id) == ("active", None, 1)
    assert YES not in life.person.answers
