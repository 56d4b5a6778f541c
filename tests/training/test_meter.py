"""What a training takes, on every system."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch

from refsam_hf.training import meter
from refsam_hf.training.meter import peak_memory

CPU = torch.device("cpu")


@pytest.mark.skipif(sys.platform != "linux", reason="compares with what Linux says")
def test_it_is_what_the_system_says(monkeypatch):
    said = Path("/proc/self/status").read_text()
    most = int(said.split("VmHWM:")[1].split()[0]) * 1024 / 1e9
    assert peak_memory(CPU) == pytest.approx(most, rel=0.02)
    monkeypatch.setattr(sys, "platform", "darwin")  # where the same call counts bytes, not KiB
    assert peak_memory(CPU) == pytest.approx(most / 1024, rel=0.02)


def test_windows_has_no_resource(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)
    spec = importlib.util.spec_from_file_location("meter_there", meter.__file__)
    there = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(there)
    assert there.Meter().paused()
