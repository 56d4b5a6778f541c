import pytest

from refsam_hf.benchmarks.own_clips.frame_range import frame_slice


@pytest.mark.parametrize(
    ("frames", "picked"),
    [
        (":", [0, 1, 2, 3, 4]),
        (":50%", [0, 1]),
        ("50%:", [2, 3, 4]),
        ("20%:80%", [1, 2, 3]),
        ("0%:100%", [0, 1, 2, 3, 4]),
        ("1:3", [1, 2]),
        ("3:", [3, 4]),
        (":1", [0]),
        ("60%:4", [3]),
        (":900", [0, 1, 2, 3, 4]),
        ("3:2", []),
        ("7:", []),
    ],
)
def test_the_frames_of_a_range(frames: str, picked: list[int]) -> None:
    assert list(range(5))[frame_slice(frames, 5)] == picked


@pytest.mark.parametrize("count", [1, 2, 3, 49, 60, 101])
@pytest.mark.parametrize("percent", [1, 33, 50, 99])
def test_two_parts_share_no_frame_and_leave_none_out(count: int, percent: int) -> None:
    every = list(range(count))
    assert every[frame_slice(f":{percent}%", count)] + every[frame_slice(f"{percent}%:", count)] == every


@pytest.mark.parametrize(
    "frames", ["", "3", "first", "1:2:3", "-1:", "1.5:", ":101%", "50:%", "%:", " :", "1:\n", "1e2:", ":٣", None]
)
def test_what_is_no_range(frames: str) -> None:
    with pytest.raises(ValueError, match="frames: expected START:STOP, each the number of a frame, a percentage"):
        frame_slice(frames, 5)
