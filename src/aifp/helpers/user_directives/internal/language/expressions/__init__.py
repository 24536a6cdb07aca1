"""Conditions: a small closed language with three values and no way out of it."""

from aifp.helpers.user_directives.internal.language.expressions.combination import (
    condition_text,
    read_condition,
)
from aifp.helpers.user_directives.internal.language.expressions.evaluation import (
    Verdict,
    evaluate,
)
from aifp.helpers.user_directives.internal.language.expressions.names import (
    Names,
    held_tests,
    names_of,
)
from aifp.helpers.user_directives.internal.language.expressions.parser import parse_expression
from aifp.helpers.user_directives.internal.language.expressions.tree import Expr
from aifp.helpers.user_directives.internal.language.expressions.values import UNKNOWN
from aifp.helpers.user_directives.internal.language.expressions.warnings import warnings_of
from aifp.helpers.user_directives.internal.language.expressions.world import World, value_at
from aifp.helpers.user_directives.internal.language.expressions.writer import write_expression

__all__ = [
    "UNKNOWN",
    "Expr",
    "Names",
    "Verdict",
    "World",
    "condition_text",
    "evaluate",
    "held_tests",
    "names_of",
    "parse_expression",
    "read_condition",
    "value_at",
    "warnings_of",
    "write_expression",
]
