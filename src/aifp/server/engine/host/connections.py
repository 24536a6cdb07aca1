"""Send a request unless its host is left alone, and say when a host comes or goes."""

from aifp.helpers.shared.alerts import raise_alert, resolve_alerts
from aifp.schemas.alerts import NewAlert
from aifp.schemas.subjects import Subject
from aifp.server.adapters.http import NetworkFault, Outgoing, Permit, Reply
from aifp.server.engine.host.tools import Tools

UNREACHABLE = "host_unreachable"


async def send(request: Outgoing, permit: Permit, host: str, tools: Tools) -> Reply:
    """Send one request; a host that keeps failing is left alone for a while."""
    until = tools.circuits.open_until(host, tools.ctx.clock.now())
    if until is not None:
        raise NetworkFault(f"{host} did not answer several times; left alone until {until:%X} UTC.")
    try:
        reply = await tools.http.send(request, permit)
    except NetworkFault as fault:
        if tools.circuits.failed(host, tools.ctx.clock.now()):
            await _tell(host, str(fault), tools)
        raise
    if tools.circuits.answered(host):
        await _take_back(host, tools)
    return reply


async def _tell(host: str, cause: str, tools: Tools) -> None:
    alert = NewAlert(
        severity="warning",
        code=UNREACHABLE,
        message=f"{host} cannot be reached: {tools.redactor.text(cause)}",
        suggestion="Look whether the host and the network are up; calls go on by themselves.",
    )
    async with tools.ctx.directives.write() as w:
        await raise_alert(w, tools.ctx.clock.now(), _subject(host), alert)


async def _take_back(host: str, tools: Tools) -> None:
    async with tools.ctx.directives.write() as w:
        await resolve_alerts(w, tools.ctx.clock.now(), _subject(host), UNREACHABLE)


def _subject(host: str) -> Subject:
    return Subject(kind="host", id=host, name=host)
