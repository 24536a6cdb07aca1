"""sync-directives.py: what it finds, what it writes, and that it only looks when asked to."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from aifp.server.catalog import sync

PROJECT = Path(__file__).parents[3]
GENERATED = (sync.CATALOG, "README.md", "docs/settings.md", "docs/tools.md")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in GENERATED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    sync.write(sync.make(tmp_path))
    return tmp_path


def change_catalog(tree: Path, *, gone: str | None = None, other: str | None = None) -> None:
    file = tree / sync.CATALOG
    data = json.loads(file.read_text(encoding="utf-8"))
    data["helpers"] = [entry for entry in data["helpers"] if entry["name"] != gone]
    for entry in data["helpers"]:
        if entry["name"] == other:
            entry["input_schema"]["properties"]["more"] = {"type": "integer"}
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")


def contents(tree: Path) -> dict[str, bytes]:
    return {f.name: f.read_bytes() for f in tree.glob("**/*") if f.is_file()}


@pytest.mark.req("D67")
def test_a_second_run_finds_nothing_to_do(tree: Path) -> None:
    before = contents(tree)
    report = sync.write(sync.make(tree))
    assert report == sync.SyncReport(core="fits")
    assert contents(tree) == before


@pytest.mark.req("D67")
def test_a_missing_entry_and_a_differing_signature_are_named(tree: Path) -> None:
    change_catalog(tree, gone="get_run", other="get_alerts")
    made = sync.make(tree)
    report = sync.compare(made)
    assert (report.added, report.changed, report.removed) == (["get_run"], ["get_alerts"], [])
    assert sync.is_red(report)
    assert "get_run stands in the code and has no entry." in sync.told(report, made)
    assert "get_alerts differs from its entry." in sync.told(report, made)
    assert '-          "more": {' in sync.told(report, made)


@pytest.mark.req("D67")
def test_an_entry_without_code_is_named_and_pruned(tree: Path) -> None:
    file = tree / sync.CATALOG
    data = json.loads(file.read_text(encoding="utf-8"))
    data["helpers"].append({**data["helpers"][0], "name": "get_ghosts"})
    file.write_text(json.dumps(data), encoding="utf-8")
    assert sync.build(tree) == "built"
    assert b"get_ghosts" in (tree / sync.CORE).read_bytes()
    made = sync.make(tree)
    assert "get_ghosts has an entry and no code." in sync.told(sync.compare(made), made)
    report = sync.write(made)
    assert (report.removed, report.core) == (["get_ghosts"], "built")
    assert b"get_ghosts" not in (tree / sync.CORE).read_bytes()


@pytest.mark.req("D67")
def test_looking_changes_nothing(tree: Path) -> None:
    change_catalog(tree, gone="get_run")
    (tree / "README.md").write_text(
        f"# aifp\n{(tree / 'README.md').read_text(encoding='utf-8')}".replace("`get_run`", "`x`")
    )
    before = contents(tree)
    report = sync.compare(sync.make(tree))
    assert report.drift == [sync.CATALOG, "README.md"]
    assert report.written == []
    assert contents(tree) == before


@pytest.mark.req("D67")
def test_a_database_that_says_something_else_is_red(tree: Path) -> None:
    db = sqlite3.connect(tree / sync.CORE)  # noqa: TID251
    db.execute("UPDATE helper_functions SET is_tool = 0, toolset = NULL WHERE name = 'stop_all'")
    db.commit()
    db.close()
    report = sync.compare(sync.make(tree))
    assert report.core == "differs"
    assert sync.is_red(report)
    assert sync.write(sync.make(tree)).written == [sync.CORE]
    assert not sync.is_red(sync.compare(sync.make(tree)))


def test_a_database_that_is_not_built_yet_or_of_an_earlier_file_is_only_told(tree: Path) -> None:
    (tree / sync.CORE).unlink()
    missing = sync.compare(sync.make(tree))
    change_catalog(tree, gone="cancel_run")
    assert sync.build(tree) == "built"
    shutil.copy(PROJECT / sync.CATALOG, tree / sync.CATALOG)
    stale = sync.compare(sync.make(tree))
    assert [missing.core, stale.core] == ["missing", "stale"]
    assert not sync.is_red(missing) and not sync.is_red(stale)
    assert sync.build(tree) == "built"
