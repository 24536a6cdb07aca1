import subprocess
import sys
from pathlib import Path

import pytest

from aifp.server.daemon.flags import NotOurs, find_project, options_of, read_flags
from aifp.server.daemon.pipe import understands

SOURCE = str(Path(__file__).parents[3] / "src")


@pytest.mark.parametrize(
    ("argv", "environ", "wish"),
    [
        ([], {}, "mcp"),
        (["--toolsets", "core,lifecycle"], {}, "mcp toolsets=core,lifecycle"),
        (
            ["--toolsets=all", "--tools=a,b", "--read-only"],
            {},
            "mcp toolsets=all tools=a,b read_only",
        ),
        ([], {"AIFP_TOOLSETS": "core, things"}, "mcp toolsets=core,things"),
        (["--toolsets", "core"], {"AIFP_TOOLSETS": "all"}, "mcp toolsets=core"),
        ([], {"AIFP_READ_ONLY": "true"}, "mcp read_only"),
        ([], {"AIFP_READ_ONLY": "0"}, "mcp"),
        (["--output-schemas"], {}, "mcp output_schemas"),
        ([], {"AIFP_OUTPUT_SCHEMAS": "1", "AIFP_READ_ONLY": "1"}, "mcp read_only output_schemas"),
    ],
)
def test_flags_and_environment_become_the_wish_of_the_greeting(
    argv: list[str], environ: dict[str, str], wish: str
) -> None:
    assert read_flags(argv, environ)[1] == wish


def test_a_wish_is_read_back_as_options() -> None:
    assert options_of("mcp") == {}
    wish = "http port=8000 toolsets=core,things tools=, read_only"
    assert options_of(wish) == {
        "port": ["8000"],
        "toolsets": ["core", "things"],
        "tools": [],
        "read_only": True,
    }


def test_the_flag_names_the_project_before_the_environment(tmp_path: Path) -> None:
    environ = {"AIFP_PROJECT": "/elsewhere"}
    assert read_flags(["--project", str(tmp_path)], environ)[0] == str(tmp_path)
    assert read_flags([], environ)[0] == "/elsewhere"


def test_without_a_word_the_nearest_project_upwards_is_meant(tmp_path: Path) -> None:
    (tmp_path / ".aifp-project").mkdir()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_project(str(deep)) == str(tmp_path)


def test_a_flag_of_the_full_command_line_is_not_the_pipes() -> None:
    with pytest.raises(NotOurs):
        read_flags(["--in-process"], {})
    assert not understands(["--help"])
    assert understands(["--read-only"])


def test_the_pipe_imports_next_to_nothing() -> None:
    code = (
        "import sys; before = set(sys.modules); import aifp.server.daemon.pipe;"
        "print(*sorted(set(sys.modules) - before))"
    )
    command = [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {SOURCE!r}); {code}"]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    ours = {"aifp", "aifp.server", "aifp.server.daemon"}
    ours |= {f"aifp.server.daemon.{name}" for name in ("pipe", "address", "flags")}
    cheap = {"_socket", "importlib", "warnings", "time", "os", "stat", "posixpath", "genericpath"}
    extra = {name for name in loaded.stdout.split() if not name.startswith("importlib.")}
    assert extra - {"os.path"} <= ours | cheap | {
        "_stat",
        "_collections_abc",
        "abc",
        "_abc",
        "_thread",
        "_warnings",
    }
