"""An event may come the moment a directive is active."""

import httpx2
import pytest

from tests.journeys.projects import Project

PARCELS = """
directives:
  parcel_arrived:
    on: webhook parcels
    mode: parallel
    do: log "a parcel"
"""


@pytest.mark.req("D50", "D87")
def test_a_webhook_is_served_as_soon_as_activation_has_answered(project: Project) -> None:
    project.implement("events.yaml", PARCELS)
    project.approve("parcel_arrived")
    address = f"http://127.0.0.1:{project.hooks_port}/hooks/parcels"
    for _ in range(5):
        project.call("user_directive_activate", name="parcel_arrived")
        assert httpx2.post(address, json={}, trust_env=False).status_code == 202
        project.call("user_directive_deactivate", name="parcel_arrived")
