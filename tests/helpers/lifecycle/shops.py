"""Short ways through the doors of tools: proposals decided at once, and what runs then."""

from dataclasses import replace
from typing import Any, cast

from aifp.helpers.lifecycle.internal.tool_calls import admit_call
from aifp.helpers.lifecycle.tools.approval_tools import request_approval
from aifp.helpers.lifecycle.tools.deploy_tools import safe_deploy
from aifp.schemas.approvals import Approved
from aifp.schemas.deploying import Deployed
from aifp.schemas.errors import AifpError
from aifp.schemas.ports import Ctx, HostDoor, Sandbox
from aifp.schemas.sandbox import Job, Outcome
from tests.helpers.lifecycle.workshop import SUM, Workshop
from tests.helpers.user_directives.lives import YES


class FailingLoad:
    """The real sandbox, whose load checks fail."""

    def __init__(self, real: Sandbox) -> None:
        self.real = real

    def profile(self, packages: Any = ()) -> str:
        return self.real.profile(packages)

    async def run(self, job: Job, host: HostDoor | None = None) -> Outcome:
        if job.mode == "load":
            return Outcome(status="error", error="no such thing as 7")
        return await self.real.run(job, host)


def failing_load(ctx: Ctx) -> Ctx:
    """Return the context with a sandbox that loads nothing."""
    return replace(ctx, sandbox=cast("Sandbox", FailingLoad(ctx.sandbox)))


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
