"""From when on: a date or an instant as people write them."""

from datetime import datetime, tzinfo

# No run is older; earlier years have no instant in every zone.
FIRST_YEAR = 1970


def require_moment(text: str | None) -> str | None:
    """Refuse a text that is neither an ISO date nor an ISO date-time."""
    if text is not None:
        try:
            is_known = datetime.fromisoformat(text).year >= FIRST_YEAR
        except ValueError:
            is_known = False
        if not is_known:
            raise ValueError(
                "use an ISO date such as 2026-11-02, or a date-time such as 2026-11-02T10:00:00Z"
            )
    return text


def instant_since(text: str, zone: tzinfo) -> datetime:
    """Return the instant; a date begins at midnight of the zone, a bare time is of the zone."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
