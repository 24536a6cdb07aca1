import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifp.helpers.lifecycle.internal.diffs import COMPARED, compute_diff, compute_diffs
from aifp.schemas.differences import DiffStats

TEXTS = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=30).map("\n".join)


@pytest.mark.req("S11")
def test_one_changed_line_is_one_added_one_removed_and_one_changed() -> None:
    found = compute_diff("a\nb\nc\n", "a\nB\nc\n")
    assert found.stats == DiffStats(lines_added=1, lines_removed=1, lines_changed=1)
    assert found.diff == "--- old/\n+++ new/\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"


@pytest.mark.req("S11")
@pytest.mark.parametrize(("lines", "significant"), [(10, False), (11, True)])
def test_more_than_ten_lines_are_significant(lines: int, *, significant: bool) -> None:
    found = compute_diff("", "".join(f"x = {n}\n" for n in range(lines)))
    assert found.stats == DiffStats(lines_added=lines, lines_removed=0, lines_changed=0)
    assert found.significant is significant


@pytest.mark.req("S11")
def test_lines_that_begin_like_a_header_count_as_what_they_are() -> None:
    found = compute_diff("-- a\n", "++ b\n+++ c\n")
    assert found.stats == DiffStats(lines_added=2, lines_removed=1, lines_changed=1)


@pytest.mark.req("S11")
def test_equal_texts_have_no_difference() -> None:
    found = compute_diff("a\n", "a\n")
    assert (found.diff, found.significant) == ("", False)
    assert found.stats == DiffStats(lines_added=0, lines_removed=0, lines_changed=0)


@pytest.mark.req("S11")
def test_several_files_are_compared_by_path() -> None:
    found = compute_diffs(
        {"a.py": "1\n", "b.py": "2\n"}, {"b.py": "2\n", "c.py": "3\n"}, "v1", "v2"
    )
    assert found.stats == DiffStats(lines_added=1, lines_removed=1, lines_changed=0)
    assert [line for line in found.diff.splitlines() if line[:3] in ("---", "+++")] == [
        "--- v1/a.py",
        "+++ v2/a.py",
        "--- v1/c.py",
        "+++ v2/c.py",
    ]


@pytest.mark.req("S11")
def test_only_a_newline_ends_a_line() -> None:
    found = compute_diff("a\x0cb\u2028c\n", "a\x0cb\u2028d\n")
    assert found.stats == DiffStats(lines_added=1, lines_removed=1, lines_changed=1)


@pytest.mark.req("S11")
def test_a_huge_change_is_told_as_one() -> None:
    many = COMPARED + 1
    found = compute_diff("top\n" + "a\n" * many + "end\n", "top\n" + "b\n" * many + "end\n")
    assert found.stats == DiffStats(lines_added=many, lines_removed=many, lines_changed=many)


@pytest.mark.req("S11")
@given(old=TEXTS, new=TEXTS)
def test_what_came_less_what_went_is_what_grew(old: str, new: str) -> None:
    found = compute_diff(old, new)
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    assert found.stats.lines_added - found.stats.lines_removed == len(after) - len(before)
    assert (found.diff == "") == (old == new)
    assert found.stats.lines_changed <= min(found.stats.lines_added, found.stats.lines_removed)
    told = found.diff.splitlines()[2:]
    assert sum(line.startswith("+") for line in told) == found.stats.lines_added
    assert sum(line.startswith("-") for line in told) == found.stats.lines_removed


@pytest.mark.req("S11")
@given(old=TEXTS, new=TEXTS)
def test_a_difference_reads_as_the_standard_one_where_lines_are_all_different(
    old: str, new: str
) -> None:
    before = [f"{n}{line}\n" for n, line in enumerate(old.split("\n"))]
    after = [f"{n}{line}\n" for n, line in enumerate(new.split("\n"))]
    found = compute_diff("".join(before), "".join(after), "a", "b").diff
    assert found == "".join(difflib.unified_diff(before, after, "a/", "b/"))
