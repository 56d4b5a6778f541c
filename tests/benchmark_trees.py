"""Small trees in the exact formats of the public benchmarks, as tests need them.

Every video shows gray frames, frame t of value 20 + 30 * t, and two objects: 1 is a box that moves to the right, 2 one
that moves down and is not there in the first frame.
"""

import json

import numpy as np
from PIL import Image

from refsam_hf.video.palette import palette_image

HEIGHT, WIDTH = 24, 32


def pictures(count):
    """uint8 (T, H, W, 3)."""
    values = (20 + 30 * np.arange(count)).astype(np.uint8)
    return np.broadcast_to(values[:, None, None, None], (count, HEIGHT, WIDTH, 3)).copy()


def labels(count):
    """uint8 (T, H, W), with a void pixel."""
    maps = np.zeros((count, HEIGHT, WIDTH), np.uint8)
    for t in range(count):
        maps[t, 2:8, 1 + t : 9 + t] = 1
        if t:
            maps[t, 10 + t : 16 + t, 12:26] = 2
    maps[:, 0, 0] = 255
    return maps


def write_json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def write_frames(folder, names, suffix=".jpg"):
    folder.mkdir(parents=True)
    for name, picture in zip(names, pictures(len(names)), strict=True):
        Image.fromarray(picture).save(folder / f"{name}{suffix}", quality=95)


def write_labels(folder, names):
    folder.mkdir(parents=True)
    for name, label in zip(names, labels(len(names)), strict=True):
        palette_image(label).save(folder / f"{name}.png")


def refer_youtube_vos(root):
    """Two videos of train, and a file of valid with three videos, of which one is of test."""
    names = {"b1": ["00005", "00010", "00015"], "a0": ["00000", "00005"]}
    said = {
        "0": {"exp": "The  box that\tmoves right ", "obj_id": "1"},
        "1": {"exp": "the other box", "obj_id": "2"},
    }
    videos = {video: {"frames": frames, "expressions": said} for video, frames in names.items()}
    write_json(root / "meta_expressions" / "train" / "meta_expressions.json", {"videos": videos})
    objects = {"1": {"category": "box", "frames": []}, "2": {"category": "box", "frames": []}}
    write_json(root / "train" / "meta.json", {"videos": {video: {"objects": objects} for video in names}})
    for video, frames in names.items():
        write_frames(root / "train" / "JPEGImages" / video, frames)
        write_labels(root / "train" / "Annotations" / video, frames)
    hidden = {"frames": ["00000", "00020"], "expressions": {"0": {"exp": "a box"}, "1": {"exp": "one more box"}}}
    write_json(
        root / "meta_expressions" / "valid" / "meta_expressions.json",
        {"videos": dict.fromkeys(("v1", "t1", "v0"), hidden)},
    )
    write_json(root / "meta_expressions" / "test" / "meta_expressions.json", {"videos": {"t1": hidden}})
    for video in ("v1", "t1", "v0"):
        write_frames(root / "valid" / "JPEGImages" / video, hidden["frames"])
    return root


DAVIS_WORDS = ("the moving box", "the box that goes right", "a box", "the box \xe9tait l\xe0")


def davis_frames(video):
    return [f"{t:05d}" for t in range(4 if video == "classic-car" else 3)]


def ref_davis17(root):
    """The converted layout, two videos of two objects."""
    videos = {}
    for video in ("dogs", "classic-car"):
        frames = davis_frames(video)
        write_frames(root / "valid" / "JPEGImages" / video, frames)
        write_labels(root / "valid" / "Annotations" / video, frames)
        said = {
            str(4 * (label - 1) + annotator): {"exp": f"{words} {label}", "obj_id": str(label)}
            for label in (1, 2)
            for annotator, words in enumerate(DAVIS_WORDS)
        }
        videos[video] = {"expressions": said, "frames": frames}
    write_json(root / "meta_expressions" / "valid" / "meta_expressions.json", {"videos": videos})
    return root


def ref_davis17_release(root):
    """The same as it is released: one name misspelt, the texts of the second person in latin-1."""
    davis, texts = root / "DAVIS", root / "davis_text_annotations"
    texts.mkdir(parents=True)
    for video in ("dogs", "classic-car"):
        write_frames(davis / "JPEGImages" / "480p" / video, davis_frames(video))
        write_labels(davis / "Annotations_unsupervised" / "480p" / video, davis_frames(video))
    (davis / "ImageSets" / "2017").mkdir(parents=True)
    (davis / "ImageSets" / "2017" / "val.txt").write_text("dogs\nclassic-car\n")
    files = ("annot1", "annot1_full_video", "annot2", "annot2_full_video")
    for file, words in zip(files, DAVIS_WORDS, strict=True):
        lines = [f'{video} {label} "{words} {label}"' for video in ("dogs", "clasic-car") for label in (2, 1)]
        encoding = "utf-8" if "annot1" in file else "latin-1"
        (texts / f"Davis17_{file}.txt").write_text("\r\n".join(lines) + "\r\n\r\n", encoding=encoding)
    return root
