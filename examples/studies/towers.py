"""Towers of several sizes, pretrained by one budget with `pretrain_tower.py`."""

import subprocess
import sys
from pathlib import Path

from refsam_hf.files.new_folder import new_folder

from .plan import TOWERS

EXAMPLES = Path(__file__).resolve().parents[1]
CONFIG = EXAMPLES / "configs" / "refsam_tiny_shapes_tower.yaml"


def pretrained_tower(name: str, steps: int, folder: Path) -> Path:
    """The folder of a tower of `TOWERS`: a RefSAM of which only the tower is of use. It is pretrained if it is not
    there yet.

    Raises:
        subprocess.CalledProcessError: the pretraining ended with an error, and has said which.
    """
    done = folder / f"tower-{name}-{steps}"  # one of another budget is another tower
    if not done.exists():
        with new_folder(done) as aside:
            options = {f"model_config.vision_config.{option}": value for option, value in TOWERS[name].items()}
            options |= {"steps": steps, "num_workers": 0, "output_dir": aside / "run"}
            words = [word for option, value in options.items() for word in (f"--{option}", str(value))]
            subprocess.run([sys.executable, EXAMPLES / "pretrain_tower.py", CONFIG, *words], check=True)
    return done / "run" / "last"
