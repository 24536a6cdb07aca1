"""D98: whatever is changed under an approved directive, it does not run; undone, it does."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from aifp.helpers.user_directives.internal.gate import require_release
from aifp.helpers.user_directives.internal.pausing import release_to_run
from aifp.schemas.errors import (
    AifpError,
    ApprovalRequired,
    DependencyMissing,
    FileMissing,
    Unavailable,
)
from tests.helpers.user_directives.lives import HELPER, MODULE, Life
from tests.helpers.user_directives.needs import make_program


@dataclass(frozen=True)
class Attack:
    """One way to put something else under an approval, and the way back."""

    do: Callable[[Life], object]
    undo: Callable[[Life], object]
    refusal: type[AifpError] = ApprovalRequired
    cause: str = "approval_void"
    alert: str = "approval_void"


def swap(path: str, change: Callable[[bytes], bytes]) -> Attack:
    kept: dict[str, bytes] = {}

    def do(life: Life) -> None:
        kept[path] = (life.project / path).read_bytes()
        (life.project / path).write_bytes(change(kept[path]))

    def undo(life: Life) -> None:
        (life.project / path).write_bytes(kept[path])

    return Attack(do, undo)


def column(table: str, name: str, value: str) -> Attack:
    """Write a value into a column of the newest row; `value` is SQL over the old value."""
    kept: dict[str, object] = {}
    newest = f"(SELECT max(id) FROM {table})"

    def do(life: Life) -> None:
        kept[name] = life.sql(f"SELECT {name} FROM {table} WHERE id = {newest}")[0][name]
        life.sql(f"UPDATE {table} SET {name} = {value} WHERE id = {newest}")

    def undo(life: Life) -> None:
        life.sql(f"UPDATE {table} SET {name} = ? WHERE id = {newest}", kept[name])

    return Attack(do, undo)


def link_elsewhere(life: Life) -> None:
    (life.project / "elsewhere.py").write_text("def execute_sums(ctx): return 1\n")
    (life.project / MODULE).rename(life.project / "kept.py")
    (life.project / MODULE).symlink_to(life.project / "elsewhere.py")


def link_outside(life: Life) -> None:
    (life.project / MODULE).rename(life.project / "kept.py")
    (life.project / MODULE).symlink_to("/etc/passwd")


def unlink(life: Life) -> None:
    (life.project / MODULE).unlink()
    (life.project / "kept.py").rename(life.project / MODULE)


def folder_instead(life: Life) -> None:
    (life.project / MODULE).rename(life.project / "kept.py")
    (life.project / MODULE).mkdir()


def no_folder(life: Life) -> None:
    shutil.rmtree(life.project / MODULE)
    (life.project / "kept.py").rename(life.project / MODULE)


PACKAGE = (
    "INSERT INTO directive_dependencies (directive_id, dependency_type, name, version, sha256,"
    " is_installed, created_at) VALUES (1, 'python_package', 'evil', '1.0', 'ab', 1, '2026')"
)
NEEDED = PACKAGE.replace("'python_package', 'evil'", "'system_package', ?").replace(
    "'ab', 1", "NULL, 0"
)
ATTACKS = {
    "implementation file": swap(MODULE, lambda data: data + b"\nX = 1\n"),
    "one byte of a comment": swap(MODULE, lambda data: data.replace(b'"""', b"'''", 1)),
    "helper module": swap(
        HELPER, lambda data: data.replace(b"sum(numbers)", b"1e9 + sum(numbers)")
    ),
    "bytes that are no text": swap(MODULE, lambda data: data + b"\xff\xfe"),
    "a file beyond the limit": swap(MODULE, lambda data: data + b"#" * 1_048_577),
    "an empty file": swap(MODULE, lambda data: b""),
    "link to another file": Attack(link_elsewhere, unlink),
    "link out of the project": Attack(link_outside, unlink),
    "folder": Attack(folder_instead, no_folder),
    "directive row": column(
        "user_directives", "configuration_json", "replace(configuration_json, 'today', 'thief')"
    ),
    "directive row that is no directive": column("user_directives", "configuration_json", "'[]'"),
    "permissions": column(
        "user_directives",
        "permissions_json",
        '\'[{"resource":"host","value":{"host":"evil.example"}}]\'',
    ),
    "no permissions at all": column("user_directives", "permissions_json", "'[]'"),
    "permissions that are none": column("user_directives", "permissions_json", "'{\"a\": 1}'"),
    "entry point": column("directive_implementations", "entry_point", "'add_up'"),
    "main module": column("directive_implementations", "implementation_file", f"'{HELPER}'"),
    "package": Attack(
        lambda life: life.sql(PACKAGE),
        lambda life: life.sql("DELETE FROM directive_dependencies WHERE name = 'evil'"),
    ),
    "helper left out": Attack(
        lambda life: life.sql(
            "UPDATE artifact_version_files SET role = 'test' WHERE path = ?", HELPER
        ),
        lambda life: life.sql(
            "UPDATE artifact_version_files SET role = 'helper' WHERE path = ?", HELPER
        ),
    ),
    "deleted file": Attack(
        lambda life: (life.project / MODULE).rename(life.project / "kept.py"),
        lambda life: (life.project / "kept.py").rename(life.project / MODULE),
        FileMissing,
        "file_deleted",
        "implementation_deleted",
    ),
    "missing program": Attack(
        lambda life: life.sql(NEEDED, str(life.project / "ffmpeg")),
        lambda life: make_program(life.project / "ffmpeg"),
        DependencyMissing,
        "dependency_missing",
        "dependency_missing",
    ),
}


