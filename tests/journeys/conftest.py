"""What journeys share."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.journeys.projects import Project, opened


@pytest.fixture
def project(tmp_path: Path) -> Generator[Project]:
    """Give a throw-away project with a daemon of its own."""
    with opened(tmp_path) as made:
        yield made
