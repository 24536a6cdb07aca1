import asyncio
import stat
from pathlib import Path

import pytest

from aifp.schemas.errors import Conflict, InvalidArgument, Unavailable
from aifp.server.app.opening import open_project
from aifp.server.config import read_settings
from aifp.server.db.connection import open_database


async def zone_of(project: Path) -> object:
    async with open_database(project / ".aifp-project" / "project.db", "project") as db:
        row = await db.one("project")
    return row and row["timezone"]


@pytest.mark.req("D86")
def test_a_new_project_has_no_database_of_automations(tmp_path: Path) -> None:
    made = open_project(tmp_path / "home", "Europe/Madrid")
    state = made / ".aifp-project"
    assert sorted(p.name for p in state.iterdir()) == ["project.db"]
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert (made / "directives").is_dir()


async def test_the_zone_is_kept(tmp_path: Path) -> None:
    made = await asyncio.to_thread(open_project, tmp_path / "home", "Asia/Tokyo")
    assert await zone_of(made) == "Asia/Tokyo"


def test_a_project_is_made_once(tmp_path: Path) -> None:
    open_project(tmp_path, "UTC")
    with pytest.raises(Conflict, match="project already"):
        open_project(tmp_path, "UTC")


@pytest.mark.parametrize("place", [Path("/"), Path.home()])
def test_the_root_and_the_home_folder_are_no_projects(place: Path) -> None:
    with pytest.raises(InvalidArgument):
        open_project(place, "UTC")


def test_only_a_throw_away_project_says_so_and_not_in_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIFP_CONFIG", str(tmp_path / "config"))
    made = open_project(tmp_path / "a", "UTC", throwaway=True)
    assert read_settings(made).throwaway
    assert not read_settings(open_project(tmp_path / "b", "UTC")).throwaway
    assert sorted(p.name for p in (made / ".aifp-project").iterdir()) == ["project.db"]


@pytest.mark.req("X02")
def test_a_project_cannot_make_itself_one_to_throw_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIFP_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("AIFP_THROWAWAY", "1")
    made = open_project(tmp_path / "a", "UTC")
    assert not read_settings(made).throwaway
    (made / ".aifp-project" / "settings.json").write_text('{"throwaway": true}')
    with pytest.raises(Unavailable, match="throwaway"):
        read_settings(made)
