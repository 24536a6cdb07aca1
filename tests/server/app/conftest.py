"""The project of the journeys."""

from tests.journeys.conftest import project as project
