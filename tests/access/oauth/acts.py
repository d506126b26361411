"""What the tests do again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from labkit.access.oauth import OAuthError
from tests.access.oauth.conftest import FHIR, World

SCOPE = "launch/patient patient/ImagingStudy.rs patient/Patient.r offline_access"


def login(world: World, scope: str = SCOPE, **more: Any) -> dict[str, Any]:
    client = world.client(**more)
    return client.login("chen", "made-up", scope=scope, aud=FHIR, patient="p2")


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(OAuthError) as caught:
        act()
    return caught.value.error
