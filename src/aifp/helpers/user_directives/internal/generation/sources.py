"""The templates of generated files."""

from functools import cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined

PACKAGE = "aifp.helpers.user_directives.internal.templates"
SUFFIX = ".jinja"


def fill(template: str, **values: object) -> str:
    """Fill one template with values."""
    return _environment().get_template(template + SUFFIX).render(values)


@cache
def _environment() -> Environment:
    found = (f for f in files(PACKAGE).iterdir() if f.name.endswith(SUFFIX))
    loader = DictLoader({f.name: f.read_text(encoding="utf-8") for f in found})
    # The output is Python for a file, never HTML: escaping would break it.
    return Environment(  # noqa: S701
        loader=loader,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
