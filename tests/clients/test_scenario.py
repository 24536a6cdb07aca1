"""Official clients in two languages and both protocol eras see the same server."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from tests.clients import walking
from tests.journeys.projects import AIFP, opened

NOTES = '- name: tidy_reminder\n  at: 18:30 on weekdays\n  do: log "Put the tools away"\n'
ERAS = ("legacy", "2026-07-28")


def command_for(folder: Path) -> list[str]:
    return [*AIFP, "serve", "--project", str(folder)]


def walk(place: Path, language: str, era: str) -> list[walking.Taken]:
    """Walk in a fresh project of the same name."""
    place.mkdir()
    with opened(place) as project:
        project.write("notes.yaml", NOTES)
        command, environment = command_for(project.folder), dict(os.environ)
        if language == "python":
            return asyncio.run(walking.walked_by_python(command, era, environment))
        return walking.walked_by_typescript(command, era, environment)


@pytest.fixture
def seen(tmp_path: Path) -> dict[tuple[str, str], list[walking.Taken]]:
    """What each client saw in each era."""
    return {
        (language, era): walk(tmp_path / f"{language}{era}", language, era)
        for era in ERAS
        for language in ("python", "typescript")
    }


def test_a_typescript_and_a_python_client_see_the_same_in_both_eras(
    seen: dict[tuple[str, str], list[walking.Taken]],
) -> None:
    first = seen["python", "legacy"]
    plain: list[Any] = walking.comparable(first)
    for steps in seen.values():
        assert walking.comparable(steps) == plain
    # The walk really went from a file to a run, past a refusal.
    said = [step["answer"] for step in first if "data" in step.get("answer", ())]
    states = [one["data"].get("new_status") for one in said]
    assert [state for state in states if state] == ["active", "paused"]
    assert [step["error"] for step in first if "error" in step] == [-32602]
    assert len([step for step in first if step["asked"]]) == 2
