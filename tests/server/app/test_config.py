from pathlib import Path

import pytest

from aifp.schemas.errors import Unavailable
from aifp.server.config import STATE, config_folder, read_settings


def given(project: Path, text: str) -> Path:
    (project / STATE).mkdir()
    (project / STATE / "settings.json").write_text(text, encoding="utf-8")
    return project


def test_defaults_stand_where_nothing_is_said(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, {"HOME": str(tmp_path)})
    assert settings.breaker_threshold == 5
    assert settings.hooks_port is None


def test_the_environment_wins_over_the_project_s_file(tmp_path: Path) -> None:
    project = given(tmp_path, '{"hooks_port": 8123, "concurrency": 5}')
    settings = read_settings(project, {"AIFP_HOOKS_PORT": "9000"})
    assert (settings.hooks_port, settings.concurrency) == (9000, 5)


def test_what_a_client_chooses_by_variables_is_no_setting_of_the_daemon(tmp_path: Path) -> None:
    project = given(tmp_path, '{"tools": ["get_notes"]}')
    variables = {"AIFP_TOOLS": "get_alerts, get_run", "AIFP_OUTPUT_SCHEMAS": "1"}
    settings = read_settings(project, variables)
    assert (settings.tools, settings.output_schemas) == (("get_notes",), False)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{", "not JSON"),
        ('{"hook_port": 1}', "hook_port"),
        ('{"concurrency": "many"}', "concurrency"),
        ('{"project": "/"}', "project"),
    ],
)
def test_settings_that_cannot_be_used_are_named(tmp_path: Path, text: str, names: str) -> None:
    with pytest.raises(Unavailable, match=names):
        read_settings(given(tmp_path, text), {})


def test_keys_lie_in_the_user_s_folder_not_in_the_project(tmp_path: Path) -> None:
    assert config_folder({"AIFP_CONFIG": "/keys"}) == Path("/keys")
    assert config_folder({"XDG_CONFIG_HOME": "/home/me/.config"}) == Path("/home/me/.config/aifp")
    assert not read_settings(tmp_path, {}).config_folder.is_relative_to(tmp_path)


@pytest.mark.req("L29")
def test_only_the_project_s_file_says_what_becomes_of_deleted_tools(tmp_path: Path) -> None:
    project = given(tmp_path, '{"archive_days": 30, "alert_rate": 0.9, "tools_folder": "own"}')
    settings = read_settings(project, {"AIFP_ARCHIVE_DAYS": "1", "AIFP_MIN_USES": "1000"})
    assert (settings.archive_days, settings.min_uses) == (30, 10)
    assert (settings.alert_rate, settings.alert_uses) == (0.9, 20)
    assert (settings.recent_days, settings.tools_folder) == (7, "own")


@pytest.mark.req("L29")
@pytest.mark.parametrize(
    "text",
    ['{"tools_folder": "../x"}', '{"archive_days": 0}', '{"alert_rate": 1.5}', '{"min_uses": -1}'],
)
def test_bounds_that_make_no_sense_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Unavailable, match="See docs"):
        read_settings(given(tmp_path, text), {})
