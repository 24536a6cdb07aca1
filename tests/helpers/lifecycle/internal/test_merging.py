import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifp.helpers.lifecycle.internal.conflicts import OPTIONS, resolution_of
from aifp.helpers.lifecycle.internal.merging import MAX_LINES, merge
from aifp.schemas.differences import Overlap, Resolution
from aifp.schemas.errors import LimitExceeded

BASE = "one\ntwo\nthree\nfour\nfive\n"
TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\n"]), max_size=12).map("".join)


@pytest.mark.req("S18")
def test_changes_in_different_places_come_together() -> None:
    disk, proposal = BASE.replace("one", "ONE"), BASE.replace("five", "FIVE")
    merged = merge(BASE, disk, proposal)
    assert (merged.text, merged.overlaps) == ("ONE\ntwo\nthree\nfour\nFIVE\n", [])


@pytest.mark.req("S18")
def test_lines_that_came_and_lines_that_went_come_together() -> None:
    disk, proposal = BASE.replace("two\n", ""), BASE.replace("four\n", "four\nmore\n")
    assert merge(BASE, disk, proposal).text == "one\nthree\nfour\nmore\nfive\n"


@pytest.mark.req("S18")
def test_an_overlap_is_marked_and_listed() -> None:
    merged = merge(BASE, BASE.replace("three", "3"), BASE.replace("three", "III"))
    assert merged.overlaps == [Overlap(line=3, baseline="three\n", disk="3\n", proposal="III\n")]
    assert merged.text == (
        "one\ntwo\n<<<<<<< on disk\n3\n||||||| baseline\nthree\n=======\nIII\n"
        ">>>>>>> proposal\nfour\nfive\n"
    )


@pytest.mark.req("S18")
def test_the_same_change_on_both_sides_is_no_overlap() -> None:
    changed = BASE.replace("three", "3")
    merged = merge(BASE, changed, changed)
    assert (merged.text, merged.overlaps) == (changed, [])


@pytest.mark.req("S18")
def test_a_line_removed_here_and_changed_there_overlaps() -> None:
    merged = merge(BASE, BASE.replace("three\n", ""), BASE.replace("three", "3"))
    assert [(o.disk, o.proposal) for o in merged.overlaps] == [("", "3\n")]


@pytest.mark.req("S18")
def test_a_missing_last_newline_does_not_eat_the_marks() -> None:
    merged = merge("a", "b", "c")
    assert merged.text.splitlines()[-1] == ">>>>>>> proposal"
    assert len(merged.overlaps) == 1


@pytest.mark.req("S18")
@given(base=TEXTS, other=TEXTS)
def test_a_side_that_changed_nothing_gives_way_to_the_other(base: str, other: str) -> None:
    assert merge(base, base, other).text == other
    assert merge(base, other, base).text == other
    assert merge(base, other, other).text == other


@pytest.mark.req("S18")
@given(base=TEXTS, disk=TEXTS, proposal=TEXTS)
def test_the_sides_may_be_told_in_either_order(base: str, disk: str, proposal: str) -> None:
    one, other = merge(base, disk, proposal), merge(base, proposal, disk)
    assert len(one.overlaps) == len(other.overlaps)
    assert one.overlaps or one.text == other.text


@pytest.mark.req("S18")
def test_what_takes_too_long_is_refused() -> None:
    with pytest.raises(LimitExceeded, match="by hand"):
        merge("a\n" * (MAX_LINES + 1), "", "")


@pytest.mark.req("S17")
@pytest.mark.parametrize(
    ("baseline", "disk", "action", "reason"),
    [
        ("old", "new", "no_op", "already_in_sync"),
        ("new", "new", "no_op", "already_in_sync"),
        ("old", "old", "safe_overwrite", "no_concurrent_changes"),
        (None, None, "safe_overwrite", "no_concurrent_changes"),
        ("old", "edited", "conflict", "concurrent_modification"),
        ("old", None, "conflict", "concurrent_modification"),
        (None, "edited", "conflict", "concurrent_modification"),
    ],
)
def test_three_hashes_tell_whether_a_file_may_be_replaced(
    baseline: str | None, disk: str | None, action: str, reason: str
) -> None:
    found = resolution_of(baseline, disk, "new")
    assert (found.action, found.reason) == (action, reason)
    assert found.resolution_options == (OPTIONS if action == "conflict" else [])
    assert isinstance(found, Resolution)
