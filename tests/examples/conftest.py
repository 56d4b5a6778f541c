"""What the examples that measure a checkpoint are run with."""

import importlib.util
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory, tiny_model):
    """A folder with random weights, and the words of the benchmark; not to be changed by a test."""
    from refsam_hf import RefSamProcessor, RefSamVideoProcessor
    from refsam_hf.benchmarks.shapes import WORDS
    from refsam_hf.training.tokenizer import build_tokenizer

    folder = tmp_path_factory.mktemp("tiny-checkpoint")
    tiny_model(text_config={"vocab_size": 700}).save_pretrained(folder)
    RefSamProcessor(RefSamVideoProcessor(image_size=48), build_tokenizer(WORDS, max_length=24)).save_pretrained(folder)
    return folder


@pytest.fixture
def run_example(tiny_checkpoint, tmp_path, capsys):
    """Runs `main` of an example on tiny clips; gives what it printed and the folder that it wrote."""

    def run(name, *options):
        spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        folder = tmp_path / "made" / name
        small = ("--model", str(tiny_checkpoint), "--device", "cpu", "--size", "48", "64", "--output", str(folder))
        module.main([*small, *options])
        return capsys.readouterr().out, folder

    return run
