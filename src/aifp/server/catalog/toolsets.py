"""Which tools are listed where: toolsets, build phases, and what the default offers."""

# The module decides the toolset unless the tool's mark names one.
TOOLSET_OF_MODULE = {
    "directive_mgmt_tools": "directives",
    "execution_tools": "executions",
    "dependency_tools": "dependencies",
    "implementation_tools": "implementations",
    "logging_tools": "logging",
    "analytics_tools": "analytics",
    "workflow_tools": "core",
}

# Tools of other toolsets that the default toolset lists as well (features chapter 10).
ALSO_CORE = frozenset(
    {
        "get_directive_by_name",
        "get_directives_by_status",
        "get_active_directives",
        "get_execution_stats",
        "get_recent_executions",
        "get_run_trace",
    }
)

# The build phases of the 35 database tools: critical, important, the rest (D66).
_PHASES = (
    frozenset(
        {
            "get_directive_by_id",
            "get_directives_by_status",
            "update_directive_status",
            "get_active_directives",
            "get_execution_stats",
            "record_execution",
            "get_missing_dependencies",
            "get_directive_health_summary",
        }
    ),
    frozenset(
        {
            "get_failed_executions",
            "get_error_directives",
            "get_dependency_report",
            "get_implementation",
            "get_execution_trends",
            "update_test_status",
        }
    ),
    frozenset(
        {
            "get_directive_by_name",
            "get_directives_by_type",
            "get_directives_from_file",
            "update_directive_config",
            "set_directive_approval",
            "archive_directive",
            "get_recent_executions",
            "get_dependencies",
            "get_dependencies_by_type",
            "add_dependency",
            "mark_dependency_installed",
            "get_implementations_by_status",
            "get_failing_tests",
            "register_implementation",
            "update_implementation_status",
            "get_logging_config",
            "get_log_retention_policy",
            "update_logging_config",
            "toggle_logging",
            "get_execution_summary",
            "get_stale_directives",
        }
    ),
)


def toolsets_of(name: str, module: str, marked: str | None) -> tuple[str, ...]:
    """Return the toolsets that list a tool, its own one first."""
    stem = module.rsplit(".", 1)[-1]
    own = marked or TOOLSET_OF_MODULE.get(stem, stem.removesuffix("_tools"))
    return (own, "core") if name in ALSO_CORE and own != "core" else (own,)


def phase_of(name: str) -> int | None:
    """Return the build phase of one of the 35 database tools."""
    return next((phase for phase, names in enumerate(_PHASES, 1) if name in names), None)
