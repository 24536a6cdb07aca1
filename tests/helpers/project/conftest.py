from pathlib import Path

import pytest

from aifp.schemas.ports import Ctx
from tests.helpers.project.looking import Shelf
from tests.helpers.user_directives.conftest import (
    ctx as ctx,
)
from tests.helpers.user_directives.conftest import (
    engine as engine,
)
from tests.helpers.user_directives.conftest import (
    keyring as keyring,
)
from tests.helpers.user_directives.conftest import (
    life as life,
)
from tests.helpers.user_directives.conftest import (
    person as person,
)
from tests.helpers.user_directives.conftest import (
    plain_ctx as plain_ctx,
)
from tests.helpers.user_directives.conftest import (
    project as project,
)
from tests.helpers.user_directives.conftest import (
    runner_cache as runner_cache,
)
from tests.helpers.user_directives.conftest import (
    sandbox as sandbox,
)
from tests.helpers.user_directives.conftest import (
    write as write,
)


@pytest.fixture
async def shelf(plain_ctx: Ctx, project: Path) -> Shelf:
    """The same project, made as `aifp init` makes one, and ways to look into project.db."""
    async with plain_ctx.project.write() as db:
        await db.run("add_project", name="home", timezone="UTC", at="2026-01-01T00:00:00.000Z")
    return Shelf(project)
