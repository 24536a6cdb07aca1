import mcp_types as types
import pytest
from mcp import MCPError

from tests.server.mcp.living import GOOD, Living, call

ERAS = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
Reference = types.PromptReference | types.ResourceTemplateReference
FAILURE = types.PromptReference(name="investigate_failure")
REVIEW = types.PromptReference(name="review_tomorrow")


def template(uri: str) -> types.ResourceTemplateReference:
    return types.ResourceTemplateReference(uri=uri)


@ERAS
async def test_names_runs_words_and_days_are_completed(living: Living, mode: str) -> None:
    async with living.client(mode) as client:
        name = await living.activate(client, GOOD)
        run = await call(client, "run_directive", name=name)
        asked: list[tuple[Reference, str, str, list[str]]] = [
            (FAILURE, "name", "wat", [name]),
            (FAILURE, "name", "TERING", [name]),
            (FAILURE, "name", "x", []),
            (template("aifp://directives/{name}/trace"), "name", "", [name]),
            (template("aifp://runs/{run_id}/trace"), "run_id", "", [str(run["run_id"])]),
            (template("aifp://statuses/{status}"), "status", "a", ["active", "archived"]),
            (REVIEW, "day", "tom", ["tomorrow"]),
            (REVIEW, "nothing", "", []),
            (types.PromptReference(name="write_directive"), "goal", "w", []),
        ]
        for reference, argument, typed, wanted in asked:
            given = {"name": argument, "value": typed}
            completion = (await client.complete(reference, given)).completion
            found = completion.values[: len(wanted)] if argument == "status" else completion.values
            assert found == wanted, (argument, typed)
            assert completion.has_more is False and completion.total == len(completion.values)


@ERAS
async def test_completing_what_is_not_offered_is_refused(living: Living, mode: str) -> None:
    async with living.client(mode) as client:
        for reference in (types.PromptReference(name="absent"), template("aifp://absent/{x}")):
            with pytest.raises(MCPError) as refusal:
                await client.complete(reference, {"name": "x", "value": ""})
            assert refusal.value.error.code == types.INVALID_PARAMS
