"""The shapes of all answers: absence, success and refusal, as the output schemas promise them."""

import logging
import sqlite3
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from aifp.schemas.catalog import HelperEntry
from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx
from aifp.server.catalog.load import load_catalog, tools_of
from tests.helpers.user_directives.calls import answered, called, refused
from tests.helpers.user_directives.lives import MODULE, Life

TOOLS = tools_of(load_catalog())
SETTERS = [e for e in TOOLS if e.phase is not None and e.effect != "reads"]
UNKNOWN: JsonMap = {
    "directive_id": 999_999,
    "implementation_id": 999_999,
    "dependency_id": 999_999,
    "run_id": 999_999,
    "name": "nobody",
    "directive_name": "nobody",
    "preference_key": "execution.timeout_s",
    "setting_key": "execution.timeout_s",
    "at": "2026-01-01T00:00:00Z",
}
# What a setter needs besides the number of what it sets.
MORE: dict[str, JsonMap] = {
    "update_directive_status": {"status": "implemented"},
    "update_directive_config": {"configuration_json": {}},
    "set_directive_approval": {"approved": False},
    "archive_directive": {},
    "record_execution": {"status": "success"},
    "add_dependency": {"dependency_type": "service", "name": "weather.example"},
    "mark_dependency_installed": {},
    "register_implementation": {"implementation_file": MODULE, "entry_point": "execute_sums"},
    "update_implementation_status": {"status": "draft"},
    "update_test_status": {"test_status": "pending"},
    "update_logging_config": {"log_type": "error", "retention_days": 90},
    "toggle_logging": {"log_type": "error", "enabled": True},
}
# Nothing belongs to one directive alone here, so that no number can be unknown.
NUMBERLESS = {"update_logging_config", "toggle_logging"}
# Last, because nothing may follow it.
LAST = "archive_directive"


def properties(entry: HelperEntry) -> dict[str, Any]:
    found: Any = entry.input_schema.get("properties", {})
    return found


def may_be_absent(entry: HelperEntry) -> bool:
    return "found:false" in entry.error_handling


def fits(entry: HelperEntry, data: JsonMap) -> list[str]:
    """Return what an answer owes to its output schema."""
    checker: Any = Draft202012Validator(entry.output_schema)
    return [fault.message for fault in checker.iter_errors(data)]


@pytest.mark.req("D59")
@pytest.mark.parametrize(
    "entry", [e for e in TOOLS if "found:false" in e.error_handling], ids=lambda e: e.name
)
async def test_an_unknown_key_is_answered_with_found_false(entry: HelperEntry, life: Life) -> None:
    await life.validated()
    given = {k: v for k, v in UNKNOWN.items() if k in properties(entry)}
    assert await called(life.ctx, entry.name, **given) == {"found": False}


@pytest.mark.req("D59")
def test_everything_with_one_key_may_be_absent() -> None:
    single = [e for e in TOOLS if e.name.endswith(("_by_id", "_by_name", "get_implementation"))]
    assert len(single) == 3
    assert [entry.name for entry in single if not may_be_absent(entry)] == []


@pytest.mark.req("D61")
async def test_every_setter_says_success_and_more_as_its_schema_has_it(life: Life) -> None:
    directive_id = await life.implemented()
    config = (await called(life.ctx, "get_directive_by_id", directive_id=directive_id))[
        "configuration_json"
    ]
    numbers = {"directive_id": directive_id, "implementation_id": 1}
    for entry in sorted(SETTERS, key=lambda e: (e.name == LAST, e.name)):
        given = {k: v for k, v in numbers.items() if k in properties(entry)} | MORE[entry.name]
        if "configuration_json" in given:
            given["configuration_json"] = config
        data = await called(life.ctx, entry.name, **given)
        assert data.get("success") is True, (entry.name, data)
        assert fits(entry, data) == [], entry.name
        numbers |= {k: v for k, v in data.items() if k in ("dependency_id", "implementation_id")}


@pytest.mark.req("D61", "D65")
@pytest.mark.parametrize("entry", SETTERS, ids=lambda entry: entry.name)
async def test_every_setter_refuses_what_does_not_exist_and_writes_nothing(
    entry: HelperEntry, life: Life
) -> None:
    if entry.name in NUMBERLESS:
        data = await refused(life.ctx, entry.name, **MORE[entry.name] | {"log_type": "gossip"})
        assert data["error_code"] == "invalid_argument"
        return
    await life.validated()
    before = life.dump()
    unknown = {k: v for k, v in UNKNOWN.items() if k.endswith("_id") and k in properties(entry)}
    data = await refused(life.ctx, entry.name, **unknown, **MORE[entry.name])
    assert data["error_code"] == "not_found"
    assert (data["success"], bool(data["error"])) == (False, True)
    assert life.dump() == before


@pytest.mark.req("D65")
async def test_a_row_about_no_directive_is_refused_by_the_database_itself(life: Life) -> None:
    await life.validated()
    row = {"dependency_type": "service", "name": "x", "is_installed": 0, "install_command": None}
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        async with life.ctx.directives.write() as db:
            await db.run("store_detected_dependency", directive_id=999_999, at="now", **row)


@pytest.mark.req("D64")
@pytest.mark.parametrize(
    "name", ["get_directives_by_status", "get_directives_by_type", "get_dependencies_by_type"]
)
async def test_a_wrong_word_gives_the_empty_list_with_a_warning_and_is_logged(
    name: str, plain_ctx: Ctx, caplog: pytest.LogCaptureFixture
) -> None:
    entry = next(entry for entry in TOOLS if entry.name == name)
    (parameter,) = properties(entry)
    answer = await answered(plain_ctx, name, **{parameter: "bogus"})
    assert answer.is_error
    assert (answer.data["result"], answer.data["count"]) == ([], 0)
    assert parameter in str(answer.data["warnings"])
    (line,) = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert parameter in line.getMessage()
    assert "allowed" in line.getMessage()


@pytest.mark.req("D64")
async def test_every_fault_of_a_call_is_listed_with_its_path(plain_ctx: Ctx) -> None:
    data = await refused(plain_ctx, "record_execution", directive_id="one", duration=5)
    details: Any = data["details"]
    faults = {fault["path"]: fault["kind"] for fault in details["faults"]}
    assert faults == {"directive_id": "type", "status": "missing", "duration": "unknown"}
