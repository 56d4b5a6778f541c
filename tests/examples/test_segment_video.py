import subprocess
import sys
from pathlib import Path

from PIL import Image

SCRIPT = Path(__file__).parents[2] / "examples" / "segment_video.py"


def test_it_writes_an_overlay_of_every_frame(tmp_path):
    from refsam_hf.benchmarks.shapes import generate_clip
    from refsam_hf.video import open_video

    (tmp_path / "clip").mkdir()
    for index, frame in enumerate(generate_clip("test", 3, num_frames=3, size=(48, 64)).frames):
        Image.fromarray(frame).save(tmp_path / "clip" / f"{index}.png")
    command = [sys.executable, str(SCRIPT), "clip", "the circle", "the star", "--output", "out.mp4"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "wrote out.mp4" in result.stdout
    assert len(list(open_video(tmp_path / "out.mp4"))) == 3
