"""D60: a list travels with its true length, however short the part that is shown."""

import pytest

from tests.helpers.user_directives.calls import called
from tests.helpers.user_directives.lives import Life
from tests.helpers.user_directives.tools.test_reports import add_alert, add_run


@pytest.mark.req("D60", "D12")
async def test_six_hundred_runs_are_told_as_six_hundred(life: Life) -> None:
    await life.validated()
    for _ in range(600):
        add_run(life, "success")
    short = await called(life.ctx, "get_recent_executions")
    assert (short["count"], short["total"], short["truncated"]) == (50, 600, True)
    for limit in (500, 10**9):
        most = await called(life.ctx, "get_recent_executions", limit=limit, directive_id=1)
        assert (most["total"], most["truncated"]) == (600, True)
    assert most["warnings"] == [f"limit {10**9} is outside 1 to 500; 500 was taken"]
    none = await called(life.ctx, "get_recent_executions", directive_id=2)
    assert none == {"result": [], "count": 0, "total": 0, "truncated": False}


@pytest.mark.req("D60", "D95")
async def test_the_pages_of_a_trace_know_where_they_end(life: Life) -> None:
    await life.validated()
    run_id = add_run(life, "success")
    for seq in range(1, 6):
        step = {"function": "log", "call_sha256": "h", "status": "ok", "started_at": "a"}
        life.insert("run_steps", run_id=run_id, attempt=1, seq=seq, **step)
    pages = [
        await called(life.ctx, "get_run_trace", run_id=run_id, offset=offset, limit=2)
        for offset in (0, 2, 4, 6)
    ]
    assert [[step["seq"] for step in page["result"]] for page in pages] == [[1, 2], [3, 4], [5], []]
    assert [page["total"] for page in pages] == [5, 5, 5, 5]
    assert [page["truncated"] for page in pages] == [True, True, False, False]


@pytest.mark.req("D60", "D104")
async def test_more_alerts_than_are_shown_are_counted(life: Life) -> None:
    await life.validated()
    for number in range(7):
        add_alert(life, "warning", number)
    found = await called(life.ctx, "get_alerts", limit=3)
    assert (found["count"], found["total"], found["truncated"]) == (3, 7, True)


@pytest.mark.req("D60", "D03")
async def test_six_hundred_directives_are_listed_in_one_fixed_order(life: Life) -> None:
    await life.validated()
    columns = (
        "source_file, source_format, source_index, directive_type, trigger, action, draft_json,"
        " configuration_json, raw_content, priority, status, created_at, updated_at"
    )
    for number in range(600):
        life.sql(
            f"INSERT INTO user_directives (name, {columns}) SELECT ?, {columns}"
            " FROM user_directives WHERE id = 1",
            f"d{number:03}",
        )
    life.sql("UPDATE user_directives SET status = 'paused' WHERE id > 1")
    found = [await called(life.ctx, "get_directives_by_status", status="paused") for _ in range(10)]
    assert all(other == found[0] for other in found)
    assert (found[0]["total"], found[0]["truncated"]) == (600, True)
    assert found[0]["count"] <= 500
    listed = [item["name"] for item in found[0]["result"]]
    assert listed == sorted(listed)
