"""How dangerous code is: the worst of what it says, what its text shows and what it did."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aifp.helpers.user_directives.internal.call_classes import class_of_call, rank, worst
from aifp.helpers.user_directives.internal.code_classes import class_of_source
from aifp.schemas.artifacts import Characteristics, ToolSpec
from aifp.schemas.common import JsonMap
from aifp.schemas.words import EffectClass, Risk

RISKS: dict[EffectClass, Risk] = {
    "read_only": "low",
    "idempotent": "low",
    "unknown": "medium",
    "side_effects": "medium",
    "destructive": "high",
}


@dataclass(frozen=True, slots=True)
class Observed:
    """One host call that a run has made, as its trace shows it."""

    function: str
    arguments: JsonMap


@dataclass(frozen=True, slots=True)
class Judged:
    """The class by each of the three ways to know it; `declared` is None without a say."""

    declared: EffectClass | None
    static: EffectClass
    observed: EffectClass

    @property
    def effective(self) -> EffectClass:
        """Return the most dangerous of all."""
        return worst([self.static, self.observed, self.declared or "read_only"])

    @property
    def understated(self) -> bool:
        """Say whether the code says of itself less than is so."""
        told = self.declared
        return told not in (None, "unknown") and rank(self.effective) > rank(told or "unknown")


def classify(
    declared: ToolSpec | Characteristics | None,
    modules: Mapping[str, str],
    observed: Iterable[Observed] = (),
    called: Mapping[str, EffectClass] | None = None,
) -> EffectClass:
    """Return the class of code; without a declaration its text and its traces decide."""
    return judge(declared, modules, observed, called).effective


def judge(
    declared: ToolSpec | Characteristics | None,
    modules: Mapping[str, str],
    observed: Iterable[Observed] = (),
    called: Mapping[str, EffectClass] | None = None,
) -> Judged:
    """Return the class of code by each way; `called` are the classes of other tools, by name."""
    said = declared.declared if isinstance(declared, ToolSpec) else declared
    known = called or {}
    return Judged(
        declared=None if said is None else declared_class(said),
        static=worst(class_of_source(source, known) for source in modules.values()),
        observed=worst(class_of_call(o.function, o.arguments, known) for o in observed),
    )


def declared_class(said: Characteristics) -> EffectClass:
    """Return the class that a tool gives itself; of words that contradict the worse one counts."""
    if said.effect_class == "unknown":
        return _by_flags(said)
    contradicts = {
        "read_only": "side_effects" in said.model_fields_set and said.side_effects,
        "idempotent": "idempotent" in said.model_fields_set and not said.idempotent,
    }
    if contradicts.get(said.effect_class, False):
        return worst([said.effect_class, _by_flags(said)])
    return said.effect_class


def _by_flags(said: Characteristics) -> EffectClass:
    if not said.side_effects:
        return "read_only"
    if said.idempotent:
        return "idempotent"
    return "side_effects" if "side_effects" in said.model_fields_set else "unknown"


def risk_of(effect_class: EffectClass) -> Risk:
    """Return how much a person risks who says yes to code of a class."""
    return RISKS[effect_class]
