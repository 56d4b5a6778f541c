"""Clips of the shapes benchmark: the same whoever draws them."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from refsam_hf.benchmarks.shapes import MIX, Expression, ShapesClip
from refsam_hf.benchmarks.shapes.shifts import shift_frames
from refsam_hf.training import shapes_clips
from refsam_hf.training.augmentation import AugmentationConfig
from refsam_hf.training.clips import ClipCollator
from refsam_hf.training.losses import IGNORE_INDEX
from refsam_hf.training.shapes_clips import ShapesClips, pick_expressions, taught_masks


@pytest.fixture
def clips(model_and_processor):
    sizes = [(48, 48), (40, 60), (60, 40), (45, 80)]
    return ShapesClips(
        model_and_processor[1], 12, frame_sizes=sizes, max_expressions=3, augmentation=AugmentationConfig()
    )


def test_one_clip(clips):
    for clip in (clips[index] for index in range(6)):
        expressions, words = clip["input_ids"].shape
        assert clip["pixel_values"].shape == (3, 3, 48, 48)
        assert clip["labels"].shape == (expressions, 3, 48, 48)
        assert clip["labels"].dtype == torch.uint8
        assert clip["attention_mask"].shape == (expressions, words)
        assert 2 <= expressions <= 3
        assert (clip["labels"] == 1).any(), "most expressions have an object"


def test_wide_and_tall_frames_have_ignored_borders(clips):
    borders = {
        tuple((clips[i]["labels"][0, 0] == IGNORE_INDEX).any(dim=d).sum().item() for d in (0, 1)) for i in range(12)
    }
    assert len(borders) > 2
    assert (0, 0) in borders


def test_a_clip_does_not_depend_on_who_draws_it(clips):
    """In another order, by other workers, or as part of a later stage: the same numbers."""
    collate = ClipCollator(0)
    alone = list(DataLoader(clips, batch_size=2, collate_fn=collate))
    together = list(DataLoader(clips, batch_size=2, collate_fn=collate, num_workers=2))
    for one, other in zip(alone, together, strict=True):
        assert all(torch.equal(one[name], other[name]) for name in one)
    later = ShapesClips(
        clips.processor, 2, first_index=7, frame_sizes=clips.frame_sizes, augmentation=clips.augmentation
    )
    assert torch.equal(later[1]["pixel_values"], clips[8]["pixel_values"])
    assert torch.equal(later[1]["labels"], clips[8]["labels"])


def test_a_shifted_world_has_other_pixels_and_the_same_masks(clips):
    world = ShapesClips(
        clips.processor, 12, frame_sizes=clips.frame_sizes, max_expressions=3, shifts=("night", "blur")
    )
    plain = ShapesClips(clips.processor, 12, frame_sizes=clips.frame_sizes, max_expressions=3)
    shifted, drawn = world.draw(5), plain.draw(5)
    assert np.array_equal(shifted.frames, shift_frames(drawn.frames, ("night", "blur"), 5))
    assert not np.array_equal(shifted.frames, drawn.frames)
    assert np.array_equal(shifted.masks, drawn.masks)
    assert shifted.texts == drawn.texts


def test_clips_seeds_and_splits_differ(clips):
    assert not torch.equal(clips[0]["pixel_values"], clips[1]["pixel_values"])
    other = ShapesClips(clips.processor, 1, seed=1, frame_sizes=[(48, 48)])
    same = ShapesClips(clips.processor, 1, frame_sizes=[(48, 48)])
    val = ShapesClips(clips.processor, 1, split="val", frame_sizes=[(48, 48)])
    assert not torch.equal(other[0]["pixel_values"], same[0]["pixel_values"])
    assert not torch.equal(val[0]["pixel_values"], same[0]["pixel_values"])
    with pytest.raises(IndexError):
        clips[12]


def numbered_clip(kind, num_frames, expressions):
    """Frame t is of the colour t; object i is pixel i of all frames; nothing but its kind is known of the scene."""
    frames = np.broadcast_to(np.arange(num_frames, dtype=np.uint8)[:, None, None, None], (num_frames, 4, 4, 3))
    masks = np.zeros((4, num_frames, 4, 4), dtype=bool)
    for number in range(4):
        masks[number, :, 0, number] = True
    return ShapesClip(frames, masks, SimpleNamespace(kind=kind), expressions)


@pytest.fixture
def drawn(monkeypatch):
    """What was asked for of `generate_clip`, which gives numbered clips."""
    asked = []

    def generate(split, index, **arguments):
        asked.append(arguments)
        return numbered_clip(arguments["kind"], arguments["num_frames"], [Expression("one", arguments["kind"], (1,))])

    monkeypatch.setattr(shapes_clips, "generate_clip", generate)
    return asked


def test_frames_are_one_to_three_apart_and_as_far_all_through_a_clip(drawn):
    strides = Counter()
    source = ShapesClips(None, 1, num_frames=4)
    for index in range(60):
        clip = source.draw(index)
        frames, masks, texts = clip.frames, clip.masks, clip.texts
        places = frames[:, 0, 0, 0].tolist()
        assert places[0] == 0
        (stride,) = set(np.diff(places).tolist())
        strides[stride] += 1
        assert drawn[-1]["num_frames"] == places[-1] + 1, "no more is drawn than is needed"
        assert masks.shape == (1, 4, 4, 4)
        assert texts == ["one"]
    assert set(strides) == {1, 2, 3}
    assert min(strides.values()) > 10


def test_stride_and_kinds_are_options(drawn):
    source = ShapesClips(None, 1, num_frames=3, max_stride=1, kinds={"motion": 1.0, "absent": 0.0})
    for index in range(20):
        assert source.draw(index).frames[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert {arguments["kind"] for arguments in drawn} == {"motion"}


def test_frames_are_far_apart_where_they_are_to_be(drawn):
    source = ShapesClips(None, 1, num_frames=2, min_stride=4, max_stride=6)
    lags = {source.draw(index).frames[1, 0, 0, 0] for index in range(60)}
    assert lags == {4, 5, 6}


@pytest.mark.parametrize(("least", "kinds"), [(10, {"motion", "appearance"}), (11, {"appearance"})])
def test_more_frames_are_drawn_where_too_few_show_what_the_clip_is_about(monkeypatch, least, kinds):
    asked = []

    def generate(split, index, *, num_frames, kind, **_):
        asked.append(num_frames)
        said = expressions((2,), kind="appearance")
        return numbered_clip(kind, num_frames, said + expressions((1,)) if num_frames >= least else said)

    monkeypatch.setattr(shapes_clips, "generate_clip", generate)
    source = ShapesClips(None, 1, num_frames=4, kinds={"motion": 1})
    for index in range(10):
        clip = source.draw(index)
        frames, texts = clip.frames, clip.texts
        assert frames[:, 0, 0, 0].tolist() == [0, 3, 6, 9]
        assert {text.split()[0] for text in texts} == kinds
    assert set(asked) == {4, 7, 10}


def test_kinds_are_drawn_by_their_shares(drawn):
    source = ShapesClips(None, 1, num_frames=1)
    for index in range(600):
        source.draw(index)
    counts = Counter(arguments["kind"] for arguments in drawn)
    for kind, share in MIX.items():
        assert counts[kind] == pytest.approx(600 * share / 20, abs=45), kind
    other = ShapesClips(None, 1, num_frames=1, kinds={"relation": 3, "motion": 1})
    drawn.clear()
    for index in range(200):
        other.draw(index)
    counts = Counter(arguments["kind"] for arguments in drawn)
    assert set(counts) == {"relation", "motion"}
    assert counts["relation"] == pytest.approx(150, abs=25)


def expressions(*targets, kind="motion"):
    return [Expression(text=f"{kind} {i}", kind=kind, object_ids=ids) for i, ids in enumerate(targets)]


def picked(own, others, count, seed=0):
    """The kinds of the picked ones, and the objects of those of the clip's own kind."""
    clip = numbered_clip("motion", 1, [*own, *others])
    chosen = pick_expressions(clip, count, np.random.default_rng(seed))
    assert len({e.text for e in chosen}) == len(chosen)
    return [e.kind for e in chosen], [e.object_ids for e in chosen if e.kind == "motion"]


