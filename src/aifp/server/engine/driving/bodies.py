"""Bodies of the record: small ones in the row, large ones in the object store."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import JsonValue

from aifp.schemas.instants import to_text
from aifp.schemas.ports import Files, Row, Writer

INLINE_BYTES = 4096
# Step details are kept 30 days (D71).
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Body:
    """A kept value: as text, or by its hash when it is large."""

    json: str | None
    sha256: str | None
    size: int


NO_BODY = Body(None, None, 0)


async def keep_body(files: Files, value: JsonValue) -> Body:
    """Keep an already redacted value."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= INLINE_BYTES:
        return Body(text, None, len(data))
    return Body(None, await files.keep(data), len(data))


async def load_body(files: Files, text: object, sha256: object) -> JsonValue:
    """Return a kept value."""
    if sha256:
        return json.loads(await files.fetch(str(sha256)))
    return json.loads(str(text)) if text is not None else None


async def load_column(files: Files, row: Row, name: str) -> JsonValue:
    """Return the kept value of a column pair <name>_json and <name>_sha256."""
    return await load_body(files, row[f"{name}_json"], row[f"{name}_sha256"])


async def note_body(db: Writer, body: Body, now: datetime) -> None:
    """Register a body of the object store, so that retention can find it."""
    if body.sha256:
        await db.run(
            "note_object",
            sha256=body.sha256,
            size_bytes=body.size,
            now=to_text(now),
            expires_at=to_text(now + KEPT),
        )
