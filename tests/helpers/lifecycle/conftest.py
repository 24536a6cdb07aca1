"""The fixtures of directives serve tools as well."""

from dataclasses import replace
from pathlib import Path

import pytest

from aifp.schemas.ports import Ctx
from aifp.server.adapters.keyring import FileKeyring
from tests.helpers.lifecycle.trying import TryingEngine
from tests.helpers.lifecycle.workshop import Workshop
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
from tests.helpers.user_directives.lives import Life
from tests.helpers.user_directives.people import Person


@pytest.fixture
def workshop(plain_ctx: Ctx, person: Person, project: Path, keyring: FileKeyring) -> Workshop:
    """A project with tools and no sandbox."""
    return Workshop(plain_ctx, project, Life(plain_ctx, person, project, keyring))


@pytest.fixture
def shop(ctx: Ctx, person: Person, project: Path, keyring: FileKeyring) -> Workshop:
    """A project with tools, the real sandbox, and an engine that tests versions."""
    ctx = trying(ctx)
    return Workshop(ctx, project, Life(ctx, person, project, keyring))


@pytest.fixture
def tried_life(ctx: Ctx, person: Person, project: Path, keyring: FileKeyring) -> Life:
    """A project with directives, and an engine that tests versions."""
    return Life(trying(ctx), person, project, keyring)


def trying(ctx: Ctx) -> Ctx:
    """Return the context with an engine that tests versions."""
    engine = TryingEngine()
    engine.ctx = replace(ctx, engine=engine)
    return engine.ctx
