"""Tests need no network and touch no cache or token of the user: settled here, before anything is imported."""

import os
import tempfile

import pytest

_HOME = tempfile.TemporaryDirectory(prefix="refsam-tests-")

# What the user's shell says of the Hub: tokens, endpoints and caches are theirs, not the tests'.
_OF_THE_USER = (
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "HF_ENDPOINT",
    "HF_HUB_CACHE",
    "HF_ASSETS_CACHE",
    "HF_DATASETS_CACHE",
    "HF_METRICS_CACHE",
    "HF_EVALUATE_CACHE",
    "HF_MODULES_CACHE",
    "HF_TOKEN_PATH",
)
for _name in _OF_THE_USER:
    os.environ.pop(_name, None)

os.environ.update(
    # A test that asks the Hub for something fails at once instead of waiting.
    HF_HUB_OFFLINE="1",
    HF_DATASETS_OFFLINE="1",
    HF_EVALUATE_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HOME=os.path.join(_HOME.name, "huggingface"),
    # The models of the tests are too small to be worth a second thread.
    OMP_NUM_THREADS="1",
    TOKENIZERS_PARALLELISM="false",
    MPLBACKEND="Agg",
    MPLCONFIGDIR=os.path.join(_HOME.name, "matplotlib"),
)


def pytest_unconfigure(config: pytest.Config) -> None:
    _HOME.cleanup()


@pytest.fixture(scope="session")
def bundled_model():
    """The bundled checkpoint; not to be changed by a test."""
    from refsam_hf import TINY_CHECKPOINT, RefSamModel

    return RefSamModel.from_pretrained(TINY_CHECKPOINT).eval()


@pytest.fixture(scope="session")
def bundled_processor():
    from refsam_hf import TINY_CHECKPOINT, RefSamProcessor

    return RefSamProcessor.from_pretrained(TINY_CHECKPOINT)


_TINY_PARTS = {
    # every size differs from the others, so that two that are mixed up do not fit
    "vision_config": {
        "image_size": 48,
        "patch_size": 8,
        "hidden_size": 24,
        "num_hidden_layers": 4,
        "num_attention_heads": 3,
        "mlp_dim": 40,
        "window_size": 4,
        "global_attn_indexes": [0, 2, 3],
        "output_channels": 32,
        "num_pos_feats": 16,
        "initializer_range": 0.2,
    },
    "mask_decoder_config": {
        "hidden_size": 32,
        "mlp_dim": 48,
        "num_attention_heads": 2,
        "iou_head_hidden_dim": 28,
    },
    "text_config": {
        "model_type": "t5",
        "vocab_size": 400,
        "d_model": 20,
        "d_kv": 8,
        "d_ff": 36,
        "num_layers": 1,
        "num_heads": 2,
        "dropout_rate": 0.1,
    },
}


@pytest.fixture(scope="session")
def tiny_config():
    """Makes a `RefSamConfig` of tiny sizes; a part's own options are merged (`vision_config={"window_size": 3}`)."""
    from refsam_hf import RefSamConfig

    def make(**options):
        parts = {name: {**part, **options.pop(name, {})} for name, part in _TINY_PARTS.items()}
        return RefSamConfig(**{"initializer_range": 0.2, **parts, **options})

    return make


