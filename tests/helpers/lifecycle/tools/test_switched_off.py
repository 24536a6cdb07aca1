"""What a person switched off or took back stays so, by whatever way its code comes back."""

import pytest

from aifp.helpers.lifecycle.internal.authorizing import settle_authorization
from aifp.helpers.lifecycle.tools.approval_tools import (
    request_approval,
    revoke_tool,
    set_tool_enabled,
)
from aifp.helpers.lifecycle.tools.deploy_tools import rollback_to_version
from aifp.helpers.lifecycle.tools.lifecycle_tools import restore_tool
from aifp.schemas.common import Failure
from aifp.schemas.deploying import Restored
from tests.helpers.lifecycle.shops import approved, deployed, runs
from tests.helpers.lifecycle.workshop import SUM, Workshop
from tests.helpers.user_directives.lives import YES

SECOND, EDITED = SUM.replace("a + b", "b + a"), SUM + "# mine\n"


async def switched_off(shop: Workshop) -> None:
    """Two approved versions, then switched off, then edited by hand."""
    await approved(shop)
    await deployed(shop, SECOND)
    await shop.clock.advance(60)
    await set_tool_enabled(shop.ctx, "add", enabled=False)
    shop.write("add", EDITED)
    await shop.sync()
    assert shop.standing("add") == ("active", "pending")


async def settled(shop: Workshop) -> str:
    return await settle_authorization(shop.ctx, int(shop.tool("add")["id"]))


@pytest.mark.req("8.4")
@pytest.mark.parametrize("number", [1, 2])
async def test_going_back_does_not_switch_a_tool_on(shop: Workshop, number: int) -> None:
    await switched_off(shop)
    await rollback_to_version(shop.ctx, "add", number)
    assert shop.standing("add") == ("active", "disabled")
    assert await settled(shop) == "disabled"
    assert not await runs(shop)

    await set_tool_enabled(shop.ctx, "add", enabled=True)
    assert await runs(shop)
    assert await settled(shop) == "approved"


@pytest.mark.req("8.4")
@pytest.mark.parametrize("text", [SUM, SECOND])
async def test_old_bytes_that_come_back_do_not_switch_a_tool_on(shop: Workshop, text: str) -> None:
    await switched_off(shop)
    shop.write("add", text)
    await shop.sync()
    assert await settled(shop) == "disabled"
    assert shop.standing("add") == ("active", "disabled")
    assert not await runs(shop)


@pytest.mark.req("8.4")
async def test_restoring_does_not_switch_a_tool_on(shop: Workshop) -> None:
    await switched_off(shop)
    shop.remove("add")
    await shop.sync()
    back = await restore_tool(shop.ctx, "add", 1)
    assert isinstance(back, Restored) and not back.callable
    assert shop.standing("add") == ("active", "disabled")
    assert not await runs(shop)


@pytest.mark.req("8.4")
async def test_a_yes_after_the_switch_lets_new_code_run(shop: Workshop) -> None:
    await switched_off(shop)
    await shop.clock.advance(60)
    shop.life.person.answers.append(YES)
    await request_approval(shop.ctx, "artifact", "add")
    assert shop.standing("add") == ("active", "approved")
    assert await settled(shop) == "approved"


@pytest.mark.req("8.4")
@pytest.mark.parametrize("text", [SUM, SECOND])
async def test_what_was_taken_back_is_so_when_its_bytes_come_back(
    shop: Workshop, text: str
) -> None:
    await approved(shop)
    await deployed(shop, SECOND)
    await revoke_tool(shop.ctx, "add")
    shop.write("add", EDITED)
    await shop.sync()
    assert shop.standing("add") == ("active", "pending")
    shop.write("add", text)
    await shop.sync()
    assert shop.standing("add") == ("active", "revoked")
    assert await settled(shop) == "revoked"
    refused = await set_tool_enabled(shop.ctx, "add", enabled=True)
    assert isinstance(refused, Failure) and refused.error_code == "invalid_transition"
    asked = await request_approval(shop.ctx, "artifact", "add")
    assert isinstance(asked, Failure) and "took back the approval" in asked.error
    assert not await runs(shop)
