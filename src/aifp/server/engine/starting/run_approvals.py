"""`approve: each run`: a person answers for every single run; the wait is a stored state."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from aifp.schemas.canonical import ApproveEach
from aifp.schemas.instants import from_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Release
from aifp.server.engine.starting.answers import GO, Answer, Candidate, Wait
from aifp.server.engine.starting.openings import Unstarted

WAITING = "waiting for approval"

# Files the request for one run: (ctx, run id, release, when it expires).
AskForRun = Callable[[Ctx, int, Release, datetime], Awaitable[None]]
# Says whether a decided row was really signed by a person's channel.
IsGenuine = Callable[[Ctx, Row], bool]


class RunApprovals:
    """Asks once per run and reads the answer."""

    def __init__(self, ask: AskForRun, is_genuine: IsGenuine) -> None:
        self._ask, self._is_genuine = ask, is_genuine

    async def check(self, ctx: Ctx, run: Candidate, release: Release) -> Answer:
        """Ask if nobody was asked, else say what the answer means."""
        policy = release.directive.policies.approve
        if policy is None:
            return GO
        row = await ctx.directives.one("approval_of_run", run_id=str(run.run_id))
        if row is None or row["release_sha256"] != release.release_sha256:
            return await self._request(ctx, run, release, policy)
        return self._answer(ctx, row, policy)

    async def _request(
        self, ctx: Ctx, run: Candidate, release: Release, policy: ApproveEach
    ) -> Answer:
        until = ctx.clock.now() + timedelta(milliseconds=policy.within_ms)
        await self._ask(ctx, run.run_id, release, until)
        return Wait(WAITING, until, for_person=True)

    def _answer(self, ctx: Ctx, row: Row, policy: ApproveEach) -> Answer:
        until = from_text(str(row["expires_at"]))
        match row["decision"]:
            case "approved":
                genuine = self._is_genuine(ctx, row)
                return GO if genuine else _refused(policy, "approval_void")
            case "pending":
                if ctx.clock.now() < until:
                    return Wait(WAITING, until, for_person=True)
                return _refused(policy, "approval_expired")
            case "rejected":
                return _refused(policy, "approval_rejected")
            case decision:
                return _refused(policy, f"approval_{decision}")


def _refused(policy: ApproveEach, reason: str) -> Answer:
    if policy.else_ == "skip":
        return Unstarted("skipped", reason)
    return Unstarted(
        "failure", reason, ("ApprovalRequired", f"The run was not approved: {reason}.")
    )
