"""Shapes read from project.db; where there is none, they are empty and whole."""

import json
from collections import defaultdict
from typing import get_args

from aifp.schemas.common import Listed
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.project import (
    CompletionPath,
    DirectiveAtStage,
    DirectiveProgress,
    Infrastructure,
    Note,
    PathStage,
    ProjectContext,
    ProjectFile,
    ProjectFunction,
    ProjectStatus,
    StageBranch,
    StageCount,
    StatusTree,
    Task,
)
from aifp.schemas.words import Stage

STAGES: tuple[Stage, ...] = get_args(Stage)


async def project_status(ctx: Ctx) -> ProjectStatus:
    """Return where the project stands."""
    row = await ctx.project.one("project")
    tasks = await ctx.project.one("open_task_count")
    return ProjectStatus.model_validate(
        {
            "status": row["status"] if row else None,
            "user_directives_status": row["user_directives_status"] if row else None,
            "stages": [_count(stage) for stage in await path_stages(ctx)],
            "open_tasks": tasks["tasks"] if tasks else 0,
        }
    )


async def project_context(ctx: Ctx) -> ProjectContext:
    """Return what the project is about."""
    row = await ctx.project.one("project") or {}
    stands_on = await ctx.project.all("infrastructure")
    return ProjectContext.model_validate(
        {
            **{key: row.get(key) for key in ("name", "version", "timezone")},
            "user_directives_status": row.get("user_directives_status"),
            "purpose": row.get("purpose", ""),
            "goals": json.loads(str(row.get("goals_json", "[]"))),
            "infrastructure": [Infrastructure.model_validate(dict(one)) for one in stands_on],
        }
    )


async def path_stages(ctx: Ctx) -> list[PathStage]:
    """Return the six stages in order."""
    rows = {str(row["name"]): row for row in await ctx.project.all("stages")}
    return [_stage(stage, rows.get(stage, {})) for stage in STAGES]


async def completion_path(ctx: Ctx) -> CompletionPath:
    """Return the way of all directives, and how far each is."""
    stages = await path_stages(ctx)
    passed: dict[str, int] = defaultdict(int)
    for row in await ctx.project.all("directives_at_stages"):
        passed[str(row["directive_name"])] += row["status"] == "completed"
    done = sum(stage.status == "completed" for stage in stages)
    return CompletionPath(
        path=stages,
        current_stage=next((s.stage for s in stages if s.status != "completed"), None),
        overall_progress=f"{done}/{len(STAGES)}",
        directives=[
            DirectiveProgress(directive=name, progress=f"{count}/{len(STAGES)}")
            for name, count in sorted(passed.items())
        ],
    )


async def status_tree(ctx: Ctx) -> StatusTree:
    """Return the stages, the directives in each, and their open tasks."""
    row = await ctx.project.one("project")
    rows = await ctx.project.all("directives_at_stages")
    tasks = await ctx.project.all("open_tasks")
    return StatusTree.model_validate(
        {
            "user_directives_status": row["user_directives_status"] if row else None,
            "stages": [
                StageBranch(
                    stage=stage.stage,
                    status=stage.status,
                    directives=[_at(r, tasks) for r in rows if r["stage"] == stage.stage],
                )
                for stage in await path_stages(ctx)
            ],
        }
    )


async def project_functions(
    ctx: Ctx, file_path: str | None, directive_name: str | None, limit: int
) -> Listed[ProjectFunction]:
    """Return functions as their source says, with what they call."""
    rows = await ctx.project.all(
        "project_functions", file_path=file_path, directive_name=directive_name, limit=limit
    )
    return Listed(result=[_function(row) for row in rows], total=total_of(rows))


def total_of(rows: list[Row]) -> int:
    """Return how many rows there are without the limit, as each row says."""
    return int(rows[0]["total"] or 0) if rows else 0


def file_of(row: Row) -> ProjectFile:
    """Return a file as lists show it."""
    flags = {flag: bool(row[flag]) for flag in ("generated", "exists_on_disk")}
    return ProjectFile.model_validate({**_without(row, "total"), **flags})


def note_of(row: Row) -> Note:
    """Return a note as lists show it."""
    return Note.model_validate(_without(row, "total"))


def _without(row: Row, *columns: str) -> dict[str, object]:
    return {key: value for key, value in row.items() if key not in columns}


def _function(row: Row) -> ProjectFunction:
    return ProjectFunction.model_validate(
        {
            **_without(row, "parameters_json", "total"),
            "parameters": json.loads(str(row["parameters_json"])),
            "is_pure": bool(row["is_pure"]),
            "is_entry_point": bool(row["is_entry_point"]),
            "calls": sorted(json.loads(str(row["calls"]))),
        }
    )


def _stage(stage: Stage, row: Row) -> PathStage:
    return PathStage.model_validate(
        {
            "stage": stage,
            "status": row.get("status", "pending"),
            "completed": row.get("completed", 0),
            "total": row.get("total", 0),
            "description": row.get("description", ""),
        }
    )


def _count(stage: PathStage) -> StageCount:
    return StageCount.model_validate(stage.model_dump(exclude={"description"}))


def _at(row: Row, tasks: list[Row]) -> DirectiveAtStage:
    name, stage = row["directive_name"], row["stage"]
    return DirectiveAtStage.model_validate(
        {
            "directive": name,
            "status": row["status"],
            "completed_at": row["completed_at"],
            "tasks": [
                _task(task)
                for task in tasks
                if task["directive_name"] == name and task["stage"] == stage
            ],
        }
    )


def _task(row: Row) -> Task:
    return Task.model_validate(_without(row, "stage", "directive_name"))
