"""What the pages for people show is true."""

import json
import re
from pathlib import Path

import pytest

from aifp.helpers.lifecycle.internal.tool_source import read_tool
from aifp.helpers.user_directives.internal.classification import classify
from aifp.helpers.user_directives.internal.language.reader import interpret, read_file
from aifp.schemas.reading import Known
from aifp.schemas.words import SourceFormat
from aifp.server.cli.commands import app

ROOT = Path(__file__).parents[1]
FIRST_PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES = [*FIRST_PAGES, *sorted((ROOT / "docs").glob("*.md"))]
FORMATS: dict[str, SourceFormat] = {"yaml": "yaml", "json": "json", "text": "txt"}
KNOWN = Known(
    project_timezone="Europe/Madrid",
    secrets=["HUB_TOKEN", "SHOP_HOOK_KEY"],
)
# What the tables name besides the directive they speak of.
WITH_OTHERS = KNOWN.model_copy(update={"directives": {"nightly_backup": "backup.yaml:1"}})
BLOCK = re.compile(r"^```(yaml|json|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def directive_blocks() -> list[tuple[SourceFormat, str]]:
    found: list[tuple[SourceFormat, str]] = []
    for page in PAGES:
        for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if "ervers" not in text:
                found.append((FORMATS[kind], text))
    return found


@pytest.mark.parametrize(("kind", "text"), directive_blocks())
def test_every_directive_on_a_page_is_understood(kind: SourceFormat, text: str) -> None:
    assert faults_of(kind, text) == []


def starts() -> list[str]:
    """Return the forms of the table of starts, each a line such as `at: 18:00`."""
    text = (ROOT / "docs" / "directives.md").read_text(encoding="utf-8")
    table = text[text.index("## When") : text.index("## If")]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return [code for row in rows for code in re.findall(r"`([^`]+)`", row) if code != "if:"]


@pytest.mark.parametrize("start", starts())
def test_every_start_of_the_table_is_understood(start: str) -> None:
    auth = "    auth: none\n    input: {order: string}\n" if start.startswith("api") else ""
    text = f"location: {{lat: 52.5, lon: 13.4}}\ndirectives:\n  it:\n    {start}\n{auth}"
    assert faults_of("yaml", text + '    do: log "x"\n', WITH_OTHERS) == []


def policies() -> list[tuple[str, str]]:
    """Return key and example of the table of policies."""
    text = (ROOT / "docs" / "directives.md").read_text(encoding="utf-8")
    table = text[text.index("## Policies") : text.index("## One line each")]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    single = [row for row in rows if "," not in row[0]]
    return [
        (key.strip(" `"), code)
        for key, cell in single
        if key.strip(" `") != "mode"
        for code in re.findall(r"`([^`]+)`", cell)
    ]


@pytest.mark.parametrize(("key", "example"), policies())
def test_every_policy_of_the_table_is_understood(key: str, example: str) -> None:
    text = f'directives:\n  it:\n    every: hour\n    do: log "x"\n    {key}: {example}\n'
    assert faults_of("yaml", text, WITH_OTHERS) == []


def faults_of(kind: SourceFormat, text: str, known: Known = KNOWN) -> list[str]:
    """Return what a reader finds wrong or open in a file."""
    file = read_file(text.encode(), f"page.{kind}", kind)
    assert file.drafts
    readings = [interpret(draft, file.settings, known, {}, "page") for draft in file.drafts]
    found = [*file.problems, *(problem for r in readings for problem in r.problems)]
    errors = [str(problem) for problem in found if problem.severity == "error"]
    return errors + [q.id for r in readings for q in r.questions if q.severity == "error"]


def test_every_snippet_for_a_client_is_json() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    snippets = [body for kind, body in BLOCK.findall(text) if kind == "json"]
    assert [list(json.loads(snippet)) for snippet in snippets] == [["mcpServers"], ["servers"]]


def test_the_readme_lists_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    names = [c.name or (c.callback.__name__ if c.callback else "") for c in app.registered_commands]
    missing = [name for name in names if f"aifp {name.replace('_', '-')}" not in text]
    assert missing == []


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_tool_on_the_page_about_own_tools_is_one() -> None:
    page = (ROOT / "docs" / "own-tools.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    spec = read_tool("weather", source)
    assert spec.declared.effect_class == classify(spec, {"weather": source}) == "read_only"
    assert [permission.value["host"] for permission in spec.permissions] == ["weather.example"]
    assert [case.input["city"] for case in spec.test_cases] == ["Bern"]
