import importlib.metadata
import stat
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from aifp.schemas.errors import Unavailable
from aifp.server.sandbox import build, native, runner_files, staging
from aifp.server.sandbox.wasm import open_sandbox


def test_the_runner_is_named_by_everything_it_is_made_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    before = staging.runner_name()
    changed = tmp_path / "templates.py"
    changed.write_text('"""Another."""\n')
    monkeypatch.setattr(staging, "TEMPLATES", staging.TEMPLATES)
    monkeypatch.setattr(staging, "own_sources", lambda: {"app.py": changed})
    assert staging.runner_name() != before


def test_the_staged_folder_holds_the_very_templates_module_and_no_other_code_of_ours(
    tmp_path: Path,
):
    staging.stage(tmp_path)
    inside = tmp_path / "aifp/helpers/user_directives/internal/language/templates.py"
    assert inside.read_bytes() == staging.TEMPLATES.read_bytes()
    ours = {
        path.parent.relative_to(tmp_path).as_posix()
        for path in (tmp_path / "aifp").rglob("*.py")
        if path.read_bytes()
    }
    assert ours == {
        "aifp/helpers/user_directives/internal/language",
        "aifp/server/sandbox/guest",
    }


def test_a_runner_that_is_there_is_not_built_again(runner_cache: Path):
    runner = runner_cache / staging.runner_name()
    before = runner.stat().st_mtime_ns
    assert build.build(runner_cache) == runner
    assert runner.stat().st_mtime_ns == before


def test_a_failed_build_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(build, "BUILDER", "raise SystemExit('no compiler')")
    with pytest.raises(Unavailable, match="no compiler"):
        build.build(tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_without_a_runner_the_error_names_the_command_that_builds_it(tmp_path: Path):
    with pytest.raises(Unavailable, match=r"python -m aifp\.server\.sandbox\.build"):
        async with open_sandbox(cache=tmp_path):
            pass


@pytest.fixture
def tiny_runner(tmp_path: Path) -> Path:
    runner = tmp_path / "runner.wasm"
    runner.write_bytes(wat2wasm("(component)"))
    return runner


async def test_native_code_is_compiled_once_and_kept_for_its_owner_only(
    tiny_runner: Path, tmp_path: Path
):
    compiled = await runner_files.native_runner(tiny_runner, tmp_path / "cache")
    first = compiled.stat()
    assert stat.S_IMODE(first.st_mode) == 0o600
    assert importlib.metadata.version("wasmtime") in compiled.name
    again = await runner_files.native_runner(tiny_runner, tmp_path / "cache")
    assert again.stat().st_ino == first.st_ino


async def test_native_code_that_others_could_have_written_is_compiled_again(
    tiny_runner: Path, tmp_path: Path
):
    compiled = await runner_files.native_runner(tiny_runner, tmp_path / "cache")
    compiled.write_bytes(b"what somebody else put there")
    compiled.chmod(0o666)
    again = await runner_files.native_runner(tiny_runner, tmp_path / "cache")
    assert again == compiled
    assert stat.S_IMODE(again.stat().st_mode) == 0o600
    native.load(again)


async def test_what_cannot_be_compiled_is_told(tmp_path: Path):
    broken = tmp_path / "runner.wasm"
    broken.write_bytes(b"not wasm")
    with pytest.raises(Unavailable, match="could not be compiled"):
        await runner_files.native_runner(broken, tmp_path / "cache")


def test_the_build_command_prints_where_the_runner_lies(
    runner_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    name = staging.runner_name()
    (tmp_path / name).write_bytes((runner_cache / name).read_bytes())
    build.main(into=tmp_path)
    printed = capsys.readouterr()
    assert printed.out.strip() == str(tmp_path / name)
    assert "automations run inside" in printed.err
