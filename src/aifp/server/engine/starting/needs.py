"""`needs`: the newest run of another directive must have succeeded."""

from datetime import datetime, timedelta

from aifp.schemas.canonical import Need
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Reader
from aifp.server.engine.starting.answers import GO, Answer, Candidate, Wait
from aifp.server.engine.starting.openings import Unstarted

OPEN = frozenset({"queued", "running", "waiting_for_approval"})


async def check_needs(reader: Reader, run: Candidate, needs: list[Need], now: datetime) -> Answer:
    """Look at each needed directive; one that is still open is waited for."""
    for need in needs:
        answer = await _check(reader, run, need, now)
        if answer is not GO:
            return answer
    return GO


def waiting_for(directive: str) -> str:
    """Return the reason shown while a run waits for another directive."""
    return f"waiting for {directive}"


async def _check(reader: Reader, run: Candidate, need: Need, now: datetime) -> Answer:
    row = await reader.one("needed_run", name=need.directive, due_at=to_text(run.due))
    if row is not None and row["status"] == "success":
        return GO
    until = (run.started or now) + timedelta(milliseconds=need.within_ms)
    if row is not None and row["status"] in OPEN and now < until:
        return Wait(waiting_for(need.directive), until)
    return Unstarted("skipped", f"needs {need.directive}")
