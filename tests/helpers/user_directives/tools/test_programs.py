"""A step `run`, from its line to what a person approves."""

import hashlib
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_implement,
    user_directive_update,
)
from aifp.schemas.common import Failure
from aifp.schemas.updating import UpdateReport
from aifp.schemas.workflow import ImplementAnswer
from aifp.server.adapters.machine import HostMachine
from tests.helpers.user_directives.lives import Life

LABELS = """timezone: UTC
directives:
  labels:
    every: 1h
    do:
      run: bin/print-label
      args: ["--title", "{{ run.date }}", --, "{{ vars.name }}"]
      env: {COPIES: 2}
    vars: {name: "; rm -rf /"}
"""
SCRIPT = "#!/bin/sh\necho printed\n"


def print_label(life: Life) -> Path:
    path = life.project / life.write("bin/print-label", SCRIPT)
    path.chmod(0o755)
    return path


@pytest.mark.req("D107")
async def test_a_person_approves_the_file_behind_a_program_and_its_arguments(life: Life) -> None:
    path = print_label(life)
    await life.validated(LABELS, "labels")
    answer = await user_directive_implement(life.ctx, "labels")
    assert isinstance(answer, ImplementAnswer), answer
    assert [(p.resource, p.value) for p in answer.permissions] == [
        (
            "command",
            {
                "program": str(path.resolve()),
                "name": "bin/print-label",
                "args": ["--title", "{{ run.date }}", "--", "{{ vars.name }}"],
                "cwd": "",
                "env": ["COPIES"],
                "shell": False,
                "sha256": hashlib.sha256(SCRIPT.encode()).hexdigest(),
            },
        )
    ]
    await life.approve("labels")
    (text, _) = life.person.asked[-1]
    assert (
        f"- run the program {path.resolve()} --title '{{{{ run.date }}}}' -- "
        "'{{ vars.name }}' with the variables COPIES\n"
    ) in text


@pytest.mark.req("D107", "X08")
async def test_the_name_a_program_starts_under_is_shown_when_its_file_has_another(
    life: Life,
) -> None:
    path = print_label(life)
    (path.parent / "poweroff").symlink_to(path.name)
    await life.approved(LABELS.replace("bin/print-label", "bin/poweroff"), "labels")
    (text, _) = life.person.asked[-1]
    assert f"- run the program {path.resolve()} --title" in text
    assert " '{{ vars.name }}' under the name poweroff with the variables COPIES\n" in text


@pytest.mark.req("D107")
async def test_a_program_that_starts_under_the_name_of_a_shell_is_one(life: Life) -> None:
    path = print_label(life)
    (path.parent / "ash").symlink_to(path.name)
    plain = LABELS.replace("bin/print-label", "bin/ash").replace("{{ run.date }}", "today")
    await life.approved(plain.replace("{{ vars.name }}", "me"), "labels")
    (text, _) = life.person.asked[-1]
    assert "- run a SHELL, which can do all that you can: " in text


PYTHON = """timezone: UTC
directives:
  sums:
    every: 1h
    do:
      run: python3
      args: [-B, scripts/sums.py, data/orders.csv]
"""


@pytest.mark.req("D107")
async def test_a_person_approves_the_script_that_an_interpreter_is_given(life: Life) -> None:
    life.write("scripts/sums.py", "print(6)\n")
    life.write("data/orders.csv", "1,2,3\n")
    await life.approved(PYTHON)
    sha256 = hashlib.sha256(b"print(6)\n").hexdigest()
    (text, _) = life.person.asked[-1]
    # On many machines python3 is a link to a program of a longer name.
    told = text.replace(" under the name python3 with", " with")
    assert (
        " -B scripts/sums.py data/orders.csv with exactly this script: "
        f"scripts/sums.py (sha256 {sha256})\n"
    ) in told


