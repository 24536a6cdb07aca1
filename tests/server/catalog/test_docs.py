"""The generated pages say what the code says."""

from pathlib import Path

from aifp.schemas.settings import Settings
from aifp.server.catalog.build import build_catalog
from aifp.server.catalog.docs import documents, settings_page, tools_page
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
    for name, text in documents(build_catalog()).items():
        assert (ROOT / name).read_text(encoding="utf-8") == text, "run ./sync-directives.py"
