"""The house rules, applied to the real tree."""

import ast
import statistics
from pathlib import Path
from typing import get_args

import pytest

from aifp.schemas import words
from aifp.schemas.common import Record
from aifp.server.db.queries import load_migrations, load_queries
from tests.house import rules

ROOT = Path(__file__).parents[2] / "src" / "aifp"
TESTS = Path(__file__).parents[1]
HOUSE = rules.House(ROOT)
DATABASES = ("user_directives", "project", "user_preferences", "aifp_core")
# This number may only be lowered.
SILENCED = 60

# Every column with a closed word list, and the Literal that must say the same.
WORDS = {
    ("source_files", "format"): words.SourceFormat,
    ("source_files", "parse_status"): words.ParseStatus,
    ("user_directives", "source_format"): words.SourceFormat,
    ("user_directives", "directive_type"): words.DirectiveType,
    ("user_directives", "status"): words.DirectiveStatus,
    ("user_directives", "pause_cause"): words.PauseCause,
    ("directive_questions", "severity"): words.Severity,
    ("directive_questions", "answered_by"): words.Actor,
    ("directive_versions", "created_by"): words.Actor,
    ("directive_schedule", "catch_up"): words.CatchUp,
    ("directive_schedule", "overlap"): words.Overlap,
    ("directive_dependencies", "dependency_type"): words.DependencyType,
    ("directive_dependencies", "confirmed_by"): words.Actor,
    ("directive_dependencies", "added_by"): words.Actor,
    ("artifacts", "kind"): words.ArtifactKind,
    ("artifacts", "status"): words.ArtifactStatus,
    ("artifacts", "authorization"): words.Authorization,
    ("artifacts", "origin"): words.Actor,
    ("artifacts", "effect_class"): words.EffectClass,
    ("artifacts", "risk"): words.Risk,
    ("artifact_versions", "state"): words.VersionState,
    ("artifact_versions", "reason"): words.VersionReason,
    ("artifact_versions", "created_by"): words.Actor,
    ("artifact_versions", "left_as"): words.Authorization,
    ("artifact_version_files", "role"): words.FileRole,
    ("deployments", "deployment_type"): words.DeploymentType,
    ("deployments", "deployed_by"): words.Actor,
    ("deployments", "monitor"): words.MonitorState,
    ("health_checks", "severity"): words.HealthSeverity,
    ("health_checks", "verdict"): words.HealthVerdict,
    ("test_runs", "strategy"): words.TestStrategy,
    ("replay_cases", "source"): words.ReplaySource,
    ("directive_implementations", "status"): words.ImplementationStatus,
    ("directive_implementations", "test_status"): words.TestStatus,
    ("directive_implementations", "test_source"): words.TestSource,
    ("approvals", "subject_kind"): words.ApprovalSubject,
    ("approvals", "requested_by"): words.Actor,
    ("approvals", "decision"): words.Decision,
    ("approvals", "decided_by"): words.Actor,
    ("approvals", "channel"): words.Channel,
    ("grants", "subject_kind"): words.GrantSubject,
    ("grants", "effect"): words.GrantEffect,
    ("grants", "resource"): words.Resource,
    ("grants", "granted_by"): words.Actor,
    ("kv_state", "owner_kind"): words.OwnerKind,
    ("runs", "kind"): words.RunKind,
    ("runs", "mode"): words.RunMode,
    ("runs", "trigger_source"): words.TriggerSource,
    ("runs", "status"): words.RunStatus,
    ("run_attempts", "status"): words.RunStatus,
    ("run_steps", "function"): words.HostFunction,
    ("run_steps", "status"): words.StepStatus,
    ("run_daily", "subject_kind"): words.RollupSubject,
    ("logging_config", "log_type"): words.LogType,
    ("events", "actor"): words.Actor,
    ("alerts", "severity"): words.AlertSeverity,
    ("alerts", "state"): words.AlertState,
    ("alerts", "resolved_by"): words.Actor,
    ("outbox", "target"): words.OutboxTarget,
    ("project", "status"): words.ProjectState,
    ("project", "user_directives_status"): words.UserDirectivesStatus,
    ("files", "kind"): words.FileKind,
    ("interactions", "interaction_type"): words.InteractionType,
    ("completion_path", "name"): words.Stage,
    ("completion_path", "status"): words.StageStatus,
    ("completion_items", "status"): words.StageStatus,
    ("tasks", "status"): words.TaskStatus,
    ("notes", "source"): words.NoteSource,
    ("notes", "severity"): words.Severity,
    ("directives", "type"): words.SystemDirectiveType,
}
# Lists that only the database knows.
ONLY_SQL = {("directive_questions", "who")}


