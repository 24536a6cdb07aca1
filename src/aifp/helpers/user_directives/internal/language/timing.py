"""Warnings about the times of a directive, at the place in its file where they are written."""

from datetime import datetime

from aifp.helpers.user_directives.internal.language.due.warnings import time_warnings
from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.messages import problem_of
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.reading import Draft, Place, Problem

TIME_KEYS = ("at", "every", "cron", "on", "trigger", "line")


def time_problems(
    directive: CanonicalDirective, draft: Draft, source_file: str, after: datetime
) -> list[Problem]:
    """Return what a person should know of the due times after an instant."""
    paths = [f"/{key}" for key in TIME_KEYS if f"/{key}" in draft.places]
    path = paths[0] if paths else ""
    place = draft.places.get(path, Place(line=1, column=1))
    return [
        problem_of(LanguageFault(warning.code, 0, **warning.names), source_file, place, path)
        for warning in time_warnings(directive, after)
    ]
