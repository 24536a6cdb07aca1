"""file(): only inside the granted folders, whole or not at all."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aifp.schemas.releases import Permission
from aifp.server.engine.driving.failpoints import Failpoint
from aifp.server.engine.driving.grants import in_glob
from tests.server.engine.workbench import Abandoned, Abandoning, Workbench

GRANTS = (
    Permission(resource="file_read", value={"path": "data/**"}),
    Permission(resource="file_write", value={"path": "data/out/*.txt"}),
)


async def outcome(bench: Workbench, call: str, *grants: Permission) -> tuple[str, str | None]:
    """Return the step's status and error of one file call."""
    code = f"def execute_night_light(ctx):\n    return {call}\n"
    run_id = await bench.run(await bench.directive(code, *(grants or GRANTS)))
    await bench.driver().drive(run_id)
    (step,) = await bench.steps(run_id)
    return step["status"], step["error_type"]


@pytest.mark.req("D108")
async def test_files_are_written_appended_read_and_listed(bench: Workbench) -> None:
    code = """
def execute_night_light(ctx):
    ctx.file("write", "data/out/a.txt", "one\\n")
    ctx.file("append", "data/out/a.txt", "two\\n")
    ctx.file("append", "data/out/new.txt", {"n": 1})
    return [ctx.file("read", "data/out/a.txt"), ctx.file("list", "data/**/*.txt")]
"""
    run_id = await bench.run(await bench.directive(code, *GRANTS))
    assert (await bench.driver().drive(run_id)).status == "success"
    assert json.loads((await bench.row(run_id))["output_summary"]) == [
        "one\ntwo\n",
        ["data/out/a.txt", "data/out/new.txt"],
    ]


@pytest.mark.req("D108")
@pytest.mark.parametrize(
    ("call", "status", "error"),
    [
        ("ctx.file('read', '../secret')", "error", "invalid_argument"),
        ("ctx.file('read', 'data/../../secret')", "error", "invalid_argument"),
        ("ctx.file('read', '/etc/passwd')", "error", "invalid_argument"),
        ("ctx.file('read', 'data\\\\x')", "error", "invalid_argument"),
        ("ctx.file('read', 'data/\\0')", "error", "invalid_argument"),
        ("ctx.file('read', '.aifp-project/user_directives.db')", "error", "invalid_argument"),
        ("ctx.file('write', '.git/config', 'x')", "error", "invalid_argument"),
        ("ctx.file('read', 'other/a.txt')", "denied", "not_granted"),
        ("ctx.file('write', 'data/a.txt', 'x')", "denied", "not_granted"),
        ("ctx.file('write', 'data/out/deep/a.txt', 'x')", "denied", "not_granted"),
        ("ctx.file('read', 'data/gone.txt')", "error", "file_missing"),
        ("ctx.file('burn', 'data/a.txt')", "error", "invalid_argument"),
    ],
)
async def test_no_path_leads_outside_the_grant(
    bench: Workbench, call: str, status: str, error: str
) -> None:
    assert await outcome(bench, call) == (status, error)


@pytest.mark.req("D108")
@pytest.mark.parametrize(
    "call",
    [
        "ctx.file('read', 'data/out/secret.txt')",
        "ctx.file('read', 'data/link.txt')",
        "ctx.file('write', 'data/out/new.txt', 'x')",
    ],
)
async def test_links_lead_nowhere(
    bench: Workbench, tmp_path_factory: pytest.TempPathFactory, call: str
) -> None:
    outside: Path = tmp_path_factory.mktemp("outside")
    (outside / "secret.txt").write_text("secret")
    (bench.project / "data").mkdir()
    (bench.project / "data/out").symlink_to(outside)
    (bench.project / "data/link.txt").symlink_to(outside / "secret.txt")
    assert (await outcome(bench, call))[0] == "error"
    assert not (outside / "new.txt").exists()


@pytest.mark.req("D108", "D96")
async def test_what_a_person_denied_wins_over_the_release(bench: Workbench) -> None:
    code = "def execute_night_light(ctx):\n    ctx.file('write', 'data/out/a.txt', 'x')\n"
    release = await bench.directive(code, *GRANTS)
    await bench.deny(release, "file_write", {"path": "data/out/a*"})
    run_id = await bench.run(release)
    assert (await bench.driver().drive(run_id)).status == "failure"
    assert "A person denied" in (await bench.row(run_id))["error_message"]
    assert not (bench.project / "data").exists()


@pytest.mark.req("D95", "D108")
@pytest.mark.parametrize(
    ("op", "status", "text"), [("write", "success", "x"), ("append", "interrupted", "x")]
)
@pytest.mark.parametrize("place", ["after_effect"])
async def test_a_write_cut_off_is_repeated_an_append_is_not(
    bench: Workbench, op: str, status: str, text: str, place: Failpoint
) -> None:
    code = f"def execute_night_light(ctx):\n    ctx.file('{op}', 'data/out/a.txt', 'x')\n"
    run_id = await bench.run(await bench.directive(code, *GRANTS))
    with pytest.raises(Abandoned):
        await bench.driver(Abandoning(place)).drive(run_id)
    assert (await bench.driver().drive(run_id)).status == status
    assert (bench.project / "data/out/a.txt").read_text() == text


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("data/**", "data/a/b.txt", True),
        ("data/**", "database.txt", False),
        ("data/*.txt", "data/a.txt", True),
        ("data/*.txt", "data/a/b.txt", False),
        ("**/*.csv", "a.csv", True),
        ("**/*.csv", "x/y/a.csv", True),
        ("data/a?.txt", "data/ab.txt", True),
        ("data/a.txt", "data/aXtxt", False),
        ("**", ".aifp-project/user_directives.db", False),
        ("**", ".AIFP-Project/user_directives.db", False),
        ("**", ".git./config", False),
        ("**", ".github/x.yaml", True),
        ("**", ".git/config", False),
    ],
)
def test_globs_cross_folders_only_with_two_stars(glob: str, path: str, *, fits: bool) -> None:
    assert in_glob(glob, path) is fits


FOLDERS = st.lists(st.sampled_from(["a", "b", "*", "?", "/", "**", "/**/", "*a", "a*"]), max_size=6)


@given(FOLDERS, st.text("ab/", max_size=8))
def test_stars_stand_for_any_text_whatever_stands_between_them(parts: list[str], path: str) -> None:
    glob = "".join(parts)
    assume(not re.search(r"[^/]\*\*/", glob))  # `**/` begins a folder, here as in every glob
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    meant = "".join(words.get(part, part) for part in re.split(r"(\*\*/|\*\*|\*|\?)", glob))
    assert in_glob(glob, path) == (re.fullmatch(meant, path) is not None)


@pytest.mark.req("X08")
@pytest.mark.parametrize("glob", ["*-*-*-*-*.json", "**/*-*-*-*.json", "**-**-**-**.json"])
def test_a_long_path_made_to_almost_fit_is_refused_at_once(glob: str) -> None:
    assert not in_glob(glob, "-" * 4_096)
    assert in_glob(glob, "-" * 4_091 + ".json")