@pytest.mark.req("D98", "X01", "F23", "G9")
@pytest.mark.parametrize("name", ATTACKS)
async def test_what_was_changed_under_an_approval_never_runs_and_goes_on_when_undone(
    life: Life, name: str
) -> None:
    attack, directive_id = ATTACKS[name], await life.active()
    approval = life.row(directive_id)["approval_id"]
    attack.do(life)
    for _ in range(2):
        with pytest.raises(attack.refusal):
            await release_to_run(life.ctx, directive_id)
    keeps = int(attack.cause == "dependency_missing")
    assert life.standing(directive_id) == ("paused", attack.cause, keeps)
    assert life.alerts() == [attack.alert]
    assert len(life.events("approval_void")) == 1 - keeps
    attack.undo(life)
    release = await release_to_run(life.ctx, directive_id)
    assert release.approval_id == approval
    assert life.standing(directive_id) == ("active", None, 1)
    assert life.alerts() == []
    assert len(life.sql("SELECT id FROM approvals")) == 1
    moves = [(e["from_status"], e["to_status"], e["actor"]) for e in life.events("status_changed")]
    assert moves[-2:] == [("active", "paused", "system"), ("paused", "active", "system")]


@pytest.mark.req("D98")
async def test_the_alert_shows_what_differs(life: Life) -> None:
    directive_id = await life.active()
    module = life.project / MODULE
    module.write_text(module.read_text() + "X = 1\u202e\n")
    with pytest.raises(ApprovalRequired):
        await release_to_run(life.ctx, directive_id)
    stats = life.sql("SELECT stats_json FROM alerts")[0]["stats_json"]
    assert '"changed": "code"' in stats
    assert "+X = 1<U+202E>" in stats


@pytest.mark.req("D98")
async def test_a_pause_by_the_user_stays_one(life: Life) -> None:
    directive_id = await life.active()
    life.sql("UPDATE user_directives SET status = 'paused', pause_cause = 'user'")
    (life.project / MODULE).write_text("")
    with pytest.raises(ApprovalRequired):
        await release_to_run(life.ctx, directive_id)
    assert life.standing(directive_id) == ("paused", "user", 0)


@pytest.mark.req("D98")
async def test_another_cause_takes_the_place_of_the_first(life: Life) -> None:
    directive_id = await life.active()
    (life.project / MODULE).write_text("")
    with pytest.raises(ApprovalRequired):
        await release_to_run(life.ctx, directive_id)
    (life.project / MODULE).unlink()
    with pytest.raises(FileMissing):
        await release_to_run(life.ctx, directive_id)
    assert life.standing(directive_id) == ("paused", "file_deleted", 0)


@pytest.mark.req("D98")
async def test_another_sandbox_needs_another_approval(life: Life) -> None:
    class OtherSandbox:
        """The same sandbox with another profile."""

        def profile(self, packages: object = ()) -> str:
            return "other"

    directive_id = await life.active()
    other = replace(life.ctx, sandbox=OtherSandbox())  # pyright: ignore[reportArgumentType]
    with pytest.raises(ApprovalRequired):
        await require_release(other, directive_id)
    assert (await require_release(life.ctx, directive_id)).approval_id == 1


@pytest.mark.req("D98")
@pytest.mark.parametrize("label", ["title", "description", "domain", "tags"])
async def test_a_label_needs_no_new_approval(life: Life, label: str) -> None:
    directive_id = await life.active()
    value = "json_array('x')" if label == "tags" else "'x'"
    life.sql(
        f"UPDATE user_directives SET configuration_json ="
        f" json_set(configuration_json, '$.{label}', {value})"
    )
    assert (await require_release(life.ctx, directive_id)).approval_id == 1


@pytest.mark.req("X01")
async def test_stored_grants_give_nothing(life: Life) -> None:
    directive_id = await life.active()
    before = await require_release(life.ctx, directive_id)
    life.sql(
        "INSERT INTO grants (subject_kind, subject_id, effect, resource, value_json, approval_id,"
        " granted_by, created_at) VALUES"
        " ('directive', '1', 'allow', 'host', '{\"host\": \"evil.example\"}', 1, 'user', '2026')"
    )
    assert await require_release(life.ctx, directive_id) == before


@pytest.mark.req("D102")
async def test_nothing_starts_while_everything_is_stopped_and_nothing_is_paused(life: Life) -> None:
    directive_id = await life.active()
    life.sql("INSERT INTO engine_state VALUES ('stop_switch', '{\"reason\": \"x\"}', '2026')")
    with pytest.raises(Unavailable, match="aifp resume"):
        await release_to_run(life.ctx, directive_id)
    assert life.standing(directive_id) == ("active", None, 1)


@pytest.mark.req("D98")
async def test_a_missing_secret_pauses_and_comes_back(life: Life) -> None:
    text = """timezone: UTC
directives:
  sums:
    every: 1h
    do: {http: GET https://a.example.net/x, auth: secret RATES}
"""
    life.keyring.store("RATES", "s3cret")
    directive_id = await life.active(text)
    life.keyring.forget("RATES")
    with pytest.raises(DependencyMissing, match="secret RATES"):
        await release_to_run(life.ctx, directive_id)
    assert life.standing(directive_id) == ("paused", "dependency_missing", 1)
    life.keyring.store("RATES", "other")
    await release_to_run(life.ctx, directive_id)
    assert life.standing(directive_id) == ("active", None, 1)
