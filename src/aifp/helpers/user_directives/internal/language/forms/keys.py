"""Every key a directive file may use, by the map it stands in."""

TOP = frozenset(("format", "timezone", "defaults", "vars", "location", "directives"))
LOCATION = frozenset(("lat", "lon"))
STARTS = ("at", "every", "cron", "on", "api")
POLICIES = frozenset(
    (
        "mode", "max", "timeout", "retry", "catch_up", "limit", "approve", "needs",
        "on_failure", "on_recovery", "keep",
    )
)  # fmt: skip
LABELS = frozenset(
    (
        "name", "title", "description", "domain", "tags", "priority", "enabled", "type",
        "directive_type", "timezone",
    )
)  # fmt: skip
DATA = frozenset(("input", "read", "vars", "secrets", "auth", "reply"))
COMMON = LABELS | POLICIES | DATA | {"policies", "if", "check", "for"}
SHORT = COMMON | set(STARTS) | {"do", "steps"}
LONG = COMMON | {"trigger", "action", "actions", "conditions"}
TXT_OPTIONS = (SHORT | {"policies"}) - {"name", "do", "steps", "policies", *STARTS}
INPUT = frozenset(("type", "default", "one_of", "min", "max"))
EVENT = frozenset(("kind", "event", "name", "source", "where", "data", "as"))
CONDITION = frozenset(("all", "any", "none", "not"))
TRIGGERS: dict[str, frozenset[str]] = {
    "time": frozenset(
        (
            "time", "times", "at", "days", "date", "timezone", "daylight_savings", "cron",
            "interval", "every",
        )
    ),
    "condition": frozenset(("condition", "check_interval", "for", "timezone")),
    "event": frozenset(("source", "event_name", "filter", "timezone")),
    "manual": frozenset(("timezone",)),
    "webhook": frozenset(("id", "path", "event_name", "auth", "timezone")),
    "api": frozenset(("method", "path", "endpoint", "auth", "reply", "timezone")),
    "startup": frozenset(("timezone",)),
}  # fmt: skip
TRIGGERS["schedule"] = TRIGGERS["time"]
STEP = frozenset(("id", "if", "needs", "timeout", "retry", "on_error", "save_as"))
HTTP_EXTRAS = ("auth", "query", "form", "json", "file", "expect", "pick", "follow", "max_bytes")
ACTIONS: dict[str, frozenset[str]] = {
    "api_call": frozenset(
        (
            "url", "api", "endpoint", "method", "params", "headers", "body", "service",
            *HTTP_EXTRAS,
        )
    ),
    "script_execution": frozenset(("script", "args", "working_dir", "env")),
    "function_call": frozenset(("module", "function", "args", "kwargs")),
    "command": frozenset(("command", "working_dir", "env")),
    "notification": frozenset(("channel", "target", "to", "message", "title", "level")),
    "delay": frozenset(("duration",)),
}  # fmt: skip
ACTIONS["http_request"] = ACTIONS["api_call"]
