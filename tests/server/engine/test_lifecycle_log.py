import json
from pathlib import Path

import pytest

from aifp.helpers.shared.events import Change, record_event
from aifp.schemas.subjects import Subject
from aifp.server.engine.lifecycle_log import LifecycleLog
from tests.server.engine.workbench import Workbench

SUBJECT = Subject(kind="directive", id="1", name="lights")


async def happens(bench: Workbench, event_type: str) -> None:
    async with bench.ctx.directives.write() as db:
        change = Change(event_type=event_type, from_status="draft", to_status="validated")
        await record_event(db, bench.ctx.clock.now(), SUBJECT, "ai", change)


def lines(project: Path) -> list[dict[str, object]]:
    files = sorted((project / ".aifp-project/logs/lifecycle").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@pytest.mark.req("D69")
async def test_each_event_becomes_one_line_even_after_a_restart(bench: Workbench) -> None:
    project = bench.ctx.settings.project
    now = bench.ctx.clock.now()
    await happens(bench, "status_changed")
    await LifecycleLog(bench.ctx, bench.kit.logs).turn(now)
    await happens(bench, "approval_requested")
    await LifecycleLog(bench.ctx, bench.kit.logs).turn(now)
    written = lines(project)
    assert [line["event_type"] for line in written] == ["status_changed", "approval_requested"]
    assert written[0]["subject_name"] == "lights"
    assert written[0]["to_status"] == "validated"
    assert written[0]["actor"] == "ai"
