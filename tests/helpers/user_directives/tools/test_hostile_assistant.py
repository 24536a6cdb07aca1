"""X02: whatever an assistant calls, in whatever order, it approves nothing."""

import random
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from pydantic import JsonValue

from aifp.helpers.shared.events import first_broken_event
from aifp.helpers.user_directives.tools.workflow_tools import user_directive_parse
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import NeedsInput
from aifp.schemas.ports import Ctx, Door, HumanAnswer
from aifp.server.catalog.load import load_catalog, tools_of
from aifp.server.mcp.door import CallDoor
from aifp.server.mcp.registry import Registry
from aifp.server.mcp.view import View
from tests.helpers.user_directives.lives import FUNCTIONS, MODULE, TEXT, Life

NASTY = ("'; DROP TABLE approvals; --", "%", "_", "a\0b", "x" * 100_000, "\u202e", "\ud800", "")
NAMES = ("sums", "other", "sums.yaml", MODULE, "tool_1")


@dataclass
class Silence:
    """A person who never answers: gone, or closing every form, or yet to answer."""

    how: str

    async def progress(self, done: float, total: float | None, message: str) -> None:
        pass

    async def ask(self, key: str, message: str, schema: JsonMap) -> HumanAnswer:
        match self.how:
            case "later":
                raise NeedsInput(key, message, schema)
            case "cancel":
                return HumanAnswer(action="cancel", content={"approve": True})
            case _:
                return HumanAnswer(action="unavailable", content={"approve": True})


class Assistant:
    """Calls any tool with anything that might help."""

    def __init__(self, life: Life, how: str, seed: int) -> None:
        self._life, self._random = life, random.Random(seed)
        self._registry = Registry(tools_of(load_catalog()))
        person, view = Silence(how), View()

        def make_context(door: Door) -> Ctx:
            return replace(life.ctx, door=door, actor="ai")

        async def announce() -> None:
            pass

        self._ctx = CallDoor(person, self._registry, view, make_context, announce).context()
        self.called: set[str] = set()

    async def turn(self) -> None:
        entry = self._random.choice(self._registry.entries)
        await self.call(entry.name, self._arguments(entry.input_schema))

    async def call(self, name: str, arguments: JsonMap) -> None:
        entry = self._registry.find(name)
        assert entry is not None
        self.called.add(name)
        try:
            answer = await self._registry.run(self._ctx, entry, arguments)
            assert answer.data.get("error_code") != "internal", (name, arguments, answer)
            assert answer.data.get("approved") is not True
        except NeedsInput:
            pass

    def _arguments(self, schema: JsonMap) -> JsonMap:
        properties = cast("dict[str, Any]", schema.get("properties", {}))
        wanted = cast("list[str]", schema.get("required", []))
        return {
            name: self._value(name)
            for name in properties
            if name in wanted or self._random.random() < 0.6
        }

    def _value(self, name: str) -> JsonValue:
        known: dict[str, tuple[JsonValue, ...]] = {
            "subject_kind": ("directive", "run", "grant"),
            "dry_run": (True, False),
            "arguments": ({"name": "sums"}, {"directive_id": 1}, {"approved": True}),
            "answers": ({}, {"approve": True}, {"q": "yes"}),
            "code": (FUNCTIONS, "import os"),
            "log_type": ("execution", "error", "lifecycle"),
            "state": ("open", "resolved"),
            "status": ("active", "draft", "approved"),
            "input": ({}, {"approve": True}),
            "at": ("2026-11-21T03:00:00Z",),
            "file_path": ("sums.yaml", "../x"),
            "source_file": ("sums.yaml",),
            "hours": (1, 24.5),
        }
        if self._random.random() < 0.1:
            return self._random.choice(NASTY)
        if name == "name" and self._random.random() < 0.3:
            return self._random.choice([entry.name for entry in self._registry.entries])
        if name.endswith("_id") or name in ("limit", "offset", "attempt"):
            return self._random.choice([1, 2, 3, 0, -1, 2**70])
        return self._random.choice(known.get(name, NAMES))


def nothing_is_approved(life: Life) -> None:
    if not life.database.exists():
        return
    assert life.sql("SELECT id FROM approvals WHERE decision = 'approved'") == []
    directives = "SELECT id FROM user_directives WHERE approved = 1 OR status = 'active'"
    assert life.sql(directives) == []
    assert life.sql("SELECT id FROM grants") == []


@pytest.mark.req("X02", "D09", "D49")
@pytest.mark.parametrize("how", ["unavailable", "cancel", "later"])
async def test_no_sequence_of_calls_approves_anything(life: Life, how: str) -> None:
    await plunder(life, how, seed=2, turns=60)


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.req("X02", "D09", "D49")
@pytest.mark.parametrize("how", ["unavailable", "cancel", "later"])
@pytest.mark.parametrize("seed", range(5))
async def test_no_long_sequence_of_calls_approves_anything(life: Life, how: str, seed: int) -> None:
    await plunder(life, how, seed, turns=800)


async def plunder(life: Life, how: str, seed: int, turns: int) -> None:
    await life.implemented(TEXT)
    assistant = Assistant(life, how, seed)
    for _ in range(turns):
        await assistant.turn()
        nothing_is_approved(life)
    for name in ("user_directive_approve", "user_directive_activate", "run_directive"):
        await assistant.call(name, {"name": "sums"})
        nothing_is_approved(life)
    assert len(assistant.called) > 20
    assert await first_broken_event(life.ctx.directives) is None


TEXTS = [
    (entry.name, parameter)
    for entry in tools_of(load_catalog())
    for parameter, facts in cast("dict[str, Any]", entry.input_schema["properties"]).items()
    if facts.get("type") in ("string", ["string", "null"]) and "enum" not in facts
]


@pytest.mark.req("I23")
@pytest.mark.parametrize(("tool", "parameter"), TEXTS)
async def test_any_text_is_only_text(life: Life, tool: str, parameter: str) -> None:
    await user_directive_parse(life.ctx, life.write("sums.yaml", TEXT))
    assistant = Assistant(life, "unavailable", seed=1)
    before = life.row(1)
    for text in (*NASTY, "x" * 1_000_000, "sums' OR '1'='1", "su%", "s_ms"):
        given: JsonMap = {parameter: text}
        if tool == "call_tool":
            given["arguments"] = {}
        await assistant.call(tool, given)
    assert life.row(1) == before
    assert len(life.sql("SELECT id FROM user_directives")) == 1
