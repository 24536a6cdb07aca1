"""One function writes the files of tools, and a write that fails leaves everything as it was."""

import ast
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

import aifp
from aifp.helpers.lifecycle.internal.tool_files import sync_to_filesystem
from aifp.helpers.lifecycle.tools.deploy_tools import rollback_to_version, safe_deploy
from aifp.helpers.lifecycle.tools.lifecycle_tools import delete_tool, restore_tool
from aifp.schemas.common import Failure
from aifp.schemas.errors import InvalidArgument, LimitExceeded
from aifp.schemas.ports import Ctx, Files
from tests.helpers.lifecycle.shops import approved, deployed, runs
from tests.helpers.lifecycle.workshop import SUM, Workshop
from tests.helpers.user_directives.lives import FUNCTIONS, YES, Life, code_of

SECOND = SUM.replace("a + b", "b + a")
PACKAGE = Path(aifp.__file__).parent
LIFECYCLE = PACKAGE / "helpers" / "lifecycle"
WRITER = LIFECYCLE / "internal" / "tool_files.py"
# The modules of (001), each with one task.
PARTS = {
    "registry": ("folder", "planning", "reconciling"),
    "versions": ("versions", "history"),
    "diff": ("diffs", "breaking"),
    "conflict": ("conflicts", "merging", "conflict_choices"),
    "deploy": ("deploying", "directive_deploying", "proposals", "rolling_back"),
    "lifecycle": ("marking", "restoring"),
    "garbage collection": ("cleaning", "purging"),
}


class Failing:
    """The real files, whose first write fails: before it is done, or after."""

    def __init__(self, real: Files, *, after: bool) -> None:
        self.real, self.after, self.failed = real, after, False

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    async def write(self, files: Mapping[str, bytes | None]) -> None:
        if self.failed or self.after:
            await self.real.write(files)
        if not self.failed:
            self.failed = True
            raise LimitExceeded("No space left on device.")


def failing(ctx: Ctx, *, after: bool) -> Ctx:
    return replace(ctx, files=cast("Files", Failing(ctx.files, after=after)))


class Filling(Failing):
    """The real files, on a disk that is full after the first write."""

    async def write(self, files: Mapping[str, bytes | None]) -> None:
        if not self.failed:
            await self.real.write(files)
        self.failed = True
        raise LimitExceeded("No space left on device.")


def writers(file: Path) -> list[int]:
    """Return the lines of a source that write files of the project."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr == "write"
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "files"
    ]


@pytest.mark.req("S22", "S03")
def test_one_function_of_the_lifecycle_writes_files() -> None:
    found = {file for file in LIFECYCLE.glob("**/*.py") if writers(file)}
    assert found == {WRITER}
    assert len(writers(WRITER)) == 1


@pytest.mark.req("S03", "S15")
@pytest.mark.parametrize("after", [True, False])
async def test_a_write_that_fails_leaves_file_and_record_as_they_were(
    shop: Workshop, *, after: bool
) -> None:
    await approved(shop)
    await deployed(shop, SECOND)
    before = shop.tool("add"), shop.sql("SELECT * FROM deployments")
    answer = await rollback_to_version(failing(shop.ctx, after=after), "add", 1)
    assert code_of(answer) == "limit_exceeded"
    assert shop.file("add").read_text() == SECOND
    assert (shop.tool("add"), shop.sql("SELECT * FROM deployments")) == before
    assert await runs(shop)


@pytest.mark.req("S03", "L21")
async def test_what_cannot_even_be_put_back_is_told_and_can_be_restored(shop: Workshop) -> None:
    await approved(shop)
    full = replace(shop.ctx, files=cast("Files", Filling(shop.ctx.files, after=True)))
    answer = await delete_tool(full, "add")
    assert isinstance(answer, Failure)
    assert answer.error.startswith("tools/add.py could not be put back as it was: No space left")
    await restore_tool(shop.ctx, "add")
    assert shop.file("add").read_text() == SUM
    assert await runs(shop)


@pytest.mark.req("S03", "D84")
@pytest.mark.parametrize("after", [True, False])
async def test_a_write_that_fails_leaves_a_directive_as_it_was(
    tried_life: Life, *, after: bool
) -> None:
    directive_id = await tried_life.active()
    folder = tried_life.project / "src" / "automations"
    files = {file.name: file.read_bytes() for file in folder.glob("*.py")}
    row = tried_life.row(directive_id)
    tried_life.person.answers.append(YES)
    code = FUNCTIONS.replace("sum(numbers)", "sum(list(numbers))")
    answer = await safe_deploy(failing(tried_life.ctx, after=after), "sums", code, "worse")
    assert code_of(answer) == "limit_exceeded"
    assert {file.name: file.read_bytes() for file in folder.glob("*.py")} == files
    assert tried_life.row(directive_id) == row
    assert len(tried_life.sql("SELECT * FROM deployments")) == 1


@pytest.mark.req("S03")
@pytest.mark.parametrize("path", ["../outside.py", "/etc/outside.py", "tools/../../outside.py"])
async def test_nothing_is_written_outside_the_project(shop: Workshop, path: str) -> None:
    with pytest.raises(InvalidArgument):
        await sync_to_filesystem(shop.ctx, {path: b"x = 1"})


@pytest.mark.req("S25")
def test_every_part_has_modules_of_its_own_and_none_goes_round_in_a_circle() -> None:
    folder = LIFECYCLE / "internal"
    for modules in PARTS.values():
        assert all((folder / f"{module}.py").exists() for module in modules)
    graph = {file.stem: imports_of(file) for file in folder.glob("*.py")}
    done: set[str] = set()
    while ready := {name for name in graph if name not in done and graph[name] <= done}:
        done |= ready
    assert set(graph) - done == set()


def imports_of(file: Path) -> set[str]:
    """Return the modules of the same room that a module imports."""
    room = "aifp.helpers.lifecycle.internal."
    return {
        node.module.removeprefix(room)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(room)
    }
