from pathlib import Path

import pytest

from aifp.server.app.doctor import Finding, examine
from aifp.server.app.opening import open_project
from aifp.server.sandbox.confined import landlock


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIFP_CONFIG", str(tmp_path / "config"))
    return open_project(tmp_path / "home", "UTC")


def finding(project: Path, what: str) -> Finding:
    return next(found for found in examine(project) if found.what == what)


def test_a_new_project_is_in_order(project: Path) -> None:
    assert [f.what for f in examine(project) if f.level > 1 and f.what != "sandbox"] == []


def test_a_folder_without_a_project_is_told(tmp_path: Path) -> None:
    assert finding(tmp_path, "project").mend == "aifp init"


def test_a_readable_key_is_in_the_way(project: Path, tmp_path: Path) -> None:
    key = tmp_path / "config" / "approval.key"
    key.parent.mkdir()
    key.write_bytes(bytes(32))
    key.chmod(0o644)
    assert finding(project, "approval key").mend == f"chmod 600 {key}"


def test_settings_that_cannot_be_read_are_told(project: Path) -> None:
    (project / ".aifp-project" / "settings.json").write_text("{")
    assert finding(project, "settings").level == 2


def test_what_is_right_needs_no_mending(project: Path) -> None:
    assert [f.what for f in examine(project) if f.level == 0 and f.mend] == []


def test_a_kernel_without_landlock_is_told_and_is_in_nobodys_way(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    found = finding(project, "compiled packages")
    assert found.level == 1 and found.found.startswith("their code needs ")
    assert "numpy" in found.mend
