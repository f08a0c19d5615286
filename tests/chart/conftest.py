"""The chart's tests: Helm renders it, and what comes out is looked at. No cluster, no Docker."""

import os
import shutil
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


RULES = """groups:
  - name: catalog-sync
    rules:
      - alert: CatalogSyncDown
        expr: absent(catalog_sync_ready)
        for: 5m
        annotations:
          summary: "{{ $labels.pod }} is {{ $value }}"
"""
DASHBOARD = '{"title": "catalog-sync", "panels": [{"legend": "{{pod}}"}]}\n'


@pytest.fixture
def chart_with_files(tmp_path):
    """A copy of the chart whose rules and dashboard are known: {{ }} in them is theirs, not Helm's."""
    folder = str(tmp_path / "catalog-sync")
    shutil.copytree(chart.CHART, folder)
    files = os.path.join(folder, "files")
    os.makedirs(files, exist_ok=True)
    for name, text in (("catalog-sync.rules.yml", RULES), ("dashboard.json", DASHBOARD)):
        with open(os.path.join(files, name), "w", encoding="utf-8") as out:
            out.write(text)
    return folder
