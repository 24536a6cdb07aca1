"""Two clients do the same at the same moment: one does it, nothing of it is undone by the other."""

import asyncio
from typing import Any

import pytest

from aifp.helpers.lifecycle.internal.deploying import deploy_version
from aifp.helpers.lifecycle.internal.drafting import keep_draft
from aifp.helpers.lifecycle.internal.rolling_back import earlier_draft
from aifp.helpers.lifecycle.internal.tool_approving import known_yes
from aifp.helpers.lifecycle.tools.deploy_tools import rollback_to_version, safe_deploy
from aifp.helpers.lifecycle.tools.lifecycle_tools import delete_tool, restore_tool
from aifp.schemas.deploying import Deployed, Proposed
from tests.helpers.lifecycle.shops import approved, deployed, runs
from tests.helpers.lifecycle.workshop import SUM, Workshop

SECOND = SUM.replace("a + b", "b + a")


async def at_once(*work: Any) -> list[Any]:
    return await asyncio.gather(*work, return_exceptions=True)


def current_text(shop: Workshop) -> bytes:
    (row,) = shop.sql(
        "SELECT f.object_sha256 AS sha256 FROM artifact_version_files f"
        " JOIN artifacts a ON a.current_version_id = f.version_id WHERE a.name = 'add'"
    )
    sha256 = row["sha256"]
    return (shop.project / ".aifp-project" / "objects" / sha256[:2] / sha256).read_bytes()


@pytest.mark.req("L26")
async def test_a_tool_that_two_delete_is_gone(shop: Workshop) -> None:
    await approved(shop)
    answers = await at_once(*(delete_tool(shop.ctx, "add") for _ in range(3)))
    assert [answer.success for answer in answers].count(True) == 1
    assert not shop.file("add").exists()
    assert shop.standing("add")[0] == "deleted"
    report = await shop.sync()
    assert not report.restored


@pytest.mark.req("S15", "L21")
async def test_file_and_record_say_the_same_after_everything_at_once(shop: Workshop) -> None:
    await approved(shop)
    await deployed(shop, SECOND)
    for _ in range(3):
        await at_once(
            rollback_to_version(shop.ctx, "add", 1),
            rollback_to_version(shop.ctx, "add", 2),
            delete_tool(shop.ctx, "add"),
            restore_tool(shop.ctx, "add"),
            rollback_to_version(shop.ctx, "add", 1),
            restore_tool(shop.ctx, "add"),
        )
        is_there = shop.file("add").exists()
        assert (shop.standing("add")[0] == "active") == is_there
        assert not is_there or shop.file("add").read_bytes() == current_text(shop)
        assert await runs(shop) == is_there
        await restore_tool(shop.ctx, "add")
    assert await runs(shop)


@pytest.mark.req("S15")
async def test_a_version_that_is_deployed_twice_stays_in_its_file(shop: Workshop) -> None:
    await approved(shop)
    await deployed(shop, SECOND)
    await rollback_to_version(shop.ctx, "add", 1)
    second = next(v["id"] for v in shop.versions("add") if v["version_number"] == 2)
    yes = await known_yes(shop.ctx, second)
    assert yes is not None
    answers = await at_once(*(deploy_version(shop.ctx, second, yes) for _ in range(3)))
    assert all(isinstance(answer, Deployed) for answer in answers), answers
    assert shop.file("add").read_text() == SECOND
    assert current_text(shop) == SECOND.encode()
    assert await runs(shop)


@pytest.mark.req("S15")
async def test_two_propose_a_tool_of_one_name(shop: Workshop) -> None:
    texts = (SUM, SECOND)
    answers = await at_once(*(safe_deploy(shop.ctx, "add", text, "new") for text in texts))
    assert all(answer.missing or isinstance(answer, Proposed) for answer in answers), answers
    assert len(shop.versions("add")) == 2


@pytest.mark.req("D98")
async def test_a_rollback_that_was_cut_off_does_not_hide_that_its_code_was_approved(
    shop: Workshop,
) -> None:
    await approved(shop)
    await deployed(shop, SECOND)
    artifact, first = shop.tool("add"), shop.versions("add")[0]
    await keep_draft(
        shop.ctx, artifact, await earlier_draft(shop.ctx, artifact, first, "rollback", None)
    )
    shop.write("add", SUM)
    await shop.sync()
    assert shop.standing("add") == ("active", "approved")
    assert await runs(shop)
