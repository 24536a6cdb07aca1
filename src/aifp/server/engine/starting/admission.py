"""The checks before a run is driven, in the order of directive-format 7."""

import json
from collections.abc import Awaitable, Callable
from typing import Protocol

from aifp.helpers.shared.preferences import narrow_directive, preferences_of
from aifp.helpers.shared.zones import project_zone
from aifp.helpers.user_directives.internal.generation.implementation import entries_of
from aifp.schemas.canonical import Limit
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError, ApprovalRequired, DependencyMissing, FileMissing
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Writer
from aifp.schemas.preferences import Preferences
from aifp.schemas.releases import Release
from aifp.server.engine.starting.answers import GO, Answer, Candidate, Go, Wait, candidate_of
from aifp.server.engine.starting.claims import STOPPED, is_stopped
from aifp.server.engine.starting.dispatch import Cancel
from aifp.server.engine.starting.guards import Guards
from aifp.server.engine.starting.needs import check_needs
from aifp.server.engine.starting.openings import Unstarted, close_unstarted
from aifp.server.engine.starting.overlap import take_slot
from aifp.server.engine.starting.plans import cause_of, with_missing
from aifp.server.engine.starting.run_approvals import RunApprovals

# Computes the present release of a directive and refuses it unless it is approved.
Gate = Callable[[Ctx, int], Awaitable[Release]]


class Desk(Protocol):
    """Hears what became of the runs that were handed over."""

    def let_go(self, run_id: int) -> None:
        """Take note that nobody holds this run any more."""
        ...

    def ended(self, run_id: int) -> None:
        """Take note that a run has ended."""
        ...


class Admission:
    """Lets a run begin, makes it wait, or ends it with the reason."""

    def __init__(
        self, gate: Gate, guards: Guards, approvals: RunApprovals, cancel: Cancel, desk: Desk
    ) -> None:
        self._gate, self._guards, self._approvals = gate, guards, approvals
        self._cancel, self._desk = cancel, desk

    async def admit(self, ctx: Ctx, run_id: int) -> Release | None:
        """Return the release to drive; None when the run waits or has ended here."""
        row = await ctx.directives.one("run_to_admit", id=run_id)
        if row is None:
            self._desk.let_go(run_id)
            return None
        run = candidate_of(row)
        shut = await why_shut(ctx, run)
        if shut is not None:
            return await self._settle(ctx, run, Unstarted("skipped", shut))
        try:
            release = await self._gate(ctx, run.directive_id)
            if run.by_system:
                release = for_notice(release, run.trigger)
            wish = await preferences_of(ctx.preferences, release.directive.name)
            narrow = narrow_directive(release.directive, wish)
            release = release.model_copy(update={"directive": narrow})
        except AifpError as refusal:
            return await self._settle(ctx, run, refused(refusal))
        if run.by_system:
            return await self._begin(ctx, run, release, {})
        return await self._check(ctx, run, release, wish)

    async def _check(
        self, ctx: Ctx, run: Candidate, release: Release, wish: Preferences
    ) -> Release | None:
        answer = await self._before_guard(ctx, run, release, wish)
        if not isinstance(answer, Go):
            return await self._settle(ctx, run, answer)
        answer, read = await self._guards.check(ctx, run, release)
        if not isinstance(answer, Go):
            return await self._settle(ctx, run, answer)
        return await self._begin(ctx, run, release, read)

    async def _before_guard(
        self, ctx: Ctx, run: Candidate, release: Release, wish: Preferences
    ) -> Answer:
        answer = await self._slot(ctx, run, release, wish.rate_limit)
        if answer is GO and not run.waits_for_person:
            needs = release.directive.policies.needs
            answer = await check_needs(ctx.directives, run, needs, ctx.clock.now())
        if answer is GO:
            answer = await self._approvals.check(ctx, run, release)
        return answer

    async def _slot(
        self, ctx: Ctx, run: Candidate, release: Release, preferred: Limit | None
    ) -> Answer:
        zone = await project_zone(ctx.project)
        async with ctx.directives.write() as w:
            limits = [one for one in (release.directive.policies.limit, preferred) if one]
            slot = await take_slot(w, run, release.directive, limits, ctx.clock.now(), zone)
        for ended in slot.ended:
            self._desk.ended(ended)
        for driven in slot.to_cancel:
            await self._cancel(driven, "restart")
        return slot.answer

    async def _begin(
        self, ctx: Ctx, run: Candidate, release: Release, read: JsonMap
    ) -> Release | None:
        async with ctx.directives.write() as w:
            admitted = await w.run(
                "admitted",
                id=run.run_id,
                input_json=json.dumps({**run.input, "read": read}),
                at=to_text(ctx.clock.now()),
            )
        if not admitted:
            self._desk.let_go(run.run_id)
        return release if admitted else None

    async def _settle(self, ctx: Ctx, run: Candidate, answer: Answer) -> None:
        zone = await project_zone(ctx.project)
        async with ctx.directives.write() as w:
            match answer:
                case Wait():
                    await _wait(w, run.run_id, answer)
                case Unstarted():
                    await close_unstarted(w, run.run_id, answer, ctx.clock.now(), zone)
                case Go():
                    pass
        self._desk.let_go(run.run_id)
        if isinstance(answer, Unstarted):
            self._desk.ended(run.run_id)


async def _wait(w: Writer, run_id: int, wait: Wait) -> None:
    until = to_text(wait.until) if wait.until else None
    if wait.for_person:
        await w.run("wait_for_person", id=run_id, reason=wait.reason, wake_at=until)
    else:
        await w.run("wait_queued", id=run_id, reason=wait.reason, wake_at=until)


async def why_shut(ctx: Ctx, run: Candidate) -> str | None:
    """Return why no run of the directive may begin now; runs by hand need no active one."""
    if await is_stopped(ctx.directives):
        return STOPPED
    row = await ctx.directives.one("directive_to_claim", id=run.directive_id)
    if row is None:
        return "directive removed"
    if run.by_hand or run.by_system:
        return None
    return cause_of(row)


def refused(refusal: AifpError) -> Answer:
    """Say in one word why the gate stays shut; the system's pauses use the same words."""
    match refusal:
        case ApprovalRequired():
            reason = "approval_void"
        case FileMissing():
            reason = "file_deleted"
        case DependencyMissing():
            reason = with_missing("dependency_missing", str(refusal))
        case _:
            reason = refusal.code
    return Unstarted("skipped", reason, (type(refusal).__name__, str(refusal)))


def for_notice(release: Release, trigger: JsonMap) -> Release:
    """Let a notice run begin at its own entry point of the same code, and at no other.

    Such a run passes by limits, needs, `if` and `approve`: it must not do the directive's work.
    """
    _, *notices = entries_of(release.directive)
    entry = trigger.get("entry")
    if entry not in [notice.function for notice in notices]:
        raise ApprovalRequired(f"{release.directive.name} has no steps {entry!r} to tell anybody.")
    return release.model_copy(update={"entry_point": entry})