@pytest.mark.parametrize("seed", range(8))
def test_most_expressions_are_of_the_clip_s_own_kind_and_of_different_objects(seed):
    own = expressions((1,), (1,), (2,), (3,), (3,))
    others = expressions((1,), (4,), kind="appearance")
    assert picked(own, others, 3, seed)[0] == ["motion", "motion", "appearance"]
    assert len(set(picked(own, others, 3, seed)[1])) == 2
    assert sorted(picked(own, [], 3, seed)[1]) == [(1,), (2,), (3,)], "nothing else can be said"
    assert picked(own[:2], [], 3, seed)[1] == [(1,), (1,)], "less is there than was asked for"
    assert picked(own[:1], others, 3, seed)[0] == ["motion", "appearance", "appearance"]
    assert picked(own, others, 1, seed)[0] == ["motion"]
    assert picked([], others, 3, seed)[0] == ["appearance"] * 2


def test_chance_decides_which_expressions_are_picked():
    own = expressions((1,), (2,), (3,))
    assert len({tuple(picked(own, [], 2, seed)[1]) for seed in range(20)}) > 3


def test_expressions_that_are_true_of_nothing_count_as_of_one_object():
    own = expressions((), (), (1,))
    for seed in range(8):
        assert sorted(picked(own, [], 2, seed)[1]) == [(), (1,)]


