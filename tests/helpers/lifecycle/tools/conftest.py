from tests.helpers.lifecycle.internal.conftest import (
    shelf as shelf,
)