@pytest.mark.req("D107")
@pytest.mark.parametrize(
    ("program", "args", "approved"),
    [
        ("python3", '["{{ vars.file }}"]', set[str]()),
        ("python3", "[-c, 'print(1)', a/data.txt]", set[str]()),
        ("python3", "[-c, 'print(1)', a/b.py]", {"a/b.py"}),
        ("python3", "[a/data.txt, a/b.py, a/data.txt]", {"a/data.txt", "a/b.py"}),
        ("python3", "[a, a/b.py]", {"a/b.py"}),
        ("env", "[-S, a/b.py]", {"a/b.py"}),
        ("cat", "[a/b.py, a/data.txt]", set[str]()),
    ],
)
async def test_of_the_files_of_the_project_those_are_hashed_that_would_run(
    life: Life, program: str, args: str, approved: set[str]
) -> None:
    life.write("a/b.py", "")
    life.write("a/data.txt", "")
    text = PYTHON.replace("run: python3", f"run: {program}")
    text = text.replace("[-B, scripts/sums.py, data/orders.csv]", args)
    await life.validated(f"{text}    vars: {{file: a/b.py}}\n")
    answer = await user_directive_implement(life.ctx, "sums")
    assert isinstance(answer, ImplementAnswer), answer
    (permission,) = answer.permissions
    scripts = permission.value.get("scripts", {})
    assert isinstance(scripts, dict) and set(scripts) == approved


@pytest.mark.req("D107")
async def test_a_shell_is_shown_as_what_it_is(life: Life) -> None:
    text = LABELS.replace("bin/print-label", "/bin/sh").replace(
        'args: ["--title", "{{ run.date }}", --, "{{ vars.name }}"]',
        """args: [-c, 'echo "$1"', sh, "{{ vars.name }}"]""",
    )
    await life.approved(text, "labels")
    (shown, _) = life.person.asked[-1]
    assert "- run a SHELL, which can do all that you can: " in shown


@pytest.mark.req("D107", "I19")
async def test_a_value_in_the_text_of_a_shell_is_refused(life: Life) -> None:
    text = LABELS.replace("bin/print-label", "/bin/sh").replace(
        'args: ["--title", "{{ run.date }}", --, "{{ vars.name }}"]',
        'args: [-c, "echo {{ vars.name }}"]',
    )
    await life.validated(text, "labels")
    answer = await user_directive_implement(life.ctx, "labels")
    assert isinstance(answer, Failure) and "could become a command" in answer.error


async def test_a_program_that_is_not_there_is_named(life: Life) -> None:
    await life.validated(LABELS, "labels")
    answer = await user_directive_implement(life.ctx, "labels")
    assert isinstance(answer, Failure) and answer.error_code == "dependency_missing"
    assert "bin/print-label is not on this machine" in answer.error


async def test_a_secret_for_a_program_is_refused_so_far(life: Life) -> None:
    text = LABELS.replace("COPIES: 2", "TOKEN: {secret: TOKEN}") + "    secrets: [TOKEN]\n"
    print_label(life)
    life.keyring.store("TOKEN", "t0k3n-of-a-test")
    await life.validated(text, "labels")
    answer = await user_directive_implement(life.ctx, "labels")
    assert isinstance(answer, Failure) and "hands a secret to a program" in answer.error


class Watcher(HostMachine):
    """Looks for programs as ever, and notes when a writer of the database had to wait for it."""

    def __init__(self, life: Life) -> None:
        super().__init__(life.project)
        self.database, self.free = life.database, list[bool]()

    async def program(self, name: str) -> str | None:
        db = sqlite3.connect(self.database, timeout=0)  # noqa: TID251
        try:
            db.execute("BEGIN IMMEDIATE")
            self.free.append(True)
        except sqlite3.OperationalError:
            self.free.append(False)
        finally:
            db.close()
        return await super().program(name)


async def test_nobody_who_writes_waits_for_a_look_at_the_machine(life: Life) -> None:
    print_label(life)
    await life.validated(LABELS, "labels")
    machine = Watcher(life)
    life.ctx = replace(life.ctx, machine=machine)
    await life.implemented(LABELS, "labels", code=None)
    life.write("labels.yaml", LABELS.replace("every: 1h", "every: 2h"))
    report = await user_directive_update(life.ctx, "labels")
    assert isinstance(report, UpdateReport) and report.success, report
    assert len(machine.free) > 4 and all(machine.free)
