"""What is handed in, read and scored as the official evaluations do: by scripts that share nothing with this package
but the files, against the table of the protocol."""

import io
import zipfile
from itertools import permutations

import numpy as np
import pytest
from PIL import Image

from refsam_hf.benchmarks import decode_masks, load_benchmark
from refsam_hf.evaluation.evaluate_rows import by_video
from refsam_hf.evaluation.protocols import protocol_of
from refsam_hf.evaluation.submissions import write_submission
from refsam_hf.video.palette import palette_image


def read_png(archive, name):
    """As the evaluations do: what Pillow makes of the file, without a conversion."""
    return np.array(Image.open(io.BytesIO(archive.read(name))))


def handed_in(rows, predicted, seed, apart):
    """Moved masks of the truth; where they must share no pixel, the first of an annotator has it."""
    rng = np.random.default_rng(seed)
    taken, found = {}, {}
    for row in rows:
        masks = np.stack([np.roll(mask, rng.integers(-3, 4, 2), axis=(0, 1)) for mask in decode_masks(row)[0]])
        if apart:
            before = taken.setdefault(row["annotator"], np.zeros_like(masks))
            masks &= ~before
            before |= masks
        found[row["expression_id"]] = predicted(masks)
    return found


def written(name, root, split, predicted, path):
    """The rows, and the protocol's own table of what was written."""
    rows = load_benchmark(name, root, split)
    videos = by_video(rows)
    found = {
        video: handed_in(own, predicted, seed, name == "ref_davis17")
        for seed, (video, own) in enumerate(videos.items())
    }
    write_submission(path, name, videos, lambda own: found[own[0]["video_id"]])
    protocol = protocol_of(name)
    items = [item for video, own in videos.items() for item in protocol.score_video(own, found[video], decode_masks)]
    return videos, protocol.summarise(items)


@pytest.fixture
def davis(trees, tmp_path):
    """A tree of Ref-DAVIS17 whose first video shows three objects from the first frame on, void among them."""
    root = trees.ref_davis17(tmp_path / "tree")
    for t in range(4):
        labels = np.zeros((trees.HEIGHT, trees.WIDTH), np.uint8)
        labels[2:9, 2 + t : 10 + t], labels[11:20, 4:12], labels[8:16, 16 + t : 26] = 1, 2, 3
        labels[14:17, 8:18] = 255
        palette_image(labels).save(root / "valid" / "Annotations" / "classic-car" / f"{t:05d}.png")
    return root


def davis_unsupervised(archive, folder, annotations, videos, plain):
    """The unsupervised evaluation of DAVIS 2017, in plain words: the mean J and F over all objects of all videos."""
    names, lines = archive.namelist(), []
    for video in videos:
        truth = np.stack([np.array(Image.open(path)) for path in sorted((annotations / video).glob("*.png"))])
        found = np.stack([read_png(archive, name) for name in sorted(names) if name.startswith(f"{folder}/{video}/")])
        assert found.shape == truth.shape
        void = truth == 255
        objects = [truth == label for label in range(1, truth[0][truth[0] != 255].max() + 1)]
        proposals = [found == label for label in range(1, found.max() + 1)]
        proposals += [np.zeros_like(void)] * (len(objects) - len(proposals))
        pairs = [[plain(mask & ~void, real & ~void) for real in objects] for mask in proposals]
        best = max(
            permutations(range(len(proposals)), len(objects)),
            key=lambda chosen: sum(np.mean(pairs[index][place]) for place, index in enumerate(chosen)),
        )
        lines += [[np.mean(series) for series in pairs[index][place]] for place, index in enumerate(best)]
    return np.mean(lines, axis=0)


def test_label_maps_scored_by_the_davis_evaluation(davis, predicted, plain, tmp_path):
    videos, table = written("ref_davis17", davis, "valid", predicted, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        scores = [
            davis_unsupervised(archive, f"anno_{k}", davis / "valid" / "Annotations", sorted(videos), plain)
            for k in range(4)
        ]
    for k, (j, f) in enumerate(scores):
        assert (table[f"annotator {k}"]["j"], table[f"annotator {k}"]["f"]) == pytest.approx((j, f), abs=1e-12)
    assert 0.1 < table["mean"]["j_and_f"] < 0.9
    assert table["mean"]["j_and_f"] == pytest.approx(np.mean(scores), abs=1e-12)


@pytest.mark.parametrize(
    ("name", "split", "top"), [("refer_youtube_vos", "train", "Annotations/"), ("mevis", "valid_u", "")]
)
def test_masks_scored_expression_by_expression(name, split, top, trees, predicted, plain, tmp_path):
    """As the servers of Refer-YouTube-VOS and MeViS do: <video>/<expression>/<frame>.png, 0 and 255."""
    root = getattr(trees, name)(tmp_path / "tree")
    videos, table = written(name, root, split, predicted, tmp_path / "out.zip")
    lines, used = [], set()
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        for video, rows in videos.items():
            for row in rows:
                paths = [f"{top}{video}/{row['expression_id']}/{frame}.png" for frame in row["frame_names"]]
                used.update(paths)
                images = [read_png(archive, path) for path in paths]
                assert {(image.shape, image.dtype.name) for image in images} == {((24, 32), "uint8")}
                assert set(np.unique(images)) <= {0, 255}
                real, void = decode_masks(row)
                found = np.stack(images) > 0
                lines.append([np.mean(series) for series in plain(found & ~void, real & ~void)])
        assert used == set(archive.namelist())
    j, f = np.mean(lines, axis=0)
    assert (table["all"]["j"], table["all"]["f"]) == pytest.approx((j, f), abs=1e-12)
    assert 0.1 < table["all"]["j_and_f"] < 0.9
