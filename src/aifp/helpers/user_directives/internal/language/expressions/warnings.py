"""What is allowed in a condition but probably not meant."""

from aifp.helpers.user_directives.internal.language.expressions.parser import walk
from aifp.helpers.user_directives.internal.language.expressions.tree import (
    Compare,
    CompareOp,
    Expr,
    Special,
    SunTime,
    TimeOfDay,
)
from aifp.helpers.user_directives.internal.language.expressions.writer import write_expression
from aifp.helpers.user_directives.internal.language.faults import LanguageFault

# From this hour on, people who write `time > 23:00` mean the night, which goes on after midnight.
_EVENING = "18:00"
_MIRRORED: dict[CompareOp, CompareOp] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def warnings_of(e: Expr) -> list[LanguageFault]:
    """Return W401 for each evening lower bound on `time` without an upper bound anywhere."""
    bounds = [c for n in walk(e) if isinstance(n, Compare) and (c := _bound(n)) is not None]
    if any(bound.op in {"<", "<="} for bound in bounds):
        return []
    late = [b for b in bounds if b.op in {">", ">="} and _is_evening(b.right)]
    return [LanguageFault("W401", x=write_expression(bound)) for bound in late]


def _bound(test: Compare) -> Compare | None:
    """Return the comparison with `time` on the left, if it is one."""
    if test.left == Special("time"):
        return test
    if test.right == Special("time") and test.op in _MIRRORED:
        return Compare(_MIRRORED[test.op], test.right, test.left)
    return None


def _is_evening(bound: Expr) -> bool:
    late = isinstance(bound, TimeOfDay) and bound.text >= _EVENING
    return late or (isinstance(bound, SunTime) and bound.event == "sunset")
