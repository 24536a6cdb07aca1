"""A real project, its engine and its sessions on a loopback port, and a person who says yes."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import mcp_types as types
import pytest
from mcp.client.client import Client

from aifp.schemas.common import JsonMap
from aifp.server.app.opening import open_project
from aifp.server.app.wiring import House, open_house
from aifp.server.sandbox.build import build_with_display
from aifp.server.sandbox.runner_files import default_cache
from tests.server.mcp.wiring import connected, data_of, listening

ALL: JsonMap = {"toolsets": ["all"]}
GOOD = 'directives:\n  watering:\n    every: day at 06:30\n    do: log "Water the tomatoes"\n'
BAD = "directives:\n  breaking:\n    do: GET http://127.0.0.1:9/nothing\n"


@dataclass
class Living:
    """One open house and ways to move a directive along."""

    folder: Path
    house: House
    port: int

    @asynccontextmanager
    async def client(self, mode: str, **keywords: Any) -> AsyncGenerator[Client]:
        """Connect a client whose person says yes to everything."""
        async with connected(self.port, mode, elicitation_callback=yes, **keywords) as client:
            yield client

    def write(self, name: str, text: str) -> str:
        (self.folder / "directives" / name).write_text(text, encoding="utf-8")
        return f"directives/{name}"

    def has_database(self) -> bool:
        return (self.folder / ".aifp-project" / "user_directives.db").exists()

    async def look(self, sql: str) -> list[dict[str, Any]]:
        """Read the database beside the house."""
        return await asyncio.to_thread(self._sql, sql)

    async def change(self, sql: str) -> None:
        """Write to the database beside the house."""
        await asyncio.to_thread(self._sql, sql)

    def _sql(self, sql: str) -> list[dict[str, Any]]:
        path = self.folder / ".aifp-project" / "user_directives.db"
        db = sqlite3.connect(path, timeout=30)  # noqa: TID251 - beside the house
        try:
            db.row_factory = sqlite3.Row
            with db:
                return [dict(row) for row in db.execute(sql)]
        finally:
            db.close()

    async def implement(self, client: Client, text: str) -> str:
        """Bring the one directive of a text to implemented; return its name."""
        path = self.write("notes.yaml", text)
        parsed = await call(client, "user_directive_parse", file_path=path)
        name = parsed["directives"][0]["name"]
        for step in ("validate", "implement"):
            answer = await call(client, f"user_directive_{step}", name=name)
            while answer.get("questions"):
                given = {question["id"]: True for question in answer["questions"]}
                answer = await call(client, "user_directive_validate", name=name, answers=given)
            assert answer["success"], answer
        return name

    async def activate(self, client: Client, text: str) -> str:
        """Bring the one directive of a text to active; return its name."""
        name = await self.implement(client, text)
        for step in ("approve", "activate"):
            answer = await call(client, f"user_directive_{step}", name=name)
            assert answer["success"], answer
        return name


async def call(client: Client, tool: str, /, **arguments: Any) -> dict[str, Any]:
    """Call a tool and return the structure of its answer."""
    return data_of(await client.call_tool(tool, arguments))


async def yes(_: object, params: Any) -> types.ElicitResult:
    properties: dict[str, Any] = params.requested_schema["properties"]
    content = {name: field.get("enum", [True])[0] for name, field in properties.items()}
    return types.ElicitResult(action="accept", content=cast("Any", content))


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Living]:
    """Open a new project."""
    build_with_display(default_cache())
    place = await asyncio.to_thread(open_project, folder, "Europe/Berlin")
    async with open_house(place) as house, listening(house.sessions, ALL) as port:
        yield Living(place, house, port)


@pytest.fixture
async def living(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Living]:
    """A new project of this test."""
    monkeypatch.setenv("AIFP_CONFIG", str(tmp_path / "config"))
    async with opened(tmp_path / "garden") as house:
        yield house
