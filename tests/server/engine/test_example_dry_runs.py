"""The shipped examples, from their file to a dry run: nothing is sent, every call is shown."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from aifp.helpers.user_directives.internal.gate import require_release
from aifp.helpers.user_directives.internal.releases import present_release
from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_implement,
    user_directive_parse,
    user_directive_validate,
)
from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx
from aifp.schemas.runs import RunRequest
from aifp.schemas.workflow import (
    ImplementAnswer,
    ParseAnswer,
    ParsedDirective,
    ValidateAnswer,
)
from aifp.server.engine.driving.manual import Doors, ManualRuns
from aifp.server.engine.driving.runner import AsyncRunner
from tests.server.engine.workbench import Workbench

SUFFIXES = (".yaml", ".json", ".txt")
EXAMPLES = Path(__file__).parents[3] / "examples"
FILES = sorted(path.name for path in EXAMPLES.glob("*.*") if path.suffix in SUFFIXES)
INPUT: dict[str, JsonMap] = {
    "take_order": {"order": "A 1/7"},
    "status_page": {"service": "mail", "state": "down"},
}


# Their steps read what an earlier answer brings, and a stub brings nothing.
NEED_ANSWERS = {"nightly_backup", "expired_instances", "firmware", "label_files", "leave_home"}
SECRETS = """BACKUP_TOKEN BOOKS_TOKEN CLUSTER_TOKEN DEVICES_TOKEN GARDEN_TOKEN HUB_TOKEN
PRINTER_TOKEN QUEUE_TOKEN SHOP_HOOK_KEY STATUS_TOKEN STOCK_TOKEN"""


async def implemented(ctx: Ctx, file: str) -> list[ParsedDirective]:
    parsed = await user_directive_parse(ctx, file)
    assert isinstance(parsed, ParseAnswer), parsed
    for directive in parsed.directives:
        assert isinstance(await user_directive_validate(ctx, directive.name), ValidateAnswer)
        made = await user_directive_implement(ctx, directive.name)
        assert isinstance(made, ImplementAnswer), made
    return parsed.directives


@pytest.mark.req("D88")
@pytest.mark.parametrize("file", FILES)
async def test_every_example_passes_a_dry_run_without_sending_anything(
    bench: Workbench, file: str
) -> None:
    (bench.project / file).write_bytes((EXAMPLES / file).read_bytes())
    for name in SECRETS.split():
        bench.keyring.store(name, "a long value")
    doors = Doors(require_release, present_release)
    runs = ManualRuns(bench.kit, cast(AsyncRunner, None), doors)
    for directive in await implemented(replace(bench.ctx, actor="ai"), file):
        given = INPUT.get(directive.name, {})
        report = await runs.run_now(
            RunRequest(directive_id=directive.id, dry_run=True, input=given)
        )
        assert report.success or directive.name in NEED_ANSWERS, report
        reached = [call for call in report.calls if call.function in {"http", "notify"}]
        assert all(call.simulated for call in reached)
    assert bench.notices.sent == []
