from pathlib import Path

import pytest

from aifp.schemas.ports import Ctx
from aifp.server.adapters.keyring import FileKeyring
from tests.helpers.lifecycle.shelf import Shelf
from tests.helpers.user_directives.lives import Life
from tests.helpers.user_directives.people import Person


@pytest.fixture
def shelf(plain_ctx: Ctx, person: Person, project: Path, keyring: FileKeyring) -> Shelf:
    """A project whose record tests fill by hand."""
    return Shelf(Life(plain_ctx, person, project, keyring))
