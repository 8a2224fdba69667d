from __future__ import annotations

import pytest

from rmnctl.agents.briefs import understand
from rmnctl.workflows.briefs import load_vocabulary


@pytest.fixture(scope="session")
def vocabulary():
    """The names of the default market."""
    return load_vocabulary()[1]


@pytest.fixture
def read(vocabulary):
    """What becomes of one brief, by rules alone."""
    return lambda brief: understand([brief], vocabulary)[0]


@pytest.fixture
def asked(read):
    """Fields of the request of a brief that differ from their defaults, limits by id."""

    def asked(brief):
        got = read(brief)
        assert got.problem is None, got.problem
        request = got.request.model_dump(mode="json", exclude_defaults=True)
        if "limits" in request:
            request["limits"] = {
                x.id: x.model_dump(mode="json", exclude_none=True, exclude={"scope", "id"})
                for x in got.request.limits
            }
        return request

    return asked
