"""D08: a whole configuration in the place of the old one."""

import copy
from typing import Any

import pytest

from aifp.schemas.common import JsonMap
from tests.helpers.user_directives.calls import called, refused
from tests.helpers.user_directives.lives import FUNCTIONS, TEXT, Life


async def configuration(life: Life) -> dict[str, Any]:
    found = await called(life.ctx, "get_directive_by_id", directive_id=1)
    return found["configuration_json"]


async def update(life: Life, form: dict[str, Any]) -> dict[str, Any]:
    return await called(
        life.ctx, "update_directive_config", directive_id=1, configuration_json=form
    )


async def not_updated(life: Life, form: dict[str, Any], directive_id: int = 1) -> JsonMap:
    """Return the refusal of a configuration that changed nothing."""
    before = life.dump()
    given = {"directive_id": directive_id, "configuration_json": form}
    answer = await refused(life.ctx, "update_directive_config", **given)
    assert life.dump() == before
    return answer


@pytest.mark.req("D08", "D61")
async def test_one_changed_field_makes_a_version_that_nobody_approved(life: Life) -> None:
    directive_id = await life.active()
    form = await configuration(life)
    form["when"][0]["every_ms"] = 7_200_000
    answer = await update(life, form)
    assert answer["success"] is True
    assert answer["updated_fields"] == ["when.0.every_ms"]
    assert (answer["status"], answer["open_questions"]) == ("validated", [])
    assert "sums.yaml still reads otherwise" in answer["note"]
    assert life.standing(directive_id) == ("validated", None, 0)
    assert await configuration(life) == form
    versions = life.sql("SELECT version, configuration_json FROM directive_versions ORDER BY 1")
    assert [row["version"] for row in versions] == [1, 2]
    assert '"every_ms": 3600000' in versions[0]["configuration_json"]
    assert len(life.events("approval_void")) == 1
    # Nothing fires: neither now nor by activating what was approved before.
    assert life.sql("SELECT id FROM user_directives WHERE status = 'active'") == []
    refusal = await refused(life.ctx, "user_directive_activate", name="sums")
    assert refusal["error_code"] == "invalid_transition"
    # The new version goes the whole way again.
    await called(life.ctx, "user_directive_implement", name="sums", code=FUNCTIONS)
    refusal = await refused(life.ctx, "user_directive_activate", name="sums")
    assert refusal["error_code"] == "approval_required"
    await life.approve()
    await called(life.ctx, "user_directive_activate", name="sums")


@pytest.mark.req("D08")
async def test_an_equal_configuration_changes_and_voids_nothing(life: Life) -> None:
    directive_id = await life.active()
    form = await configuration(life)
    before = life.dump()
    # Written out or not, a default is a default; keys have no order.
    defaults: dict[str, Any] = {"priority": 0, "tags": []}
    for same in (form, form | defaults, dict(reversed(form.items()))):
        answer = await update(life, same)
        assert (answer["updated_fields"], answer["status"]) == ([], "active")
    assert life.dump() == before
    assert life.standing(directive_id) == ("active", None, 1)


@pytest.mark.req("D08")
async def test_secrets_that_the_steps_name_need_not_be_listed(life: Life) -> None:
    life.keyring.store("KEY", "a long value")
    text = """timezone: UTC
directives:
  sums:
    every: 1h
    do: {http: GET https://a.example.net/x, auth: secret KEY}
    secrets: [KEY]
"""
    await life.active(text)
    form = await configuration(life)
    assert form.pop("secrets") == ["KEY"]
    before = life.dump()
    assert (await update(life, form))["updated_fields"] == []
    assert life.dump() == before
    form["when"][0]["every_ms"] = 7_200_000
    assert (await update(life, form))["updated_fields"] == ["when.0.every_ms"]
    assert (await configuration(life))["secrets"] == ["KEY"]


