"""Calls that outlive their request: tasks that a client looks after (SEP-2663).

Each runs in the task group of the sessions, so none is forgotten. What a tool asks becomes the
task's question; the answers make the same call again, as they do between rounds of a call.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import mcp_types as types
from mcp import MCPError
from pydantic import JsonValue

from aifp.helpers.contract import guarded
from aifp.schemas.common import Failure, JsonMap
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Clock
from aifp.schemas.runs import CALLED_OFF
from aifp.server.mcp.people import Request

# A task is kept this long after it ended or asked; while one works it is always kept.
TTL = timedelta(hours=1)
POLL_MS = 500
# Each keeps an answer of at most 100 kB.
MAX_TASKS = 256

Status = Literal["working", "input_required", "completed", "failed", "cancelled"]
Result = types.CallToolResult | types.InputRequiredResult


class CallTool(Protocol):
    """What answers a call; it may ask first."""

    async def __call__(self, request: Request, params: types.CallToolRequestParams, /) -> Result:
        """Answer."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """One thing a task waits for; `key` is what the tool calls it."""

    key: str
    request: types.InputRequest
    answer: "asyncio.Future[types.InputResponse]"


@dataclass(slots=True)
class Task:
    """One call and where it stands."""

    id: str
    created_at: datetime
    updated_at: datetime
    status: Status = "working"
    outcome: JsonMap = field(default_factory=dict[str, JsonValue])
    questions: dict[str, Question] = field(default_factory=dict[str, Question])
    job: "asyncio.Task[None] | None" = None
    called_off: bool = False

    @property
    def is_over(self) -> bool:
        """Tell whether nothing can change any more."""
        return self.status in ("completed", "failed", "cancelled")

    @property
    def expires_at(self) -> datetime:
        """Return when it may be forgotten, unless it works then."""
        return self.updated_at + TTL

    def head(self) -> JsonMap:
        """Return what every view of a task begins with."""
        return {
            "taskId": self.id,
            "status": self.status,
            "createdAt": to_text(self.created_at),
            "lastUpdatedAt": to_text(self.updated_at),
            "ttlMs": int((self.expires_at - self.created_at).total_seconds() * 1000),
            "pollIntervalMs": POLL_MS,
        }

    def view(self) -> JsonMap:
        """Return all that is to be told now: the outcome, or what is asked."""
        told = self.head() | self.outcome
        if self.questions:
            told["inputRequests"] = {key: _dump(q.request) for key, q in self.questions.items()}
        return told


class Tasks:
    """The tasks of this process."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}
        self._group: asyncio.TaskGroup | None = None
        self._clock: Clock | None = None

    @asynccontextmanager
    async def running(self, clock: Clock) -> AsyncGenerator[None]:
        """Take tasks while the context is open; end what is open with it."""
        async with asyncio.TaskGroup() as group:
            self._group, self._clock = group, clock
            try:
                yield
            finally:
                self._group = None
                for task in self._tasks.values():
                    if task.job is not None:
                        # Not called off: a run goes on when the daemon does.
                        task.job.cancel()

    def begin(
        self, call: CallTool, request: Request, params: types.CallToolRequestParams
    ) -> Task | None:
        """Start a call as a task; None when there is no room for one more."""
        if self._group is None or self._clock is None:
            return None
        now = self._clock.now()
        self._forget(now)
        if len(self._tasks) >= MAX_TASKS:
            return None
        task = Task(secrets.token_urlsafe(24), now, now)
        self._tasks[task.id] = task
        task.job = self._group.create_task(self._run(task, call, request, params))
        return task

    def find(self, task_id: str) -> Task:
        """Return a task; raises INVALID_PARAMS for one that is not known."""
        if self._clock is not None:
            self._forget(self._clock.now())
        if task_id not in self._tasks:
            raise MCPError(types.INVALID_PARAMS, "There is no such task, or no longer.")
        return self._tasks[task_id]

    def answer(self, task: Task, answers: dict[str, types.InputResponse]) -> None:
        """Give answers to a task; keys it does not know are passed over."""
        for key in answers.keys() & task.questions.keys():
            question = task.questions.pop(key)
            if not question.answer.done():
                question.answer.set_result(answers[key])
        if task.status == "input_required" and not task.questions:
            self._move(task, "working")

    async def cancel(self, task: Task) -> None:
        """Call a task off; one that is over stays as it is."""
        _call_off(task)
        # Most calls end at once; the others are seen to end by the next look.
        await asyncio.sleep(0)

    async def _run(
        self, task: Task, call: CallTool, request: Request, params: types.CallToolRequestParams
    ) -> None:
        try:
            done = await guarded("a task", self._work(task, call, request, params))
        except asyncio.CancelledError:
            self._move(task, "cancelled")
            raise
        if isinstance(done, Failure):
            error: JsonMap = {"code": types.INTERNAL_ERROR, "message": "Internal error"}
            self._move(task, "failed", {"error": error})

    async def _work(
        self, task: Task, call: CallTool, request: Request, params: types.CallToolRequestParams
    ) -> None:
        try:
            result = await call(request, params)
            while isinstance(result, types.InputRequiredResult):
                given = await self._ask(task, result.input_requests or {})
                update = {"input_responses": given, "request_state": result.request_state}
                result = await call(request, params.model_copy(update=update))
        except MCPError as fault:
            error: JsonMap = {"code": fault.error.code, "message": fault.error.message}
            self._move(task, "failed", {"error": error})
        else:
            self._move(task, "completed", {"result": _dump(result)})

    async def _ask(self, task: Task, asked: types.InputRequests) -> dict[str, types.InputResponse]:
        """Wait for the answers to what a tool asked, under keys nobody can guess."""
        if not asked:
            raise MCPError(types.INTERNAL_ERROR, "A question was asked in a wrong way")
        loop = asyncio.get_running_loop()
        questions = [Question(key, asked[key], loop.create_future()) for key in asked]
        task.questions = {secrets.token_urlsafe(9): question for question in questions}
        self._move(task, "input_required")
        return {question.key: await question.answer for question in questions}

    def _move(self, task: Task, status: Status, outcome: JsonMap | None = None) -> None:
        task.status, task.outcome = status, outcome or {}
        if task.is_over:
            task.questions = {}
        if self._clock is not None:
            task.updated_at = self._clock.now()

    def _forget(self, now: datetime) -> None:
        """Let go of tasks whose time is up; nobody waits behind an unanswered one."""
        for task in list(self._tasks.values()):
            if now >= task.expires_at and task.status != "working":
                _call_off(task)
                del self._tasks[task.id]


def _call_off(task: Task) -> None:
    """Cancel a call, once: to end in order may take it a while."""
    if task.job is not None and not (task.is_over or task.called_off):
        task.called_off = True
        task.job.cancel(CALLED_OFF)


def _dump(model: Any) -> JsonMap:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)
