"""Instants as text: UTC ISO-8601 with milliseconds and Z."""

from datetime import UTC, datetime


def to_text(instant: datetime) -> str:
    """Return the stored form of an aware instant, such as 2026-11-21T03:00:00.000Z."""
    utc = instant.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


def from_text(text: str) -> datetime:
    """Read a stored instant back."""
    return datetime.fromisoformat(text)
