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


def rle(mask):
    from refsam_hf.video.rle import encode_rle

    return encode_rle(np.asarray(mask))


def masks_of(label, count):
    """One RLE per frame, None where the object is not seen, as MeViS and YouTube-VIS have them."""
    return [rle(mask) if mask.any() else None for mask in labels(count) == label]


def mevis(root):
    """Two videos in valid_u, and the same in valid without masks; annotations 7 and 8 are the objects of both."""
    names = {"m2": ["00000", "00001", "00002"], "m1": ["00000", "00001", "00002"]}
    said = {
        "0": {"exp": "The box moving right", "obj_id": [0], "anno_id": [7]},
        "1": {"exp": "all boxes that move", "obj_id": [0, 1], "anno_id": [7, 8]},
    }
    hidden = {key: {"exp": entry["exp"]} for key, entry in said.items()}
    for split, expressions in (("valid_u", said), ("valid", hidden)):
        videos = {
            name: {"frames": frames, "expressions": expressions, "vid_id": 3, "height": HEIGHT, "width": WIDTH}
            for name, frames in names.items()
        }
        write_json(root / split / "meta_expressions.json", {"videos": videos})
        for name, frames in names.items():
            write_frames(root / split / "JPEGImages" / name, frames)
    write_json(root / "valid_u" / "mask_dict.json", {"7": masks_of(1, 3), "8": masks_of(2, 3), "9": []})
    return root


def polygon(label, count=1):
    """The box of an object in frame 0 of a video of `count` frames, as COCO's polygon."""
    rows, columns = np.nonzero(labels(count)[-1] == label)
    left, top, right, bottom = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    return [[float(value) for value in (left, top, right, top, right, bottom, left, bottom)]]


REFCOCO_SPLITS = {"refcoco": ("unc", "testA"), "refcoco+": ("unc", "testB"), "refcocog": ("umd", "test")}


def _coco(images):
    """Images by id and annotations: 10 * image + 1 is a polygon of object 1, 10 * image + 2 the RLE of object 2."""
    height_width = {"height": HEIGHT, "width": WIDTH}
    listed = [{"id": image, "file_name": f"COCO_train2014_{image:012d}.jpg", **height_width} for image in images]
    counts = np.diff(np.flatnonzero(np.diff(np.r_[-1, (labels(2)[1] == 2).T.ravel(), -1])))
    shapes = {1: polygon(1, 2), 2: {"size": [HEIGHT, WIDTH], "counts": [int(count) for count in counts]}}
    annotations = [
        {"id": 10 * image + label, "image_id": image, "category_id": 1, "segmentation": shape, "iscrowd": label - 1}
        for image in images
        for label, shape in shapes.items()
    ]
    return {"images": listed, "annotations": annotations, "categories": [{"id": 1, "name": "box"}]}


def _coco_images(root, images):
    root.mkdir(parents=True, exist_ok=True)
    for image in images:
        Image.fromarray(pictures(2)[1]).save(root / f"COCO_train2014_{image:012d}.jpg", quality=95)


def refcoco(root, name="refcoco", protocol=2, split_by=None):
    """The refs, a pickle, and COCO's annotations: two images, three sentences in train and one in another split; those
    of "google" call it val."""
    import pickle

    own, last = REFCOCO_SPLITS[name] if split_by is None else (split_by, "val")
    refs = []
    for ref_id, (image, label, split, texts) in enumerate(
        [
            (581, 2, "train", ["The lower box"]),
            (57, 1, "train", ["upper  box", "box on top"]),
            (581, 1, last, ["the box that is left"]),
        ]
    ):
        sentences = [
            {"sent_id": 10 * ref_id + n, "sent": text, "raw": text, "tokens": text.split()}
            for n, text in enumerate(texts)
        ]
        refs.append(
            {
                "ref_id": ref_id,
                "ann_id": 10 * image + label,
                "image_id": image,
                "category_id": 1,
                "file_name": f"COCO_train2014_{image:012d}_{ref_id}.jpg",
                "split": split,
                "sent_ids": [sentence["sent_id"] for sentence in sentences],
                "sentences": sentences,
            }
        )
    write_json(root / name / "instances.json", _coco([57, 581]))
    (root / name / f"refs({own}).p").write_bytes(pickle.dumps(refs, protocol=protocol))
    _coco_images(root / "images" / "mscoco" / "images" / "train2014", [57, 581])
    return root


