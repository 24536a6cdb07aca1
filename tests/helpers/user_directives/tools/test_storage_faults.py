"""D63: whatever the storage does, a tool answers, and the error log has one line about it."""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx, Databases, Row, SqlValue
from aifp.server.catalog.load import load_catalog, tools_of
from tests.helpers.user_directives.calls import answered
from tests.helpers.user_directives.lives import FUNCTIONS, Life

ENTRIES = tools_of(load_catalog())
# What no pattern of the schema can know.
GIVEN: JsonMap = {
    "name": "sums",
    "file_path": "sums.yaml",
    "source_file": "sums.yaml",
    "implementation_file": "src/automations/sums.py",
    "entry_point": "execute_sums",
    "code": FUNCTIONS,
    "configuration_json": {},
    "subject": "sums",
    "setting_key": "execution.timeout_s",
    "preference_key": "execution.timeout_s",
    "directive_name": "sums",
    "since_date": "2026-01-01",
    "at": "2026-01-01T00:00:00Z",
    "retention_days": 30,
    "setting_value": 30,
    "preference_value": 30,
}
# These take one of two names, or leave out what would lead elsewhere.
LEFT_OUT = {
    "user_directive_activate": {"source_file"},
    "user_directive_deactivate": {"source_file"},
    "user_directive_update": {"file_path"},
    "run_directive": {"at"},
}
# How far into its work each tool is followed: this many questions to the storage.
DEPTH = 12


class StorageIsGone(Exception):
    """What no code expects."""


@dataclass
class Fault:
    """Breaks one question to the storage, the n-th, whichever file it is about."""

    left: int
    hit: bool = False

    def strike(self) -> None:
        self.left -= 1
        if self.left == -1:
            self.hit = True
            raise StorageIsGone("the storage is gone")


class Faulty:
    """A database, or the writer of one, whose n-th question breaks."""

    def __init__(self, inner: Any, fault: Fault) -> None:
        self._inner, self._fault = inner, fault

    async def one(self, query: str, /, **params: SqlValue) -> Row | None:
        self._fault.strike()
        return await self._inner.one(query, **params)

    async def all(self, query: str, /, **params: SqlValue) -> list[Row]:
        self._fault.strike()
        return await self._inner.all(query, **params)

    async def run(self, query: str, /, **params: SqlValue) -> int:
        self._fault.strike()
        return await self._inner.run(query, **params)

    @asynccontextmanager
    async def write(self) -> AsyncGenerator["Faulty"]:
        self._fault.strike()
        async with self._inner.write() as writer:
            yield Faulty(writer, self._fault)


class Gone:
    """A part of the context that breaks whatever is asked of it."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise StorageIsGone(name)


def breaking(ctx: Ctx, fault: Fault) -> Ctx:
    old = ctx.databases
    files = [Faulty(d, fault) for d in (old.directives, old.project, old.preferences, old.core)]
    return replace(ctx, databases=Databases(*files))


def arguments_of(name: str, schema: JsonMap, numbers: dict[str, int]) -> JsonMap:
    """Return arguments with which a tool has work to do."""
    properties: Any = schema.get("properties", {})
    required: Any = schema.get("required", [])
    known = (GIVEN.keys() | numbers.keys()) & properties.keys()
    wanted = (set(required) | known) - LEFT_OUT.get(name, set())
    return {key: value_of(key, properties[key], numbers) for key in sorted(wanted)}


def value_of(key: str, schema: dict[str, Any], numbers: dict[str, int]) -> Any:
    if key in numbers:
        return numbers[key]
    if "enum" in schema:
        return schema["enum"][0]
    if key in GIVEN:
        return GIVEN[key]
    plain: dict[str, Any] = {"integer": 1, "number": 1, "boolean": False, "object": {}, "array": []}
    return plain.get(schema.get("type", ""), "active")


@pytest.fixture
async def numbers(life: Life) -> dict[str, int]:
    """An implemented directive, and the numbers of what belongs to it."""
    directive_id = await life.implemented()
    return {"directive_id": directive_id, "implementation_id": 1, "dependency_id": 1}


@pytest.mark.req("D63")
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
async def test_no_fault_of_the_storage_leaves_a_tool(
    entry: Any, life: Life, numbers: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    given = arguments_of(entry.name, entry.input_schema, numbers)
    struck = 0
    for place in range(DEPTH):
        caplog.clear()
        fault = Fault(place)
        ctx = breaking(life.ctx, fault)
        if entry.target_database is None:
            gone: Any = Gone()
            ctx, fault.hit = replace(ctx, engine=gone, door=gone), True
        answer = await answered(ctx, entry.name, **given)
        if not fault.hit:
            break
        struck += 1
        lines = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
        assert len(lines) == 1, (place, answer, lines)
        assert "reference" in lines[0]
        reference = lines[0].rsplit(" ", 1)[1]
        assert reference in str(answer.data)
        if answer.is_error:
            assert answer.data["error_code"] == "internal"
    assert struck, "the tool asked the storage for nothing"
