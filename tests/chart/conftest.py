"""The chart's tests: Helm renders it, and what comes out is looked at. No cluster, no Docker."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chart  # noqa: E402


@pytest.fixture(params=chart.NAMES)
def name(request):
    return request.param


@pytest.fixture
def resources(name):
    return chart.render(chart.values(name))
