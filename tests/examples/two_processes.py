"""What `test_train_processes.py` runs under torchrun: several trainings by the same two processes.

torchrun --nproc-per-node 2 two_processes.py CONFIG FOLDER
"""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from accelerate.state import AcceleratorState

EXAMPLES = Path(__file__).parents[2] / "examples"


def main(config: str, folder: Path) -> None:
    spec = importlib.util.spec_from_file_location("examples_train", EXAMPLES / "train.py")
    script = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = script
    spec.loader.exec_module(script)
    main_process = os.environ["RANK"] == "0"
    script.end_process_group = lambda: None  # the next training meets in the same group

    def run(name: str, *options: str) -> int:
        AcceleratorState._reset_state(reset_partial_state=True)
        return script.main([config, "--output_dir", str(folder / name), "--num_threads", "1", *options])

    def copy(name: str, step: int) -> None:
        """The training `whole` as if it had been killed just after the checkpoint of a step."""
        if main_process:
            shutil.copytree(folder / "whole", folder / "aside")
            for path in (folder / "aside" / "checkpoints").iterdir():
                if int(path.name.removeprefix("step-")) > step:
                    shutil.rmtree(path)
            (folder / "aside").rename(folder / name)

    random = ("--model_config.text_config.dropout_rate", "0.2", "--save_every", "1", "--keep_checkpoints", "100")
    accumulated = (*random, "--gradient_accumulation_steps", "2")
    codes = {"whole": run("whole", *accumulated)}
    for name, step in (("within", 1), ("at_the_end", 2)):
        copy(name, step)
        codes[name] = run(name, *accumulated, "--resume", "true", "--num_workers", "1")
    codes["shared"] = run("shared", "--model_config.text_config.dropout_rate", "0")  # which each process draws
    assert set(codes.values()) == {0}, codes


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