CHECKS = {
    "size": rules.size_faults,
    "catch-all": rules.catch_all_faults,
    "sql": rules.sql_faults,
    "name": rules.name_faults,
    "call": rules.call_faults,
}


def every(check: str) -> list[str]:
    return [fault for file in HOUSE.code for fault in _apply(check, file)]


def _apply(check: str, file: Path) -> list[str]:
    function = CHECKS[check]
    return list(function(HOUSE, file))


@pytest.mark.parametrize("check", list(CHECKS))
def test_every_file_keeps_the_rule(check: str) -> None:
    assert every(check) == []


def test_every_tool_states_its_effect_its_types_and_its_purpose() -> None:
    assert [f for file in HOUSE.tool_files() for f in rules.tool_faults(file)] == []


def test_the_median_function_fits_a_glance() -> None:
    lengths = [rules.length(n) for f in HOUSE.code for n in rules.functions(rules.tree(f))]
    assert statistics.median(lengths) <= rules.MAX_MEDIAN_LINES


@pytest.mark.parametrize("database", DATABASES)
def test_every_query_compiles_against_the_migrated_schema(database: str) -> None:
    scripts = [step.script for step in load_migrations(database)]
    assert list(rules.explain_faults(scripts, load_queries(database))) == []


def test_every_query_is_used_and_every_used_query_exists() -> None:
    files = [*HOUSE.code, *(f for f in TESTS.glob("**/*.py") if "node_modules" not in f.parts)]
    used = {query for file in files for query in rules.queries_called(rules.tree(file))}
    defined = {query for database in DATABASES for query in load_queries(database)}
    assert defined - used == set()
    in_code = {query for f in HOUSE.code for query in rules.queries_called(rules.tree(f))}
    assert in_code - defined == set()


def test_models_and_tables_allow_the_same_words() -> None:
    scripts = (step.script for database in DATABASES for step in load_migrations(database))
    stored = rules.checked_words("".join(scripts))
    flags = {key: value for key, value in stored.items() if value and key not in ONLY_SQL}
    assert flags == {key: get_args(literal) for key, literal in WORDS.items()}


def test_a_record_cannot_be_changed_and_refuses_unknown_fields() -> None:
    from_schemas = [m for m in _records() if m.__module__.startswith("aifp.schemas")]
    assert from_schemas
    for model in from_schemas:
        assert model.model_config.get("frozen") is True, model
        assert model.model_config.get("extra") == "forbid", model


def _records() -> list[type[Record]]:
    pending, found = [Record], list[type[Record]]()
    while pending:
        found += (subclasses := pending.pop().__subclasses__())
        pending += subclasses
    return found


def test_the_context_stays_small() -> None:
    module = rules.tree(ROOT / "schemas" / "ports.py")
    classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
    fields = [node for node in classes["Ctx"].body if isinstance(node, ast.AnnAssign)]
    used = {node.annotation.id for node in fields if isinstance(node.annotation, ast.Name)}
    used_ports = used & classes.keys()
    assert len([f for f in fields if getattr(f.annotation, "id", "") in used_ports]) <= 8
    for name in used_ports:
        assert len(list(rules.functions(classes[name]))) <= 5, name


def test_the_number_of_silenced_checks_only_falls() -> None:
    texts = [file.read_text(encoding="utf-8") for file in HOUSE.code]
    silenced = sum(text.count("# noqa") + text.count("# pyright: ignore") for text in texts)
    assert silenced <= SILENCED
