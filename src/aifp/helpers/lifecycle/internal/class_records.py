"""The class of a version as its bytes and its traces tell, and what is kept of it."""

import json
from collections.abc import Iterable

from pydantic import JsonValue, TypeAdapter

from aifp.helpers.lifecycle.internal.artifact_rows import require_version_row, subject_of_part
from aifp.helpers.lifecycle.internal.stored_files import stored_texts
from aifp.helpers.lifecycle.internal.tool_source import read_tool
from aifp.helpers.shared.alerts import raise_alert
from aifp.helpers.user_directives.internal.classification import (
    Judged,
    Observed,
    judge,
    risk_of,
    worst,
)
from aifp.schemas.alerts import NewAlert
from aifp.schemas.artifacts import Characteristics
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.words import EffectClass

# Runs whose traces are looked at, and kinds of calls in them.
RUNS, CALLS = 2_000, 500
CLASSES = TypeAdapter(dict[str, EffectClass])
UNDERSTATED = "class_understated"


async def class_of_version(ctx: Ctx, version_id: int, seen: Iterable[Observed] = ()) -> EffectClass:
    """Return the class that counts for a version: no lower than that of the version in force.

    Only a person lowers a class, by approving the version that lowers it.
    """
    version = await require_version_row(ctx.directives, version_id)
    judged = await _judged(ctx, version, seen)
    if judged.understated:
        await _alert(ctx, version, judged)
    in_force = version["deployed_version_id"]
    if version_id == (in_force or version["current_version_id"]):
        await _note(ctx, version, judged.effective)
    if in_force in (None, version_id):
        return judged.effective
    baseline = await ctx.directives.one("version_with_artifact", id=in_force)
    before = await _judged(ctx, baseline) if baseline else judged
    return worst(one.effective for one in (judged, before))


async def _judged(ctx: Ctx, version: Row, seen: Iterable[Observed] = ()) -> Judged:
    modules = await stored_texts(ctx, version["id"])
    known = {"artifact_id": version["artifact_id"], "code_hash": version["code_hash"]}
    rows = await ctx.directives.all("observed_calls", **known, runs=RUNS, limit=CALLS)
    others = await ctx.directives.all("classes_of_tools")
    classes = CLASSES.validate_python({str(row["name"]): row["effect_class"] for row in others})
    observed = [*(_observed(row) for row in rows), *seen]
    return judge(_declared(version, modules), modules, observed, classes)


def _observed(row: Row) -> Observed:
    kept: JsonValue = json.loads(str(row["arguments_json"]))
    arguments: JsonMap = kept if isinstance(kept, dict) else {}
    return Observed(str(row["function"]), arguments)


def _declared(version: Row, modules: dict[str, str]) -> Characteristics | None:
    """Return what a tool says of itself; for a directive its approved steps speak."""
    if version["kind"] != "user_tool":
        return None
    try:
        return read_tool(str(version["name"]), next(iter(modules.values()), "")).declared
    except InvalidArgument:
        return Characteristics()


async def _note(ctx: Ctx, version: Row, found: EffectClass) -> None:
    if version["effect_class"] == found:
        return
    async with ctx.directives.write() as db:
        await db.run(
            "note_class",
            id=version["artifact_id"],
            effect_class=found,
            risk=risk_of(found),
            at=to_text(ctx.clock.now()),
        )


async def _alert(ctx: Ctx, version: Row, judged: Judged) -> None:
    name, number = version["name"], version["version_number"]
    alert = NewAlert(
        severity="warning",
        code=UNDERSTATED,
        message=(
            f"Version {number} of {name} says it is {judged.declared}, but by what it does it is "
            f"{judged.effective}; the worse one counts."
        ),
        suggestion=f"Correct CHARACTERISTICS of {name}, or take out the call that does more.",
    )
    async with ctx.directives.write() as db:
        await raise_alert(db, ctx.clock.now(), subject_of_part(version), alert)
