"""The generated pages of docs/: tools from the catalog, settings from their model."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, cast

from aifp.schemas.catalog import Catalog, HelperEntry
from aifp.schemas.settings import Settings
from aifp.server.catalog.build import CatalogFault
from aifp.server.config import UPKEEP

NOTE = "<!-- Made by sync-directives.py; edit the code, not this page. -->"
TABLE_BEGINS = "<!-- The table is made by sync-directives.py. -->"
TABLE_ENDS = "<!-- End of the table. -->"
CORE = "core"
# Where settings are set that are not simply a line of the file or a variable.
ELSEWHERE = {
    "project": "`--project` or `AIFP_PROJECT`",
    "config_folder": "`AIFP_CONFIG`",
    "toolsets": "`aifp serve --toolsets` or `AIFP_TOOLSETS`",
    "tools": "`aifp serve --tools`, `AIFP_TOOLS` or file",
    "output_schemas": "`aifp serve --output-schemas`, `AIFP_OUTPUT_SCHEMAS` or file",
    "read_only": "`aifp serve --read-only` or `AIFP_READ_ONLY`",
    "throwaway": "`aifp init --throwaway`",
} | dict.fromkeys(sorted(UPKEEP), "file only")
BOUNDS = {
    "minimum": "from",
    "exclusiveMinimum": "above",
    "maximum": "to",
    "exclusiveMaximum": "below",
}
MARKS = {"reads": "reads", "writes": "writes", "destroys": "ends or removes something"}
SETTINGS_HEAD = """\
A project's own settings lie in `.aifp-project/settings.json`, one JSON object. The environment
goes before the file. The daemon reads them once, at its start: `aifp stop` and the next command
let it read them again. Unknown names and wrong values are refused at the start.
"""
TOOLS_HEAD = """\
What an assistant can call. The toolset `core` is listed by default; the others are listed with
`aifp serve --toolsets core,logging,...`, and `search_tools` with `call_tool` reach every tool
without listing it. `aifp serve --read-only` offers only tools that read.
"""


def documents(catalog: Catalog, readme: str) -> dict[str, str]:
    """Return the generated pages, and the README with its generated part, by their path."""
    return {
        "README.md": with_tools(readme, catalog),
        "docs/settings.md": settings_page(),
        "docs/tools.md": tools_page(catalog),
    }


def with_tools(readme: str, catalog: Catalog) -> str:
    """Return the README with a fresh table of toolsets between its two marks."""
    head, opened, rest = readme.partition(TABLE_BEGINS)
    _, closed, tail = rest.partition(TABLE_ENDS)
    if not opened or not closed:
        raise CatalogFault(f"README.md has lost its marks {TABLE_BEGINS} and {TABLE_ENDS}")
    rows = [_toolset(name, own) for name, own in by_toolset(catalog).items()]
    table = _table(("toolset", "tools", "names"), rows)
    return f"{head}{TABLE_BEGINS}\n{table}{TABLE_ENDS}{tail}"


def _toolset(name: str, own: list[HelperEntry]) -> tuple[str, ...]:
    return f"`{name}`", str(len(own)), ", ".join(f"`{entry.name}`" for entry in own)


def by_toolset(catalog: Catalog) -> dict[str, list[HelperEntry]]:
    """Return the tools by the toolset they live in, the default one first."""
    named = sorted(catalog.helpers, key=lambda entry: entry.name)
    tools = [entry for entry in named if entry.is_tool]
    homes = sorted({entry.toolsets[0] for entry in tools}, key=lambda name: (name != CORE, name))
    return {home: [entry for entry in tools if entry.toolsets[0] == home] for home in homes}


def settings_page() -> str:
    """Return the table of all settings."""
    rows = [_setting(name) for name in Settings.model_fields]
    head = ("setting", "default", "meaning", "set by")
    return _page("Settings", SETTINGS_HEAD, _table(head, rows))


def _setting(name: str) -> tuple[str, ...]:
    field = Settings.model_fields[name]
    default = "given" if field.is_required() else f"`{json.dumps(field.default)}`"
    where = ELSEWHERE.get(name, f"file, `AIFP_{name.upper()}`")
    return f"`{name}`", default, field.description or "", where


def tools_page(catalog: Catalog) -> str:
    """Return all tools, toolset by toolset, with their arguments."""
    parts = [
        f"## {home}\n\n" + "\n".join(map(_tool, own)) for home, own in by_toolset(catalog).items()
    ]
    return _page("Tools", TOOLS_HEAD, *parts)


def _tool(entry: HelperEntry) -> str:
    marks = [MARKS[entry.effect or "reads"]]
    marks += ["asks the person"] if entry.asks else []
    marks += ["in core"] if CORE in entry.toolsets[1:] else []
    head = f"### {entry.name}\n\n{entry.description}\n\n*{', '.join(marks)}*\n"
    rows = list(_arguments(entry))
    return head + (f"\n{_table(('argument', 'type', 'default', 'notes'), rows)}" if rows else "")


def _arguments(entry: HelperEntry) -> Iterator[tuple[str, ...]]:
    properties = cast("dict[str, dict[str, Any]]", entry.input_schema.get("properties", {}))
    required = cast("list[str]", entry.input_schema.get("required", []))
    for name, schema in properties.items():
        fallback = f"`{json.dumps(schema['default'])}`" if "default" in schema else "none"
        default = "required" if name in required else fallback
        yield f"`{name}`", _type(schema), default, str(schema.get("description", ""))


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    bounds = [f"{word} {schema[key]}" for key, word in BOUNDS.items() if key in schema]
    return " ".join([str(schema.get("type", "any")), *bounds])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def _page(title: str, *parts: str) -> str:
    return f"{NOTE}\n# {title}\n\n" + "\n".join(parts)
