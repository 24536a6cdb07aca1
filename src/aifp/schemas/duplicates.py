"""Tools that are alike, as `find_duplicates` lists them."""

from typing import Literal

from aifp.schemas.common import Record

Confidence = Literal["same_code", "duplicate", "similar"]


class ComparedTool(Record):
    """One tool of a pair, and how it was used."""

    name: str
    executions: int
    success_rate: float | None
    last_used: str | None


class DuplicatePair(Record):
    """Two tools that are alike, and which one to keep; nothing is changed by finding them."""

    a: ComparedTool
    b: ComparedTool
    similarity: float
    confidence: Confidence
    common_parameters: list[str]
    only_a: list[str]
    only_b: list[str]
    keep: str
    reasons: list[str]
    archive_with: str
