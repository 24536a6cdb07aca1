"""The system's clock behind the Clock port."""

import asyncio
import time
from datetime import UTC, datetime


class SystemClock:
    """Reads the machine's clocks."""

    def now(self) -> datetime:
        """Return the current time, timezone-aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251  (the one place that may)

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Return True once the event is set, False when the seconds have passed."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await event.wait()
        except TimeoutError:
            return event.is_set()
        return True