@pytest.mark.req("D08", "D97")
async def test_a_slip_is_refused_with_its_path_and_the_nearest_name(life: Life) -> None:
    await life.active()
    form = await configuration(life)
    slips: list[tuple[list[str | int], str, str]] = [
        ([], "polices", "/polices: polices is not known here; did you mean policies?"),
        ([], "timezon", "did you mean timezone?"),
        (["steps", 1], "mesage", "/steps/1/mesage: mesage is not known here; did you mean message"),
        (["when", 0], "every_m", "/when/0/every_m: every_m is not known here; did you mean every_"),
        (["steps", 0], "zzzzzzzz", "/steps/0/zzzzzzzz: zzzzzzzz is not known here; known: args,"),
    ]
    for path, key, told in slips:
        wrong = copy.deepcopy(form)
        place: Any = wrong
        for part in path:
            place = place[part]
        place[key] = "x"
        answer = await not_updated(life, wrong)
        assert answer["error_code"] == "invalid_argument"
        assert told in str(answer["error"])
    policies = {"retry": {"times": 1, "after_ms": 1000, "factor": 2, "max_ms": 1000, "time": 2}}
    answer = await not_updated(life, form | {"policies": policies})
    assert "/policies/retry/time: time is not known here; did you mean times?" in str(answer)
    auth = {"kind": "bearer", "secret": "KEY", "sekret": "KEY"}
    webhook = {"kind": "webhook", "id": "bell", "auth": auth}
    answer = await not_updated(life, form | {"when": [webhook]})
    assert "/when/0/auth/sekret: sekret is not known here; did you mean secret?" in str(answer)
    assert life.standing(1) == ("active", None, 1)


@pytest.mark.req("D08")
async def test_what_the_language_forbids_is_refused_here_too(life: Life) -> None:
    await life.active()
    form = await configuration(life)
    log: JsonMap = {"verb": "log", "message": "x"}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({}, "/format: field required"),
        (form | {"format": 2}, "/format"),
        (form | {"priority": "7"}, "/priority"),
        (form | {"priority": 101}, "/priority"),
        (form | {"name": "other"}, "/name: a directive keeps its name"),
        (form | {"timezone": "Mars/Base"}, "/timezone"),
        (form | {"when": [{"kind": "cron", "expr": "61 * * * *"}]}, "/on/0"),
        (form | {"when": [{"kind": "moon"}]}, "/when/0"),
        (form | {"steps": []}, "/steps"),
        (form | {"steps": [log | {"message": "{{ nobody.knows }}"}]}, "/steps/0"),
        (form | {"steps": [log | {"if": "1 >"}]}, "/steps/0/if"),
        (form | {"if": "sensor.a>3"}, 'if: would be read as "sensor.a > 3"'),
        (form | {"policies": {"timeout_ms": 5}}, "/timeout"),
    ]
    for given, told in wrong:
        answer = await not_updated(life, given)
        assert answer["error_code"] == "invalid_argument", given
        assert told in str(answer["error"]), (given, answer["error"])


@pytest.mark.req("D08", "X02")
async def test_what_only_a_person_may_answer_opens_a_question(life: Life) -> None:
    await life.active()
    form = await configuration(life)
    form["steps"] = [{"verb": "http", "method": "GET", "url": "http://192.168.1.7/door"}]
    answer = await update(life, form)
    assert (answer["status"], answer["open_questions"]) == ("draft", ["q.private_host"])
    assert answer["updated_fields"] == ["steps"]
    assert life.standing(1) == ("draft", None, 0)
    given = {"name": "sums", "answers": {"q.private_host": "allow this host"}}
    refusal = await refused(life.ctx, "user_directive_validate", **given)
    assert "Only a person" in str(refusal["error"])
    assert life.standing(1) == ("draft", None, 0)


@pytest.mark.req("D08", "D44")
async def test_several_changes_are_named_one_by_one(life: Life) -> None:
    await life.validated()
    form = await configuration(life)
    form |= {"description": "All sums", "priority": 5, "policies": {"timeout_ms": 30_000}}
    form["steps"][1]["message"] = "Sums: {{ steps.total.sum }}"
    answer = await update(life, form)
    changed = ["description", "policies", "priority", "steps.1.message"]
    assert answer["updated_fields"] == changed
    found = await called(life.ctx, "get_directive_by_id", directive_id=1)
    assert (found["description"], found["priority"], found["status"]) == (
        "All sums",
        5,
        "validated",
    )
    back = await called(life.ctx, "user_directive_update", name="sums")
    assert [one["name"] for one in back["changed"]] == ["sums"]
    assert (await configuration(life)).get("description") is None


@pytest.mark.req("D08", "D65")
async def test_only_a_directive_that_is_there_takes_a_configuration(life: Life) -> None:
    given: dict[str, Any] = {"directive_id": 7, "configuration_json": {}}
    assert (await refused(life.ctx, "update_directive_config", **given))["error_code"] == (
        "not_found"
    )
    assert not life.database.exists()
    await life.validated(TEXT)
    form = await configuration(life)
    assert (await not_updated(life, form, 7))["error_code"] == "not_found"
    life.sql("UPDATE user_directives SET status = 'archived'")
    assert (await not_updated(life, form))["error_code"] == "invalid_transition"
