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


class Trainings:
    """Trainings by the same processes, one after the other.

    Args:
        config: of all of them.
        folder: in which each has its own.

    Attributes:
        script: the module `examples/train.py`.
        codes: how each of them ended.
    """

    def __init__(self, config: str, folder: Path) -> None:
        self.config, self.folder, self.codes = config, folder, {}
        spec = importlib.util.spec_from_file_location("examples_train", EXAMPLES / "train.py")
        self.script = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = self.script
        spec.loader.exec_module(self.script)
        self.script.end_process_group = lambda: None  # the next training meets in the same group

    def run(self, name: str, *options: str) -> None:
        output = ("--output_dir", str(self.folder / name), "--num_threads", "1")
        self.codes[name] = self.script.main([self.config, *output, *options])
        AcceleratorState._reset_state(reset_partial_state=True)

    def copy(self, source: str, name: str, step: int) -> None:
        """A training as if it had been killed just after the checkpoint of a step."""
        if os.environ["RANK"] == "0":
            aside = self.folder / "aside"
            shutil.copytree(self.folder / source, aside)
            for path in (aside / "checkpoints").iterdir():
                if int(path.name.removeprefix("step-")) > step:
                    shutil.rmtree(path)
            aside.rename(self.folder / name)


def main(config: str, folder: Path) -> None:
    trainings = Trainings(config, folder)
    random = ("--model_config.text_config.dropout_rate", "0.2", "--save_every", "1", "--keep_checkpoints", "100")
    accumulated = (*random, "--gradient_accumulation_steps", "2")
    trainings.run("whole", *accumulated)
    for name, step in (("within", 1), ("at_the_end", 2)):
        trainings.copy("whole", name, step)
        trainings.run(name, *accumulated, "--resume", "true", "--num_workers", "1")
    lessons = ("choice", "flow", "memory", "mentions", "origins", "places")
    weights = [f"--stages.{stage}.{name}_weight=0.2" for stage in (0, 1) for name in lessons]
    trainings.run("shared", "--model_config.text_config.dropout_rate", "0", *weights)  # dropout each process draws
    assert set(trainings.codes.values()) == {0}, trainings.codes


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