def refcoco_converted(root, name="refcoco"):
    """Split train of `refcoco` in the form that code for videos uses: an "image" for each sentence."""
    sentences = [(581, 2, "The lower box"), (57, 1, "upper  box"), (57, 1, "box on top")]
    coco = _coco([57, 581])
    of_id = {annotation["id"]: annotation for annotation in coco["annotations"]}
    images, annotations = [], []
    for number, (image, label, text) in enumerate(sentences, start=1):
        (listed,) = (entry for entry in coco["images"] if entry["id"] == image)
        images.append({**listed, "id": number, "original_id": image, "caption": text, "dataset_name": name})
        annotation = of_id[10 * image + label]
        annotations.append({**annotation, "id": number, "image_id": number, "original_id": annotation["id"]})
    content = {"info": {}, "images": images, "annotations": annotations, "categories": coco["categories"]}
    write_json(root / name / f"instances_{name}_train.json", content)
    _coco_images(root / "train2014", [57, 581])
    return root


def a2d_sentences(root):
    """One video of test, of train and of the missed ones each; the frames 00002 (one instance) and 00004 (two)."""
    from fractions import Fraction

    import h5py

    from refsam_hf.video.encoder import encode_frames

    texts = root / "text_annotations"
    (root / "Release" / "clips320H").mkdir(parents=True)
    lines = ["{},bird-walking,0:00:01,0:00:03,24,32,5,2,{}"] * 3
    videos = {"a-test": 1, "_train": 0, "missed": 1}
    text = "\n".join(line.format(*video) for line, video in zip(lines, videos.items(), strict=True))
    (root / "Release" / "videoset.csv").write_text(text + "\n")
    for video in videos:
        if video != "missed":
            encode_frames(root / "Release" / "clips320H" / f"{video}.mp4", pictures(5), Fraction(10))
        folder = texts / "a2d_annotation_with_instances" / video
        folder.mkdir(parents=True)
        for number, ids in ((2, [0]), (4, [0, 3])):
            masks = np.stack([labels(5)[number - 1] == (2 if i else 1) for i in ids])
            stored = masks.transpose(0, 2, 1).astype(np.uint8)  # as MATLAB writes it: (N, W, H), and 2-D for one
            with h5py.File(folder / f"{number:05d}.h5", "w") as file:
                file["instance"] = np.array(ids, np.float64)
                file["reMask"] = stored[0] if len(ids) == 1 else stored
                file["reBBox"] = np.zeros((4, len(ids)))
    said = ["video_id,instance_id,query"]
    for video in videos:
        said += [f"{video},0,The bird  on top", f'{video},3,"a bird, lower down"', f"{video},1 (copy),a slip"]
    (texts / "a2d_annotation.txt").write_text("\n".join(said) + "\n")
    (texts / "a2d_missed_videos.txt").write_text("missed\n")
    return root


def jhmdb_sentences(root):
    """Two videos of five frames with four masks each; the metadata name two frames of each."""
    from scipy.io import savemat

    entries = []
    for action, video, words in (("walk", "walk_b", "Man  walking"), ("jump", "jump_a", "a woman jumps")):
        images, masks = (f"{part}/{action}/{video}" for part in ("Rename_Images", "puppet_mask"))
        write_frames(root / images, [f"{t:05d}" for t in range(1, 6)], suffix=".png")
        (root / masks).mkdir(parents=True)
        parts = (labels(4) == 1).astype(np.uint8) * np.arange(1, 5, dtype=np.uint8)[:, None, None]
        savemat(root / masks / "puppet_mask.mat", {"part_mask": parts.transpose(1, 2, 0)})
        for frame in (2, 4):
            path = f"./jhmdb_sentences/{images}/{frame:05d}.png"
            entries.append([video, path, f"./jhmdb_sentences/{masks}/puppet_mask.mat", 5, words])
    write_json(root / "jhmdb_sentences_samples_metadata.json", entries)
    return root


def youtube_vis(root):
    """Video "y1" without expressions, "y2" with some about all and about one of its objects; RLE and polygons."""
    frames = ["00000", "00004", "00008"]
    categories = [{"id": 1, "name": "Round Box"}, {"id": 2, "name": "box"}, {"id": 3, "name": "cat"}]
    videos, annotations = [], []
    for number, video in enumerate(("y2", "y1"), start=1):
        write_frames(root / "train" / "JPEGImages" / video, frames)
        size = {"height": HEIGHT, "width": WIDTH, "length": 3}
        videos.append({"id": number, "file_names": [f"{video}/{frame}.jpg" for frame in frames], **size})
        for label in (1, 2):
            masks = masks_of(label, 3)
            if label == 1:
                masks[2] = polygon(1, 3)
            annotations.append(
                {"id": 10 * number + label, "video_id": number, "category_id": label, "segmentations": masks}
            )
    videos[0]["expressions"] = ["Both boxes, été"]
    annotations[1]["expressions"] = ["the one that  comes later"]
    content = {"info": {}, "categories": categories, "videos": videos, "annotations": annotations}
    (root / "train" / "instances.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return root
