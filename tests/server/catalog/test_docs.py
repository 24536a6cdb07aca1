"""The generated pages say what the code says."""

import re
from pathlib import Path

import pytest

from aifp.schemas.settings import Settings
from aifp.server.catalog.build import CatalogFault, build_catalog
from aifp.server.catalog.docs import documents, settings_page, tools_page, with_tools
from aifp.server.catalog.load import load_catalog, tools_of

ROOT = Path(__file__).parents[3]


def test_every_setting_is_described_with_its_default() -> None:
    page = settings_page()
    assert [n for n, f in Settings.model_fields.items() if not f.description] == []
    assert [n for n in Settings.model_fields if page.count(f"| `{n}` |") != 1] == []


def test_every_tool_stands_on_the_page_once_with_every_argument() -> None:
    catalog = load_catalog()
    page = tools_page(catalog)
    for entry in tools_of(catalog):
        assert page.count(f"### {entry.name}\n") == 1
        part = page.split(f"### {entry.name}\n")[1].split("\n### ")[0]
        properties = entry.input_schema.get("properties")
        assert isinstance(properties, dict)
        assert [name for name in properties if f"| `{name}` |" not in part] == []


def test_the_committed_pages_are_fresh() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, text in documents(build_catalog(), readme).items():
        assert (ROOT / name).read_text(encoding="utf-8") == text, "run ./sync-directives.py"


def test_the_readme_counts_the_tools_of_every_toolset() -> None:
    catalog = load_catalog()
    readme = with_tools((ROOT / "README.md").read_text(encoding="utf-8"), catalog)
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (.*) \|$", readme, re.MULTILINE)
    assert rows[0][0] == "core"
    assert sum(int(count) for _, count, _ in rows) == len(tools_of(catalog))
    listed = [name for _, _, names in rows for name in names.replace("`", "").split(", ")]
    assert sorted(listed) == sorted(entry.name for entry in tools_of(catalog))


def test_a_readme_without_its_marks_is_refused() -> None:
    with pytest.raises(CatalogFault, match="lost its marks"):
        with_tools("# aifp\n", load_catalog())
