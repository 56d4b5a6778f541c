"""What the examples are run with: a training of seconds, and a checkpoint to measure."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

TRAINING = {
    "learning_rates": dict.fromkeys(
        (
            "vision_tower",
            "adapters",
            "text_encoder",
            "cross_modal_mlp",
            "hierarchical_dense_attention",
            "mask_decoder",
            "implicit_tracking",
        ),
        3e-3,
    ),
    "stages": [
        {"steps": 2, "batch_size": 2, "num_frames": 1, "frame_sizes": [[48, 48]]},
        {"steps": 2, "batch_size": 2, "num_frames": 2, "frame_sizes": [[40, 48]], "learning_rate_scale": 0.5},
    ],
    "warmup_steps": 0,
    "num_workers": 0,
    "log_every": 1,
    "val_every": 2,
    "val_clips": 1,
    "val_frames": 2,
    "val_frame_size": [48, 48],
}


@pytest.fixture(scope="session")
def load_example():
    """`load_example("train")` gives the module `examples/train.py`, always the same."""
    modules = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLES)  # as it is for a script: what lies beside it can be imported

        def load(name):
            if name not in modules:
                spec = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
                modules[name] = importlib.util.module_from_spec(spec)
                patch.setitem(sys.modules, spec.name, modules[name])
                spec.loader.exec_module(modules[name])
            return modules[name]

        yield load


@pytest.fixture(scope="session")
def train_script(load_example):
    """The module `examples/train.py`."""
    return load_example("train")


@pytest.fixture(scope="session")
def training_options(training_model_config):
    """Of a training of four steps in two stages."""
    model_config = training_model_config(initializer_range=0.1, unit_length=False)
    return {"model_config": model_config, **TRAINING, "output_dir": "unused"}


@pytest.fixture
def training_config(tmp_path, training_options):
    """A file with these options."""
    import yaml

    config = tmp_path / "training.yaml"
    config.write_text(yaml.safe_dump(training_options), encoding="utf-8")
    return config


@pytest.fixture
def run_training(train_script, training_config):
    """Runs the script: `run_training(output, "--name", value, ...)` gives the exit code and the log; it takes another
    file as `config`."""
    from accelerate.state import AcceleratorState

    def run_it(output, *overrides, config=training_config):
        AcceleratorState._reset_state(reset_partial_state=True)  # one process, several trainings
        code = train_script.main([str(config), "--output_dir", str(output), *map(str, overrides)])
        log = output / "log.jsonl"
        records = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
        return code, records

    return run_it


@pytest.fixture
def run_example(load_example, tiny_checkpoint, tmp_path, capsys):
    """Runs `main` of an example on tiny clips; gives what it printed and the folder that it wrote."""

    def run(name, *options):
        folder = tmp_path / "made" / name
        small = ("--model", str(tiny_checkpoint), "--device", "cpu", "--size", "48", "64", "--output", str(folder))
        load_example(name).main([*small, *options])
        return capsys.readouterr().out, folder

    return run


@pytest.fixture(scope="session")
def process_server():
    """A process that starts those of trainings; see there."""
    script = Path(__file__).with_name("process_server.py")
    server = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "ACCELERATE_USE_CPU": "true"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield server
    server.stdin.close()
    assert server.wait() == 0
    server.stdout.close()


@pytest.fixture
def train_by_processes(process_server, tmp_path):
    """Runs the script by several processes: `train_by_processes(2, config, output, *overrides, **options)`, with
    options of `process_server.Launch`, gives how each ended, and what they printed."""

    def run(processes, config, output, *overrides, **options):
        printed = tmp_path / "printed.txt"
        printed.write_text("", encoding="utf-8")
        arguments = [str(config), "--output_dir", str(output), "--num_threads", "1", *map(str, overrides)]
        launch = {"arguments": arguments, "output": str(printed), "processes": processes, **options}
        process_server.stdin.write(json.dumps(launch) + "\n")
        process_server.stdin.flush()
        return json.loads(process_server.stdout.readline()), printed.read_text(encoding="utf-8")

    return run


@pytest.fixture
def rows_config(tmp_path, own_clips, training_options):
    """The file of a training on own clips, mixed with shapes, with a worker; validated on other frames of them."""
    import yaml

    own_clips("walk", frames=10)
    own = {"name": "own_clips", "root": str(own_clips("run", frames=10))}
    first = {"epochs": 1, "batch_size": 2, "num_frames": 2, "frame_sizes": [[48, 48]], "max_expressions": 2}
    second = {"steps": 2, "batch_size": 1, "num_frames": 2, "max_expressions": 2, "datasets": [own]}
    shapes = {"name": "shapes", "weight": 0.5}
    options = {
        **training_options,
        "stages": [{**first, "datasets": [{**own, "frames": ":50%"}, shapes]}, second],
        "validation": [{**own, "frames": "50%:", "videos": 1}],
        "num_workers": 1,
    }
    config = tmp_path / "rows.yaml"
    config.write_text(yaml.safe_dump(options), encoding="utf-8")
    return config
