"""Rows of the record as the driver reads them."""

import json
from typing import Self

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.ports import Row
from aifp.schemas.words import (
    HostFunction,
    RunKind,
    RunMode,
    RunStatus,
    StepStatus,
    TriggerSource,
)

FINAL = frozenset(
    {"success", "failure", "timeout", "skipped", "missed", "cancelled", "interrupted"}
)


class RunRow(Record):
    """One run as it stands before it is driven."""

    id: int
    mode: RunMode
    kind: RunKind
    directive_id: int | None
    directive_version: int | None
    artifact_version_id: int | None
    approval_id: int | None
    release_sha256: str | None
    status: RunStatus
    epoch: int
    priority: int
    attempts: int
    idempotency_key: str
    due_at: str | None
    started_at: str | None
    wake_at: str | None
    working_ms: int
    trigger_source: TriggerSource
    trigger: JsonMap
    input: JsonMap
    random_seed: str
    log_file: str | None
    log_offset: int | None
    error_message: str | None

    @classmethod
    def of(cls, row: Row) -> Self:
        """Read a row of `run_to_drive`."""
        return cls.model_validate(_read(row))

    @property
    def is_notice(self) -> bool:
        """Say whether the run only tells people how another one ended."""
        return self.trigger_source == "system"


class StepRow(Record):
    """One recorded host call."""

    attempt: int
    seq: int
    function: HostFunction
    call_sha256: str
    status: StepStatus
    result_json: str | None
    result_sha256: str | None
    error_type: str | None
    error_message: str | None
    idempotency_key: str | None
    started_at: str
    finished_at: str | None
    wake_at: str | None


class AttemptRow(Record):
    """One recorded try."""

    attempt: int
    status: RunStatus
    started_at: str
    finished_at: str | None
    error_type: str | None
    error_message: str | None
    failed_steps: list[int]

    @classmethod
    def of(cls, row: Row) -> Self:
        """Read a row of `attempts_to_drive`."""
        return cls.model_validate(_read(row))


def _read(row: Row) -> JsonMap:
    """Return a row with its JSON columns read, named without their ending."""
    read: JsonMap = {}
    for name, value in row.items():
        if isinstance(value, bytes):
            raise TypeError(f"{name} holds bytes")
        plain = name.removesuffix("_json")
        read[plain] = json.loads(str(value)) if plain != name else value
    return read