def test_until_it_can_be_decided_all_that_may_be_meant_is_taught():
    """Who is to see which of two moves up must look at both from the first frame on."""
    clip = numbered_clip("motion", 5, [])
    undecided = taught_masks(clip, Expression("the one that moves up", "motion", (2,), 3, (1, 2)))
    assert np.array_equal(undecided[:3], (clip.masks[0] | clip.masks[1])[:3])
    assert np.array_equal(undecided[3:], clip.masks[1, 3:])
    assert np.array_equal(taught_masks(clip, Expression("the red one", "appearance", (3,))), clip.masks[2])
    assert not taught_masks(clip, Expression("the green one", "absent", ())).any()
    assert clip.masks.sum() == 4 * 5, "the clip is not changed"


def test_the_candidates_reach_the_labels_of_the_picked_frames(model_and_processor, monkeypatch):
    said = [Expression("moves", "motion", (2,), 4, (1, 2)), Expression("none", "absent", ())]
    monkeypatch.setattr(shapes_clips, "generate_clip", lambda *_, num_frames, kind, **__: big(num_frames, kind, said))
    source = ShapesClips(model_and_processor[1], 12, num_frames=3, kinds={"motion": 1}, max_stride=3)
    lengths = set()
    for index in range(12):
        clip = source.draw(index)
        frames, texts = clip.frames, clip.texts
        stride = int(frames[1, 0, 0, 0])
        taught = ["both" if t * stride < 4 else "one" for t in range(3)]
        lengths.add(taught.count("both"))
        labels = source[index]["labels"]  # (E, 3, 48, 48)
        order = [texts.index("moves"), texts.index("none")]
        assert [int(labels[order[0], t].sum()) for t in range(3)] == [
            288 if what == "both" else 144 for what in taught
        ]
        assert (labels[order[1]] == 0).all(), "an empty mask is asked for, and not nothing"
    assert lengths == {2, 3}


def big(num_frames, kind, said):
    """As `numbered_clip`, but 12 x 12 pixels for every pixel."""
    clip = numbered_clip(kind, num_frames, said)
    frames = clip.frames.repeat(12, axis=1).repeat(12, axis=2)
    return ShapesClip(frames, clip.masks.repeat(12, axis=2).repeat(12, axis=3), clip.scene, said)


