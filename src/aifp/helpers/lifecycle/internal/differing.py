"""What differs between the record of tools and their files: a pure comparison."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aifp.helpers.lifecycle.internal.folder import Disk
from aifp.helpers.lifecycle.internal.known_files import Known

# So many tools at once, and more than half of all, are no decision about each of them.
MASS = 5


@dataclass(frozen=True, slots=True)
class Differences:
    """Every difference by kind, each in order.

    new: files without a record. missing: expected and not there. back: missed for a moment.
    restored: there again after it was deleted or archived. changed: with other bytes than known,
    or nobody knows which; what is restored may be changed too. unread: what it says was lost.
    """

    new: list[str] = field(default_factory=lambda: list[str]())
    missing: list[Known] = field(default_factory=lambda: list[Known]())
    back: list[Known] = field(default_factory=lambda: list[Known]())
    restored: list[Known] = field(default_factory=lambda: list[Known]())
    changed: list[Known] = field(default_factory=lambda: list[Known]())
    unread: list[Known] = field(default_factory=lambda: list[Known]())

    def without(self, unsettled: Callable[[str], bool]) -> "Differences":
        """Return what stands still: files that are still being written are left for later."""

        def settled(all_of: list[Known]) -> list[Known]:
            return [one for one in all_of if not any(map(unsettled, one.paths))]

        return Differences(
            [path for path in self.new if not unsettled(path)],
            self.missing,
            self.back,
            settled(self.restored),
            settled(self.changed),
            settled(self.unread),
        )

    @property
    def moved(self) -> set[str]:
        """Return the files that are new or hold something else."""
        touched = (*self.restored, *self.changed, *self.unread)
        return {*self.new, *(path for one in touched for path in one.paths)}


def differences(known: Iterable[Known], disk: Disk) -> Differences:
    """Compare; what cannot be read or listed is no difference."""
    found, recorded = Differences(), set[str]()
    for one in known:
        recorded |= {str(one.row["main_path"])} if one.is_tool else set()
        if all(map(disk.is_sure_of, one.paths)):
            _compare(one, disk, found)
    found.new.extend(path for path in disk.tool_paths() if path not in recorded)
    return found


def _compare(one: Known, disk: Disk, found: Differences) -> None:
    if not all(path in disk.hashes for path in one.paths):
        if one.is_present:
            found.missing.append(one)
        return
    if not one.is_present:
        found.restored.append(one)
    elif one.row["missing_since"]:
        found.back.append(one)
    if differs(one, disk):
        found.changed.append(one)
    elif one.is_tool and one.row["parameters_json"] == "{}" and one.row["problem"] is None:
        found.unread.append(one)


def differs(one: Known, disk: Disk) -> bool:
    """Say whether a file that is there holds other bytes than known, or nobody knows which."""
    if not one.has_baseline:
        return True
    return any(disk.hashes[path] != sha256 for path, sha256 in one.code.items())


def is_mass(vanished: int, all_of: int) -> bool:
    """Say whether so many went away at once that something else must have happened."""
    return vanished >= MASS and vanished * 2 > all_of