@pytest.fixture(scope="session")
def training_model_config():
    """Makes the `model_config` of a training of seconds; a part's own options are merged, as by `tiny_config`."""
    parts = {
        "vision_config": {
            "image_size": 48,
            "patch_size": 8,
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "mlp_dim": 64,
            "window_size": 3,
            "global_attn_indexes": [0, 1],
            "output_channels": 32,
            "num_pos_feats": 16,
            "initializer_range": 0.1,
        },
        "mask_decoder_config": {"hidden_size": 32, "mlp_dim": 64, "num_attention_heads": 2, "iou_head_hidden_dim": 32},
        "text_config": {"model_type": "t5", "vocab_size": 700, "d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 1},
    }

    def make(**options):
        return {**{name: {**part, **options.pop(name, {})} for name, part in parts.items()}, **options}

    return make


@pytest.fixture(scope="session")
def randomise():
    """Gives every parameter that starts constant (biases, norms, adapters, tables of positions) values to be seen."""
    import torch

    @torch.no_grad()
    def change(module):
        for parameter in module.parameters():
            if parameter.numel() > 1 and bool((parameter == parameter.flatten()[0]).all()):
                parameter.add_(torch.randn_like(parameter), alpha=0.2)
        return module

    return change


@pytest.fixture(scope="session")
def tiny_model(tiny_config, randomise):
    """Makes a `RefSamModel` of tiny sizes in evaluation mode, in which everything counts; takes a config's options."""
    import torch

    from refsam_hf import RefSamModel

    def make(attn_implementation=None, **options):
        config = tiny_config(**options)
        if attn_implementation is not None:
            config._attn_implementation = attn_implementation
        torch.manual_seed(0)
        return randomise(RefSamModel(config)).eval()

    return make


@pytest.fixture(scope="session")
def tiny_folder(tiny_model, tmp_path_factory):
    """The checkpoint of the `tiny_model()`; not to be changed by a test."""
    folder = tmp_path_factory.mktemp("checkpoint")
    tiny_model().save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_processor():
    """The processor of `tiny_model`; not to be changed by a test."""
    from refsam_hf import RefSamProcessor, RefSamVideoProcessor
    from refsam_hf.training.tokenizer import build_tokenizer

    words = ["the", "red", "blue", "circle", "square", "on", "left"]
    return RefSamProcessor(RefSamVideoProcessor(image_size=48), build_tokenizer(words, max_length=24))


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


@pytest.fixture(scope="session")
def tiny_clip():
    """Five frames of noise, uint8 (5, 30, 40, 3)."""
    import numpy as np

    return np.random.default_rng(0).integers(0, 256, (5, 30, 40, 3), dtype=np.uint8)


@pytest.fixture(scope="session")
def tiny_texts():
    """Two expressions of different lengths."""
    return ["the red circle on the left", "blue square"]


@pytest.fixture
def tiny_inputs(tiny_processor, tiny_clip, tiny_texts):
    """What `tiny_model` takes: one clip of three frames, two expressions."""
    inputs = tiny_processor(video=tiny_clip[:3], text=tiny_texts)
    return {name: inputs[name] for name in ("pixel_values", "input_ids", "attention_mask")}


def _beside_this_file(name):
    import importlib.util
    from pathlib import Path

    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def trees():
    """What writes small trees in the formats of the benchmarks, see `benchmark_trees.py`."""
    return _beside_this_file("benchmark_trees")


@pytest.fixture
def loopback_hub():
    """An empty Hub of the test's own, see `loopback_hub.py`; `loopback_hub.run(code)` runs a client of it."""
    with _beside_this_file("loopback_hub").LoopbackHub() as hub:
        yield hub


@pytest.fixture(scope="session")
def leave_tensors_to_gloo():
    """See `gloo_tensors.py`."""
    return _beside_this_file("gloo_tensors").leave_tensors_to_gloo


@pytest.fixture
def killed():
    """`killed(function, operation=k)` runs a function in a fork of this process, which dies by SIGKILL just before its
    k-th operation on files (from 0 on); with `seconds=s`, after that time. Gives whether it died, or ended before."""
    import signal
    import sys
    import time
    import traceback

    operations = {"open", "shutil.copytree", "os.mkdir", "os.rename", "os.chmod", "os.remove", "os.rmdir"}
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")

    def run(function, *, operation=None, seconds=None):
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            left = operation

            def count(event, arguments):
                nonlocal left
                if left is not None and event in operations:
                    left -= 1
                    if left < 0:
                        os.kill(os.getpid(), signal.SIGKILL)

            signal.alarm(300)  # a fork that hangs is no reason to wait for ever
            try:
                sys.addaudithook(count)
                function()
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        if seconds is not None:
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0, "the function failed"
        return os.WIFSIGNALED(status)

    return run


@pytest.fixture
def own_clips(tmp_path):
    """`own_clips(name, frames=6)` writes a clip: object 1 is a red square that moves right, object 2 a blue one
    below it, seen from frame 4 on; a corner is void. It gives the folder of all clips."""
    import json

    import numpy as np
    from PIL import Image

    from refsam_hf.video.palette import palette_image

    said = [
        {"text": "the red square on the left", "object_ids": [1]},
        {"text": "the red one", "object_ids": [1]},
        {"text": "the blue square", "object_ids": [2]},
        {"text": "the green star", "object_ids": []},
    ]

    def write(name, frames=6, size=(40, 60), expressions=said):
        folder = tmp_path / "clips" / name
        (folder / "frames").mkdir(parents=True)
        (folder / "masks").mkdir()
        for t in range(frames):
            picture, labels = np.full((*size, 3), 10 * (t % 20), np.uint8), np.zeros(size, np.uint8)
            picture[8:18, 4 + 3 * t : 16 + 3 * t], labels[8:18, 4 + 3 * t : 16 + 3 * t] = (220, 30, 30), 1
            if t >= 4:
                picture[24:34, 4:16], labels[24:34, 4:16] = (30, 30, 220), 2
            labels[0, :4] = 255
            Image.fromarray(picture).save(folder / "frames" / f"{t:05d}.png")
            palette_image(labels).save(folder / "masks" / f"{t:05d}.png")
        (folder / "expressions.json").write_text(json.dumps(expressions), encoding="utf-8")
        return tmp_path / "clips"

    return write


@pytest.fixture(scope="session")
def sam(tiny_config, randomise, tmp_path_factory):
    """A tiny SAM of transformers and the folder of its checkpoint."""
    import torch
    from transformers import SamConfig, SamModel

    config = tiny_config()
    torch.manual_seed(0)
    sam = SamModel(
        SamConfig(
            vision_config=config.vision_config.to_dict(),
            mask_decoder_config=config.mask_decoder_config.to_dict(),
            prompt_encoder_config={
                "hidden_size": 32,
                "image_size": 48,
                "patch_size": 8,
                "mask_input_channels": 8,
            },
            initializer_range=0.2,
        )
    )
    randomise(sam)
    folder = tmp_path_factory.mktemp("sam")
    sam.save_pretrained(folder)
    return sam.eval(), folder


@pytest.fixture(scope="session")
def t5_of(tmp_path_factory, tiny_processor):
    """Makes the folder of a tiny T5 of a width, with its tokenizer."""
    import torch
    from transformers import T5Config, T5EncoderModel

    def make(width):
        torch.manual_seed(1)
        folder = tmp_path_factory.mktemp("t5")
        T5EncoderModel(
            T5Config(vocab_size=500, d_model=width, d_kv=8, d_ff=24, num_layers=1, num_heads=2)
        ).save_pretrained(folder)
        tiny_processor.tokenizer.save_pretrained(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def t5(t5_of):
    return t5_of(20)
