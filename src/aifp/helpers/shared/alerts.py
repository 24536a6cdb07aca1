"""Alerts: what a person should look at, told once while it lasts."""

import json
from datetime import datetime

from aifp.schemas.alerts import NewAlert
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Writer
from aifp.schemas.subjects import Subject
from aifp.schemas.words import Actor


async def raise_alert(db: Writer, at: datetime, subject: Subject, alert: NewAlert) -> bool:
    """Open an alert in the caller's transaction; False if the same one is open already."""
    added = await db.run(
        "raise_alert",
        created_at=to_text(at),
        severity=alert.severity,
        code=alert.code,
        subject_kind=subject.kind,
        subject_id=subject.id,
        subject_name=subject.name,
        message=alert.message,
        suggestion=alert.suggestion,
        stats_json=json.dumps(alert.stats, sort_keys=True),
        dedupe_key=dedupe_key(alert.code, subject),
    )
    return added > 0


async def resolve_alerts(
    db: Writer, at: datetime, subject: Subject, code: str, actor: Actor = "system"
) -> int:
    """Close the open alerts of one kind about a subject."""
    key = dedupe_key(code, subject)
    return await db.run("resolve_alerts", at=to_text(at), actor=actor, dedupe_key=key)


def dedupe_key(code: str, subject: Subject) -> str:
    """Return what makes two alerts the same while one is open."""
    return f"{code}|{subject.kind}|{subject.id}"
