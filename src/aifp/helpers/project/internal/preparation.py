"""What a new project notes about itself: the plan behind its tools, and what it stands on."""

from aifp.schemas.ports import SqlValue

PREPARATION = (
    "Automations are written by a person as directives (YAML, JSON or text). An assistant reads "
    "them, asks what is unclear, makes plain functional code in src/ and tests it; a person "
    "approves; the engine runs it. Software projects without automations need only project.db.",
    "Tools for directives come in six groups: directive management, execution tracking, "
    "dependencies, implementations, logging configuration, analytics and monitoring.",
    "First come the tools of the workflow (directives by id and status, status changes, active "
    "directives, execution statistics, recorded executions, missing dependencies, health), then "
    "reliability and monitoring, then management and configuration.",
    "The ten helpers that parse, validate, generate, detect, install, activate, monitor, report, "
    "update and deactivate stay private: workflow tools use them.",
    "Every tool answers an object or found: false, a list, or success with details; none raises. "
    "Values it cannot take are logged, and every id is checked before use.",
    "Details of runs go to files under .aifp-project/logs: execution 30 days, errors 90, "
    "lifecycle 180. Databases keep statistics, runs and events, never log text.",
    "project.db follows user_directives.db: files and functions of the code, where all directives "
    "stand, and the completion path. user_preferences.db may narrow what was approved.",
)

INFRASTRUCTURE = (
    ("folder", "directives/", "directive files"),
    ("folder", "src/automations/", "code of the directives"),
    ("folder", "tests/", "tests of that code"),
    ("folder", ".aifp-project/", "databases, stored versions and logs of aifp"),
    ("language", "python", "what directives become; it runs in the sandbox"),
)


def about_note(content: str) -> dict[str, SqlValue]:
    """Return a preparation note as it is stored."""
    return {
        "content": content,
        "note_type": "preparation",
        "source": "directive",
        "severity": "info",
        "directive_name": None,
    }
