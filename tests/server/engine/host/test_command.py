"""command(): the approved program with the approved arguments, never a shell."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from pydantic import JsonValue

from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.schemas.common import JsonMap
from aifp.schemas.releases import Permission
from aifp.server.engine.driving.failpoints import Failpoint
from tests.server.engine.workbench import Abandoned, Abandoning, Workbench

SHOW = f"""#!{sys.executable} -IS
import json, os, sys
print(json.dumps({{
    "args": sys.argv[1:], "folder": os.getcwd(), "names": sorted(os.environ),
    "stdin": sys.stdin.read(),
}}))
sys.exit(int(os.environ.get("CODE", "0")))
"""


PYTHON3 = shutil.which("python3") or sys.executable
SHELL = str(Path("/bin/sh").resolve())


def script(bench: Workbench, text: str = SHOW, name: str = "show") -> str:
    path = bench.project / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return str(path.resolve())


def granted(bench: Workbench, *args: str, **more: JsonValue) -> Permission:
    value: JsonMap = {"program": script(bench), "args": [*args], "cwd": "", "env": []}
    return Permission(resource="command", value=value | {"shell": False} | {**more})


async def called(bench: Workbench, call: str, *grants: Permission) -> tuple[str, str | None, str]:
    """Return the status, error type and error text of the step of one call."""
    code = f"def execute_night_light(ctx):\n    return {call}\n"
    run_id = await bench.run(await bench.directive(code, *grants))
    await bench.driver().drive(run_id)
    (step,) = await bench.steps(run_id)
    return step["status"], step["error_type"], str(step["error_message"])


async def shown(bench: Workbench, call: str, *grants: Permission) -> JsonMap:
    """Return what the program says of how it was started."""
    code = f"import json\ndef execute_night_light(ctx):\n    return json.loads(({call})['text'])\n"
    run_id = await bench.run(await bench.directive(code, *grants))
    ended = await bench.driver().drive(run_id)
    assert ended.status == "success", await bench.steps(run_id)
    return json.loads((await bench.row(run_id))["output_summary"])


@pytest.mark.req("D107", "I19")
@pytest.mark.parametrize(
    "text",
    ["; rm -rf x", "$(id)", "`id`", "a | b & c", "line\nend", "'\"\\", "*", "$HOME", "", "é😀"],
)
async def test_whatever_a_value_holds_it_arrives_as_one_argument(
    bench: Workbench, text: str
) -> None:
    call = f"ctx.command(['bin/show', '--name', {text!r}])"
    told = await shown(bench, call, granted(bench, "--name", "{{ input.name }}"))
    assert told["args"] == ["--name", text]


@pytest.mark.req("D107")
async def test_a_program_knows_its_folder_its_input_and_named_variables_only(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIFP_TEST_SECRET", "secret")
    (bench.project / "data").mkdir()
    call = "ctx.command(['bin/show', 5], cwd='data', stdin='hello', env={'COPIES': 2})"
    told = await shown(bench, call, granted(bench, "5", cwd="data", env=["COPIES"]))
    names = told.pop("names")
    assert told == {
        "args": ["5"],
        "folder": str((bench.project / "data").resolve()),
        "stdin": "hello",
    }
    assert isinstance(names, list) and set(names) <= {"COPIES", "LANG", "LC_CTYPE", "PATH"}


@pytest.mark.req("D107")
async def test_the_exit_code_and_what_was_printed_come_back(bench: Workbench) -> None:
    text = "#!/bin/sh\necho out\necho complaint >&2\nexit 3\n"
    program = script(bench, text, "three")
    code = "def execute_night_light(ctx):\n    return ctx.command(['bin/three'])\n"
    grant = granted(bench).model_copy(
        update={"value": {**granted(bench).value, "program": program}}
    )
    run_id = await bench.run(await bench.directive(code, grant))
    await bench.driver().drive(run_id)
    told = json.loads((await bench.row(run_id))["output_summary"])
    assert told == {"exit": 3, "text": "out\n", "errors": "complaint\n"}


@pytest.mark.req("D107", "X08")
@pytest.mark.parametrize(
    "call",
    [
        "ctx.command(['/bin/ls', 'a', 'x'])",
        "ctx.command(['bin/show', 'b', 'x'])",
        "ctx.command(['bin/show', 'a'])",
        "ctx.command(['bin/show', 'a', 'x', 'more'])",
        "ctx.command(['bin/show', 'a', 'x'], cwd='data')",
        "ctx.command(['bin/show', 'a', 'x'], cwd='/etc')",
        "ctx.command(['bin/show', 'a', 'x'], env={'LD_PRELOAD': 'x'})",
        "ctx.command(['/bin/sh', '-c', 'x'])",
    ],
)
async def test_what_was_not_approved_is_denied(bench: Workbench, call: str) -> None:
    grant = granted(bench, "a", "{{ input.x }}")
    assert (await called(bench, call, grant))[:2] == ("denied", "not_granted")


NAMED = "import sys; print(sys.orig_argv[0])"


def told_name(program: str, directive: str = "night_light") -> str:
    return (
        f"def execute_{directive}(ctx):\n    return ctx.command([{program!r}, '-ISc', {NAMED!r}])\n"
    )


def linked(bench: Workbench, name: str) -> str:
    """Put one more name for Python into the project; which name it starts under, it can tell."""
    path = bench.project / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(Path(sys.executable).resolve())
    return str(path.resolve())


@pytest.mark.req("D107", "X08")
async def test_a_program_with_several_names_starts_under_the_approved_one_only(
    bench: Workbench,
) -> None:
    program, _ = linked(bench, "status"), linked(bench, "poweroff")
    grant = granted(bench, "-ISc", NAMED, program=program, name="bin/status")
    code = told_name("bin/status")
    run_id = await bench.run(await bench.directive(code, grant))
    await bench.driver().drive(run_id)
    assert json.loads((await bench.row(run_id))["output_summary"])["text"] == "bin/status\n"
    other = told_name("bin/poweroff", "evening")
    run_id = await bench.run(await bench.directive(other, grant, name="evening"), "due-2")
    await bench.driver().drive(run_id)
    (step,) = await bench.steps(run_id)
    assert (step["status"], step["error_type"]) == ("denied", "not_granted")


@pytest.mark.req("D107")
async def test_a_permission_without_a_name_starts_a_program_under_its_path(
    bench: Workbench,
) -> None:
    program = linked(bench, "poweroff")
    grant = granted(bench, "-ISc", NAMED, program=program)
    run_id = await bench.run(await bench.directive(told_name("bin/poweroff"), grant))
    await bench.driver().drive(run_id)
    assert json.loads((await bench.row(run_id))["output_summary"])["text"] == f"{program}\n"


@pytest.mark.req("D107")
async def test_a_shell_needs_a_permission_that_says_so(bench: Workbench) -> None:
    call = "ctx.command(['/bin/sh', '-c', 'echo it ran'])"
    path = SHELL
    plain = granted(bench, "-c", "echo it ran", program=path)
    assert (await called(bench, call, plain))[:2] == ("denied", "not_granted")
    shell = Permission(resource="command", value={**plain.value, "shell": True})
    code = f"def execute_evening(ctx):\n    return {call}\n"
    run_id = await bench.run(await bench.directive(code, shell, name="evening"), "due-2")
    await bench.driver().drive(run_id)
    assert json.loads((await bench.row(run_id))["output_summary"])["text"] == "it ran\n"


@pytest.mark.req("D107", "I19")
async def test_a_computed_argument_is_no_option_unless_two_dashes_come_before(
    bench: Workbench,
) -> None:
    grant = granted(bench, "{{ input.x }}")
    status, kind, text = await called(bench, "ctx.command(['bin/show', '--all'])", grant)
    assert (status, kind) == ("error", "invalid_argument") and text.startswith("E513")
    code = "def execute_evening(ctx):\n    return ctx.command(['bin/show', '--', '-x'])['exit']\n"
    dashed = granted(bench, "--", "{{ input.x }}")
    run_id = await bench.run(await bench.directive(code, dashed, name="evening"), "due-2")
    assert (await bench.driver().drive(run_id)).status == "success"


@pytest.mark.req("D107", "I19")
async def test_an_approved_option_is_given_though_an_earlier_permission_computes_it(
    bench: Workbench,
) -> None:
    code = "def execute_night_light(ctx):\n    return ctx.command(['bin/show', '--all'])['exit']\n"
    grants = granted(bench, "{{ input.x }}"), granted(bench, "--all")
    run_id = await bench.run(await bench.directive(code, *grants))
    assert (await bench.driver().drive(run_id)).status == "success"


@pytest.mark.req("D107")
async def test_a_program_of_the_project_that_was_changed_does_not_run(bench: Workbench) -> None:
    approved = sha256_of_bytes(SHOW.encode())
    grant = granted(bench, sha256=approved)
    code = "def execute_night_light(ctx):\n    return ctx.command(['bin/show'])['exit']\n"
    release = await bench.directive(code, grant)
    assert (await bench.driver().drive(await bench.run(release))).status == "success"
    script(bench, SHOW + "# changed\n")
    run_id = await bench.run(release, "due-2")
    assert (await bench.driver().drive(run_id)).status == "failure"
    (step,) = await bench.steps(run_id)
    assert (step["status"], step["error_type"]) == ("denied", "not_granted")


HELLO = "print('hello')\n"


def runs_python(bench: Workbench, *args: str, **more: JsonValue) -> Permission:
    (bench.project / "x.py").write_text(HELLO)
    python = str(Path(PYTHON3).resolve())
    return granted(bench, *args, program=python, name="python3", **more)


@pytest.mark.req("D107")
async def test_a_script_given_to_an_interpreter_runs_only_as_it_was_approved(
    bench: Workbench,
) -> None:
    grant = runs_python(bench, "x.py", scripts={"x.py": sha256_of_bytes(HELLO.encode())})
    code = "def execute_night_light(ctx):\n    return ctx.command(['python3', 'x.py'])['exit']\n"
    release = await bench.directive(code, grant)
    assert (await bench.driver().drive(await bench.run(release))).status == "success"
    (bench.project / "x.py").write_text("print('changed')\n")
    run_id = await bench.run(release, "due-2")
    assert (await bench.driver().drive(run_id)).status == "failure"
    (step,) = await bench.steps(run_id)
    assert (step["status"], step["error_type"]) == ("denied", "not_granted")
    assert "x.py: not as approved" in step["error_message"]


@pytest.mark.req("D107")
@pytest.mark.parametrize(
    ("args", "call"),
    [
        (["x.py"], "ctx.command(['python3', 'x.py'])"),
        (["new{{.txt"], "ctx.command(['python3', 'new{{.txt'])"),
        (["x.py"], "ctx.command(['python3', 'x.py'], cwd='a{{b}}')"),
    ],
)
async def test_a_script_that_was_not_there_at_the_approval_does_not_run(
    bench: Workbench, args: list[str], call: str
) -> None:
    (bench.project / "a{{b}}").mkdir()
    for name in ("a{{b}}/x.py", "new{{.txt"):
        (bench.project / name).write_text(HELLO)
    grant = runs_python(bench, *args, cwd="{{ vars.folder }}")
    assert (await called(bench, call, grant))[:2] == ("denied", "not_granted")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("ctx.command(['bin/gone'])", "dependency_missing"),
        ("ctx.command([])", "invalid_argument"),
        ("ctx.command(['bin/show', None])", "invalid_argument"),
        ("ctx.command(['bin/show', 'a\\0b'])", "invalid_argument"),
        ("ctx.command(['bin/show', 'x' * 200_000])", "invalid_argument"),
    ],
)
async def test_what_cannot_be_started_is_an_error(bench: Workbench, call: str, error: str) -> None:
    assert (await called(bench, call, granted(bench, "{{ x }}")))[:2] == ("error", error)


@pytest.mark.req("D107", "D95")
@pytest.mark.parametrize("place", ["after_intent", "after_effect"])
async def test_a_program_cut_off_is_not_started_again_but_told(
    bench: Workbench, place: Failpoint
) -> None:
    mark = bench.project / "ran"
    program = script(bench, f"#!/bin/sh\necho ran >> {mark}\n", "mark")
    code = "def execute_night_light(ctx):\n    ctx.command(['bin/mark'])\n"
    run_id = await bench.run(await bench.directive(code, granted(bench, program=program)))
    with pytest.raises(Abandoned):
        await bench.driver(Abandoning(place)).drive(run_id)
    before = mark.read_text() if mark.exists() else ""
    assert (await bench.driver().drive(run_id)).status == "interrupted"
    assert (mark.read_text() if mark.exists() else "") == before


@pytest.mark.req("F16")
async def test_a_program_ends_with_the_time_of_its_run(bench: Workbench) -> None:
    program = script(bench, "#!/bin/sh\nsleep 3600\n", "sleepy")
    code = "def execute_night_light(ctx):\n    ctx.command(['bin/sleepy'])\n"
    release = await bench.directive(
        code, granted(bench, program=program), policies={"timeout_ms": 500}
    )
    assert (await bench.driver().drive(await bench.run(release))).status == "timeout"
