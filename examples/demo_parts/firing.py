"""Make the outside world happen, and wait until every directive has answered."""

import asyncio
import json
import time
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from rich.console import Console

from demo_parts.project import Assistant, Failed, Project

# The heartbeat comes every 10 s; two beats show that it goes on.
LEAST_RUNS = {"heartbeat": 2}
# Clock times come once a minute, so all that is to come comes within this time.
PATIENCE_S = 100.0
PAUSE_S, SERVED_TRIES = 0.5, 20
SENDER, COPIES = {"sender": "Grandmother"}, {"copies": 2}
MOST_RUNS = 500

Run = dict[str, Any]


def post(url: str, content: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    """Send JSON as any other program would."""
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    request = Request(url, json.dumps(content).encode(), headers, method="POST")  # noqa: S310
    with urlopen(request, timeout=20) as reply:  # noqa: S310 - our own loopback address
        return json.loads(reply.read() or b"{}")


async def knock(console: Console, project: Project) -> None:
    """Call the webhook and the endpoint from outside."""
    console.print(f"POST /hooks/parcels     -> {await _served(project, 'parcels', SENDER)}")
    console.print(f"POST /hooks/orders/tea  -> {await _served(project, 'orders/tea', COPIES)}")


async def _served(project: Project, path: str, content: dict[str, Any]) -> dict[str, Any]:
    """Call a path of the listener; a new one is served a moment after its activation."""
    url = f"http://127.0.0.1:{project.hooks_port}/hooks/{path}"
    for _ in range(SERVED_TRIES):
        try:
            return await asyncio.to_thread(post, url, content, project.token)
        except HTTPError as refused:
            refused.close()
            if refused.code != HTTPStatus.NOT_FOUND:
                raise Failed(f"POST {url} was answered {refused.code}.") from None
        await asyncio.sleep(PAUSE_S)
    raise Failed(f"{url} is not served.")


async def wait_for_all(console: Console, helper: Assistant, names: list[str]) -> list[Run]:
    """Wait until every directive has run well; return all runs."""
    end, told = time.monotonic() + PATIENCE_S, set[str]()
    while True:
        runs = await recent_runs(helper)
        late = _waiting_for(runs, names)
        for name in sorted(set(names) - late - told):
            console.print(f"  fired: {name}")
        told |= set(names) - late
        if not late:
            return runs
        if time.monotonic() > end:
            raise Failed(f"These did not run well in time: {', '.join(sorted(late))}.")
        await asyncio.sleep(PAUSE_S)


def _waiting_for(runs: list[Run], names: list[str]) -> set[str]:
    good = [run["directive_name"] for run in runs if run["status"] == "success"]
    return {name for name in names if good.count(name) < LEAST_RUNS.get(name, 1)}


async def recent_runs(helper: Assistant) -> list[Run]:
    """Return every run, newest first."""
    answer = await helper.call("get_recent_executions", limit=MOST_RUNS)
    return answer["result"]


def due_times(project: Project) -> dict[str, list[str]]:
    """Return all due times to come, computed before any of them comes."""
    told = json.loads(project.asked("due", "--count", "60", "--json"))
    return {line["directive"]: line["due"] for line in told}
