"""What is seen on the finished parts."""

import pytest

from aifp.helpers.user_directives.internal.language.forms.checks import is_shell


@pytest.mark.req("D107")
@pytest.mark.parametrize(
    "program",
    [
        "sh",
        "/usr/bin/bash",
        "/usr/bin/dash",
        "/usr/bin/ksh93",
        "/usr/bin/mksh",
        "/bin/bsd-csh",
        "/usr/bin/zsh-5.9",
        "/opt/microsoft/powershell/7/pwsh",
        "C:\\Windows\\System32\\cmd.exe",
        "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\PowerShell.EXE",
        "bin\\Bash.exe",
        "/usr/bin/busybox",
    ],
)
def test_a_shell_is_known_by_the_last_part_of_its_path(program: str) -> None:
    assert is_shell(program)


@pytest.mark.parametrize(
    "program", ["/opt/bash/rsync", "C:\\cmd.exe\\tool.exe", "ssh", "push", "wish", "cmdline", ""]
)
def test_other_programs_are_no_shells(program: str) -> None:
    assert not is_shell(program)
