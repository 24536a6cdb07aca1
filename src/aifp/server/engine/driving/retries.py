"""When a failed attempt or step is tried again."""

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from aifp.schemas.common import JsonMap
from aifp.schemas.steps import Retry
from aifp.server.engine.driving.endings import Ending

# Spreads retries of runs that failed together, the same way each time a run is driven.
JITTER = 0.1
# Errors that come again however often the code is tried, and those of a step that was repeated
# as its own `retry` says: that replaces the directive's (directive-format 7).
NOT_RETRIED = frozenset(
    {"TemplateFault", "NotGranted", "LimitExceeded", "not_granted", "step_failed"}
)


def retry_at(
    policy: Retry, retry: int, salt: str, now: datetime, retry_after_ms: int | None = None
) -> datetime:
    """Return when the retry with this number (from 1) starts."""
    planned = min(policy.after_ms * policy.factor ** (retry - 1), policy.max_ms)
    spread = random.Random(f"{salt}|{retry}").uniform(1 - JITTER, 1 + JITTER)
    asked = min(retry_after_ms or 0, policy.max_ms)
    return now + timedelta(milliseconds=round(max(planned * spread, asked)))


def attempt_retry(
    policy: Retry | None, attempt: int, ending: Ending, failures: Mapping[int, JsonMap], salt: str
) -> Callable[[datetime], datetime] | None:
    """Return when the next attempt starts, given the time now; None when there is none."""
    if policy is None or attempt > policy.times or not is_retried(ending, failures):
        return None
    asked = [failures.get(seq, {}).get("retry_after_ms") for seq in ending.failed_steps]
    after = max((ms for ms in asked if isinstance(ms, int)), default=None)
    return lambda now: retry_at(policy, attempt, salt, now, after)


def is_retried(ending: Ending, failures: Mapping[int, JsonMap]) -> bool:
    """Say whether another attempt may end better."""
    if not ending.retried or ending.error_type in NOT_RETRIED:
        return False
    return all(failures.get(seq, {}).get("retry") is True for seq in ending.failed_steps)
