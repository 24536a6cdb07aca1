"""How much a person risks with a yes, as every request says it."""

from pydantic import TypeAdapter

from aifp.helpers.user_directives.internal.classification import classify, risk_of
from aifp.schemas.ports import Ctx
from aifp.schemas.releases import Release
from aifp.schemas.words import EffectClass

CLASSES = TypeAdapter(dict[str, EffectClass])


async def class_of_release(ctx: Ctx, release: Release) -> EffectClass:
    """Return how dangerous the code of a release is by its text."""
    rows = await ctx.directives.all("classes_of_tools")
    called = CLASSES.validate_python({str(row["name"]): row["effect_class"] for row in rows})
    return classify(None, release.modules, called=called)


def risk_line(effect_class: EffectClass) -> str:
    """Return the risk of a class as requests show it."""
    return f"{risk_of(effect_class)} ({effect_class.replace('_', ' ')})"
