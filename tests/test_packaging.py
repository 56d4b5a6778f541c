"""The package as it is installed: its metadata, what importing it costs, and its wheel in an empty environment."""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import sysconfig
import zipfile
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path

import pytest

import refsam_hf

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "refsam_hf"
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
)


def python(code: str, executable: str | Path = sys.executable, **options: object) -> str:
    """What `code` prints, run by a new interpreter."""
    result = subprocess.run([executable, "-c", code], capture_output=True, text=True, timeout=300, **options)
    assert result.returncode == 0, result.stderr
    return result.stdout


def requirement_names(lines: list[str]) -> set[str]:
    names = (re.match(r"[\w.-]+", line) for line in lines if not line.startswith("#"))
    return {name.group().lower().replace("_", "-") for name in names if name}


@pytest.fixture(scope="module")
def installed():
    return distribution("refsam_hf")


def test_the_version_is_the_same_everywhere(installed) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert installed.version == refsam_hf.__version__
    assert re.findall(r"^## \[(\d[^]]*)\]", changelog, re.MULTILINE)[0] == refsam_hf.__version__


def test_the_command_is_installed(installed) -> None:
    (command,) = installed.entry_points.select(group="console_scripts")
    assert (command.name, command.value) == ("refsam", "refsam_hf.cli:main")
    assert callable(command.load())
    assert shutil.which("refsam", path=sysconfig.get_path("scripts"))


def test_every_requirement_has_a_tested_version(installed) -> None:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all("==" in line for line in constraints if line and not line.startswith("#"))
    assert requirement_names(installed.requires) <= requirement_names(constraints)
    assert "torch==2.13.0" in constraints


def test_torchvision_is_never_needed(installed) -> None:
    assert "torchvision" not in requirement_names(installed.requires)
    used = [path for path in PACKAGE.rglob("*.py") if re.search(r"(import|from) torchvision", path.read_text("utf-8"))]
    assert not used


def test_annotations_are_shipped_to_users() -> None:
    assert (Path(refsam_hf.__file__).parent / "py.typed").is_file()


def test_every_folder_with_code_is_a_package() -> None:
    # setuptools leaves a folder without __init__.py out of the wheel, though it imports from a checkout.
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


@pytest.mark.parametrize("module", MODULES)
def test_every_module_can_be_imported(module: str) -> None:
    assert import_module(module).__doc__, "every file says what it is about"


def test_the_list_of_modules_is_not_empty() -> None:
    assert {"refsam_hf", "refsam_hf.modeling_refsam", "refsam_hf.cli"} <= set(MODULES)


def test_importing_the_package_leaves_heavy_libraries_alone() -> None:
    loaded = json.loads(python("import json, sys, refsam_hf; print(json.dumps(sorted(sys.modules)))"))
    assert "refsam_hf" in loaded
    assert {"av", "datasets", "evaluate", "pycocotools", "matplotlib"}.isdisjoint(loaded)


@pytest.mark.slow
def test_importing_the_package_costs_little_more_than_transformers_and_peft() -> None:
    # Processor time: what a neighbour on the machine does must not decide.
    clock = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"
    base, ours = clock.format("transformers.pipelines, peft"), clock.format("refsam_hf")
    python(base), python(ours)  # both are in the disk cache from here on
    pairs = [(float(python(base)), float(python(ours))) for _ in range(3)]
    base_seconds, our_seconds = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert our_seconds <= base_seconds + 0.3


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel built from a copy, so that neither the checkout nor what older builds left in it has a part."""
    copy, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(SOURCE, copy / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "-w", str(target), str(copy)]
    subprocess.run(build, check=True, timeout=300)
    (path,) = target.glob("*.whl")
    return path


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    shipped = {name for name in names if ".dist-info/" not in name}
    expected = {
        str(path.relative_to(SOURCE))
        for pattern in ("*.py", "py.typed", "*.md", "checkpoints/**/*")
        for path in PACKAGE.rglob(pattern)
        if path.is_file()
    }
    assert shipped == expected
    assert "refsam_hf/checkpoints/refsam-tiny-shapes/model.safetensors" in shipped
    assert any(name.endswith("LICENSE") for name in names - shipped)


@pytest.mark.slow
def test_the_wheel_runs_the_pipeline_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True, timeout=120)
    executable = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(executable)]
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", str(wheel)], check=True, timeout=120)
    # The dependencies as they are installed here. A folder named in a .pth file has its own .pth files ignored,
    # and with them the editable install of the checkout.
    site_packages = Path(python("import sysconfig; print(sysconfig.get_path('purelib'))", executable).strip())
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")

    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    code = """
import json
import numpy as np, refsam_hf
from transformers import pipeline

rows, columns = np.mgrid[:72, :96]
clip = np.full((3, 72, 96, 3), 128, np.uint8)
clip[:, (rows - 36) ** 2 + (columns - 48) ** 2 < 15**2] = (220, 20, 20)
segmenter = pipeline("referring-video-segmentation")
result = segmenter(clip, text="the red circle", mask_format="array")
masks = np.stack(result["masks"])
print(json.dumps({"file": refsam_hf.__file__, "checkpoint": refsam_hf.TINY_CHECKPOINT, "text": result["text"],
                  "frames": list(result["frame_indices"]), "shape": masks.shape, "dtype": str(masks.dtype)}))
"""
    output = python(code, executable, cwd=tmp_path, env=variables)
    report = json.loads(output.splitlines()[-1])
    assert Path(report["file"]).is_relative_to(environment)
    assert Path(report["checkpoint"]).is_relative_to(environment)
    assert report["text"] == "the red circle"
    assert report["frames"] == [0, 1, 2]
    assert report["shape"] == [3, 72, 96]
    assert report["dtype"] == "bool"

    command = [environment / "bin" / "refsam", "--help"]
    shown = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=120)
    assert shown.returncode == 0, shown.stderr
    assert "segment" in shown.stdout


def test_the_bundled_checkpoint_is_small() -> None:
    files = [path for path in Path(refsam_hf.TINY_CHECKPOINT).rglob("*") if path.is_file()]
    assert {"config.json", "model.safetensors"} <= {path.name for path in files}
    assert sum(path.stat().st_size for path in files) <= 12 * 2**20