def test_hidden_frames_of_a_real_clip_ask_for_an_empty_mask(model_and_processor):
    source = ShapesClips(
        model_and_processor[1], 4, num_frames=12, max_stride=1, kinds={"reappearance": 1}, max_expressions=1,
        frame_sizes=[(48, 48)],
    )  # fmt: skip
    hidden = 0
    for index in range(4):
        labels = source[index]["labels"][0]  # (12, 48, 48)
        empty = ~(labels == 1).any(dim=-1).any(dim=-1)
        assert (labels[empty] == 0).all()
        hidden += int(empty.sum())
        assert not empty[-1]
    assert hidden >= 16, "four frames of each clip"


def test_a_clip_of_which_nothing_can_be_said_gives_way_to_that_of_the_next_seed(monkeypatch):
    def generate(split, index, *, seed, kind, **_):
        return numbered_clip(kind, 7, expressions((1,)) if seed == 5 else [])

    monkeypatch.setattr(shapes_clips, "generate_clip", generate)
    assert ShapesClips(None, 1, seed=3).draw(0).texts == ["motion 0"]
    with pytest.raises(ValueError, match="something can be said, got none in 50"):
        ShapesClips(None, 1, seed=6).draw(0)


def test_only_expressions_about_something_are_drawn(model_and_processor):
    words = {"leftmost", "highest", "largest"}
    clips = ShapesClips(model_and_processor[1], 8, num_frames=1, kinds={"relation": 1.0}, about=words)
    for index in range(8):
        texts = clips.draw(index).texts
        assert texts
        assert all(words & set(text.split()) for text in texts)


def test_words_that_nothing_is_said_with_are_an_error(model_and_processor):
    clips = ShapesClips(model_and_processor[1], 1, num_frames=1, about=["zebra"])
    with pytest.raises(ValueError, match="zebra"):
        clips.draw(0)


def test_some_expressions_are_read_in_the_first_frames_only(model_and_processor):
    def words_seen(forgotten):
        clips = ShapesClips(model_and_processor[1], 30, num_frames=4, forgotten=forgotten, frame_sizes=[(48, 48)])
        return torch.cat([clips[index]["words_seen"] for index in range(30)])  # (X, T)

    assert words_seen(0.0).all()
    for share in (0.5, 1.0):
        seen = words_seen(share)
        assert seen[:, 0].all()
        assert (seen[:, :-1] >= seen[:, 1:]).all(), "what is forgotten is not read again"
        # of those to be forgotten, a quarter is read up to the last frame
        assert 1 - seen.all(dim=1).float().mean() == pytest.approx(0.75 * share, abs=0.15)
        assert len({tuple(row) for row in seen.tolist()}) == 4


def test_objects_are_changed_as_their_clip_is(clips):
    """What an expression's target shows is what its object shows, flipped or not, wherever it is decided."""
    seen = set()
    for index in range(12):
        drawn = clips.draw(index)
        assert drawn.object_masks.shape[1:] == drawn.masks.shape[1:]
        for mask, meant, anchors in zip(drawn.masks, drawn.candidates, drawn.anchors, strict=True):
            assert not (meant & anchors).any()
            if meant.sum() == 1:
                assert np.array_equal(mask, drawn.object_masks[meant][0])
            if not meant.any():
                assert not mask.any()
            seen.add((int(meant.sum()), int(anchors.sum())))
    assert {(0, 0), (1, 0), (2, 0), (2, 1)} <= seen


def test_padding_does_not_change_the_loss(clips, model_and_processor):
    """A clip alone, and beside one with more expressions and words."""
    model, collate = model_and_processor[0], ClipCollator(0)
    rows = [clips[index] for index in range(12)]
    rows.sort(key=lambda row: row["input_ids"].numel())
    few, many = rows[0], rows[-1]
    whole = ("pixel_values", "object_masks")
    few = {name: value if name in whole else value[:1] for name, value in few.items()}

    def run(*clips):
        taken = ("pixel_values", "input_ids", "attention_mask", "labels", "words_seen")
        with torch.no_grad():
            return model(**{name: value for name, value in collate(clips).items() if name in taken}).pred_masks

    alone = [run(row)[0] for row in (few, many)]
    together = run(few, many)
    torch.testing.assert_close(together[0, :1], alone[0], atol=1e-4, rtol=0)
    torch.testing.assert_close(together[1], alone[1], atol=1e-4, rtol=0)
