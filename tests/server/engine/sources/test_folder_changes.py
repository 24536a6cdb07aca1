"""Whoever watches a folder goes on whatever somebody calls a file in it."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from watchfiles import Change

from aifp.server.engine.sources.folder_changes import changes_in
from aifp.server.engine.sources.tool_folders import ToolFolders


def everything(_: Change, path: str) -> bool:
    return bool(path)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are always text")
@pytest.mark.parametrize("recursive", [False, True])
async def test_a_name_that_is_no_text_ends_the_watching_without_a_fault(
    tmp_path: Path,
    recursive: bool,  # noqa: FBT001
) -> None:
    seen = 0
    changes = changes_in(tmp_path, matters=everything, stop=asyncio.Event(), recursive=recursive)

    async def put() -> None:
        await asyncio.sleep(0.3)
        (tmp_path / os.fsdecode(b"bad\xff.py")).touch()

    putting = asyncio.ensure_future(put())
    async with asyncio.timeout(30):
        async for _ in changes:
            seen += 1
    await putting
    assert seen == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are always text")
async def test_the_folder_of_tools_is_watched_on_beside_such_a_file(tmp_path: Path) -> None:
    moves = asyncio.Event()
    (tmp_path / "tools").mkdir()
    watched = ToolFolders(tmp_path, lambda: ["tools"], asyncio.Event(), moves.set)
    watching = asyncio.ensure_future(watched.run())
    try:
        for name in (b"bad\xff.py", b"good.py"):
            await asyncio.sleep(0.3)
            moves.clear()
            (tmp_path / "tools" / os.fsdecode(name)).touch()
            async with asyncio.timeout(30):
                await moves.wait()
        assert not watching.done()
    finally:
        watching.cancel()
