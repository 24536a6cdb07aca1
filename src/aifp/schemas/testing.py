"""What tests of versions found, and what is still to be shown."""

from typing import Literal

from pydantic import JsonValue

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.words import EffectClass, HostFunction, Risk, TestStrategy

# same: as before, also where before it failed alike. regression: worked, and does not any more.
# improved: failed, and works now. other: fails in another way than before, or than it must.
CaseVerdict = Literal["same", "regression", "improved", "other"]


class Differences(Record):
    """In what a result differs from the expected one; `values` shows the first of them."""

    missing: list[str] = []
    extra: list[str] = []
    values: list[str] = []

    @property
    def none(self) -> bool:
        """Say whether nothing differs."""
        return not (self.missing or self.extra or self.values)

    def told(self) -> list[str]:
        """Return the differences as lines."""
        lines = [f"{place} is missing" for place in self.missing]
        return [*lines, *(f"{place} is new" for place in self.extra), *self.values]


class CaseResult(Record):
    """How one case went; `told` says in what it differs, or why it failed."""

    case: str
    verdict: CaseVerdict
    passed: bool
    told: list[str] = []
    run_id: int | None = None


class TestReport(Record):
    """One run of a strategy over one version; passed is None while too little is known.

    score: the share of cases that went as they must.
    """

    # Not a test itself, whatever its name.
    __test__ = False

    test_run_id: int | None = None
    version_number: int
    baseline_version_number: int | None = None
    strategy: TestStrategy
    cases: int = 0
    agreements: int = 0
    disagreements: int = 0
    successes: int = 0
    failures: int = 0
    regressions: int = 0
    improvements: int = 0
    score: float | None = None
    passed: bool | None = None
    verdict: str = ""
    details: list[CaseResult] = []
    started_at: str | None = None
    completed_at: str | None = None


class MockedCall(Record):
    """What a host call answers in a declared case; arguments left out may be anything."""

    function: HostFunction
    arguments: JsonMap = {}
    value: JsonValue = None
    error_type: str | None = None
    error: str | None = None


class Evidence(Record):
    """What tests say of a version, and what is missing before it may ask for approval."""

    effect_class: EffectClass
    risk: Risk
    passed: list[TestStrategy] = []
    missing: list[str] = []
    waived_by: int | None = None
    lines: list[str] = []

    @property
    def complete(self) -> bool:
        """Say whether the version may ask: all is shown, or a person waives the rest."""
        return not self.missing or self.waived_by is not None


class VersionTested(Record):
    """What the strategies found, one report each, and what is still missing."""

    success: Literal[True] = True
    results: dict[str, TestReport]
    effect_class: EffectClass
    risk: Risk
    missing: list[str] = []
    state: str
