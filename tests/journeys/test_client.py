"""A client with an ordinary context can take a directive from its file to active."""

import re
from pathlib import Path

import pytest

from tests.journeys.test_demo import example


@pytest.mark.req("D46", "D50")
def test_three_lines_become_active_within_six_calls_and_twelve_thousand_tokens(
    tmp_path: Path,
) -> None:
    done = example("client.py", tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    calls = re.search(r"^(\d+) calls", done.stdout, re.MULTILINE)
    tokens = re.search(r"^(\d+) tokens \(", done.stdout, re.MULTILINE)
    assert calls and int(calls[1]) <= 6
    assert tokens and int(tokens[1]) <= 12_000
    assert list(tmp_path.iterdir()) == []
