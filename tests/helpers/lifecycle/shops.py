"""Short ways through the doors of tools: proposals decided at once, and what runs then."""

from aifp.helpers.lifecycle.internal.tool_calls import admit_call
from aifp.helpers.lifecycle.tools.approval_tools import request_approval
from aifp.helpers.lifecycle.tools.deploy_tools import safe_deploy
from aifp.schemas.approvals import Approved
from aifp.schemas.deploying import Deployed
from aifp.schemas.errors import AifpError
from tests.helpers.lifecycle.workshop import SUM, Workshop
from tests.helpers.user_directives.lives import YES


async def runs(shop: Workshop, name: str = "add") -> bool:
    """Say whether a tool may be called as it lies there now."""
    try:
        await admit_call(shop.ctx, name)
    except AifpError:
        return False
    return True


async def approved(shop: Workshop, name: str = "add", text: str = SUM) -> None:
    """Let a file appear, and a person say yes to it."""
    await shop.added(name, text=text)
    shop.life.person.answers.append(YES)
    answer = await request_approval(shop.ctx, "artifact", name)
    assert isinstance(answer, Approved), answer


async def deployed(shop: Workshop, text: str, name: str = "add") -> Deployed:
    """Let new code be proposed, and a person say yes to it."""
    shop.life.person.answers.append(YES)
    answer = await safe_deploy(shop.ctx, name, text, "enhancement")
    assert isinstance(answer, Deployed), answer
    return answer


def told(shop: Workshop, name: str = "add") -> list[str]:
    """Return the events of a tool, without those about decisions."""
    return [event for event in shop.events(name) if not event.startswith("approval_")]
