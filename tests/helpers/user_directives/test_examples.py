from pathlib import Path

import pytest

from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_implement,
    user_directive_parse,
    user_directive_validate,
)
from aifp.schemas.ports import Ctx
from aifp.schemas.workflow import ImplementAnswer, ParseAnswer, ValidateAnswer
from aifp.server.adapters.keyring import FileKeyring
from tests.helpers.user_directives.conftest import Write

EXAMPLES = Path(__file__).parents[3] / "examples"
FILES = [
    "api_workflows.yaml",
    "cloud_orchestration.json",
    "devices.yaml",
    "home_automation.yaml",
    "scheduled_tasks.txt",
]
SECRETS = """
BACKUP_TOKEN BOOKS_TOKEN CLUSTER_TOKEN DEVICES_TOKEN GARDEN_TOKEN HUB_TOKEN PRINTER_TOKEN
QUEUE_TOKEN SHOP_HOOK_KEY STATUS_TOKEN STOCK_TOKEN"""


@pytest.mark.req("D88")
@pytest.mark.parametrize("file", FILES)
async def test_every_example_goes_from_its_file_to_tested_code(
    ctx: Ctx, write: Write, keyring: FileKeyring, file: str
) -> None:
    for name in SECRETS.split():
        keyring.store(name, f"value of {name}")
    text = (EXAMPLES / file).read_text(encoding="utf-8")
    parsed = await user_directive_parse(ctx, write(file, text))
    assert isinstance(parsed, ParseAnswer), parsed
    assert parsed.errors == []
    for directive in parsed.directives:
        validated = await user_directive_validate(ctx, directive.name)
        assert isinstance(validated, ValidateAnswer), validated
        assert (validated.success, validated.questions) == (True, []), validated
        made = await user_directive_implement(ctx, directive.name)
        assert isinstance(made, ImplementAnswer), made
        assert all(test.passed for test in made.test_results)
        assert any(test.name == "test_calls_come_in_order" for test in made.test_results)


def test_every_example_file_is_tried() -> None:
    suffixes = (".yaml", ".json", ".txt")
    assert sorted(p.name for p in EXAMPLES.glob("*.*") if p.suffix in suffixes) == FILES
