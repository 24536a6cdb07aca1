"""Every setting of a project's daemon, read once at start."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from aifp.schemas.artifacts import TOOLS_FOLDER
from aifp.schemas.common import Record


class Settings(Record):
    """One field, one setting; docs/settings.md is generated from this model."""

    project: Annotated[Path, Field(description="the project's folder")]
    config_folder: Annotated[
        Path, Field(description="the user's folder for the approval key and secrets")
    ]
    toolsets: Annotated[
        tuple[str, ...], Field(description="toolsets that a client lists; `all` for every one")
    ] = ("core",)
    tools: Annotated[
        tuple[str, ...], Field(description="further tools that a client lists, by name")
    ] = ()
    read_only: Annotated[bool, Field(description="list and allow no tool that writes")] = False
    output_schemas: Annotated[
        bool, Field(description="list each tool with the schema of its answers; costs context")
    ] = False
    hooks_port: Annotated[
        int | None, Field(description="port of the listener for webhooks and `api`; none is off")
    ] = None
    hooks_host: Annotated[
        str, Field(description="address the listener binds; keep it local or put TLS in front")
    ] = "127.0.0.1"
    http_port: Annotated[
        int | None,
        Field(description="port of MCP over HTTP on 127.0.0.1, for as long as the daemon runs"),
    ] = None
    workers: Annotated[int, Field(description="warm sandbox processes")] = 2
    concurrency: Annotated[int, Field(description="runs that are driven at once")] = 20
    idle_minutes: Annotated[
        float, Field(description="how long the daemon stays with no client and nothing active")
    ] = 15.0
    breaker_threshold: Annotated[
        int, Field(description="failed runs in a row after which a directive is in error")
    ] = 5
    approval_days: Annotated[
        int, Field(description="days after which an unanswered request expires")
    ] = 7
    package_index: Annotated[
        str | None,
        Field(description="index or folder of wheels for packages; none is what pip is set to"),
    ] = None
    tools_folder: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
            description="folder of the project whose Python files are the user's own tools",
        ),
    ] = TOOLS_FOLDER
    archive_days: Annotated[
        int, Field(ge=1, description="days after which a deleted tool is archived or purged")
    ] = 90
    min_uses: Annotated[
        int, Field(ge=0, description="uses from which a deleted tool is archived, not purged")
    ] = 10
    alert_rate: Annotated[
        float, Field(ge=0, le=1, description="success rate above which a deletion is alerted")
    ] = 0.85
    alert_uses: Annotated[
        int, Field(ge=0, description="uses above which the deletion of a good tool is alerted")
    ] = 20
    recent_days: Annotated[
        int, Field(ge=0, description="days in which a use makes a deletion worth a question")
    ] = 7
    throwaway: Annotated[
        bool,
        Field(description="allow `aifp approve --yes`; for demos and tests, never for real work"),
    ] = False
