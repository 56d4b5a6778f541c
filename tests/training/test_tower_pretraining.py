import copy
import math

import pytest
import torch
import torch.nn.functional as F

from refsam_hf.benchmarks.shapes import SceneConfig, generate_clip
from refsam_hf.benchmarks.shapes.vocabulary import COLOUR_NAMES, SHAPES
from refsam_hf.modules.text_encoder import encode_text
from refsam_hf.modules.vision_tower import RefSamVisionOutput
from refsam_hf.training.augmentation import AugmentationConfig
from refsam_hf.training.tower_pretraining import (
    BORDER_WEIGHT,
    NAMES,
    NOTHING,
    PHRASES,
    TowerFrames,
    TowerHeads,
    WordFeatures,
    places,
)
from refsam_hf.video_processing_refsam import RefSamVideoProcessor

STILL = AugmentationConfig(flip=0.0, brightness=0.0, contrast=0.0, saturation=0.0, noise=0.0, blur=0.0)
SCENE = SceneConfig(num_objects=(2, 2), radius=(0.2, 0.25))


def frames(size=(64, 64), augmentation=STILL, seed=0):
    return TowerFrames(
        RefSamVideoProcessor(image_size=64),
        8,
        4,
        seed=seed,
        frame_sizes=[size],
        scenes=[SCENE],
        augmentation=augmentation,
    )


def test_cells_are_labelled_with_the_object_that_they_lie_on():
    item = frames()[1]
    clip = generate_clip("train", 1, num_frames=1, size=(64, 64), config=SCENE)
    covered = torch.from_numpy(clip.masks[:, 0]).reshape(2, 8, 8, 8, 8).float().mean((2, 4))  # (O, h, w)
    for index, shape in enumerate(clip.scene.objects):
        cells = covered[index] > 0.5
        assert cells.any()
        assert (item["colour"][cells] == COLOUR_NAMES.index(shape.colour)).all()
        assert (item["shape"][cells] == SHAPES.index(shape.shape)).all()
        assert torch.allclose(item["radius"][cells], torch.tensor(shape.radius))
    nothing = (covered <= 0.5).all(0)
    assert (item["colour"][nothing] == NOTHING).all()
    assert (item["radius"][nothing] == 0).all()


def test_the_border_is_that_of_the_pixels():
    item = frames()[2]
    clip = generate_clip("train", 2, num_frames=1, size=(64, 64), config=SCENE)
    inside = item["inside"].reshape(8, 8, 8, 8).permute(0, 2, 1, 3).reshape(64, 64)
    assert torch.equal(inside == 1, torch.from_numpy(clip.masks[:, 0].any(axis=0)))


def test_padding_is_not_asked_for():
    item = frames(size=(32, 64))[0]
    assert (item["inside"][4:] == -1).all()
    assert (item["inside"][:4] >= 0).all()
    assert (item["colour"][4:] == NOTHING).all()


def test_a_frame_depends_on_seed_and_index_alone():
    augmented = frames(augmentation=AugmentationConfig())
    again = frames(augmentation=AugmentationConfig())[3]
    assert all(torch.equal(value, again[name]) for name, value in augmented[3].items())
    assert not torch.equal(augmented[2]["pixel_values"], again["pixel_values"])
    assert not torch.equal(frames(seed=1)[3]["pixel_values"], frames()[3]["pixel_values"])
    with pytest.raises(IndexError):
        augmented[4]


@pytest.fixture
def words(model_and_processor):
    model, processor = model_and_processor
    return WordFeatures(copy.deepcopy(model.text_encoder), copy.deepcopy(model.cross_modal_mlp), processor)


def test_words_are_those_of_the_model_in_every_phrase(words, model_and_processor):
    model, processor = model_and_processor
    features = words()
    assert {name: tuple(feature.shape) for name, feature in features.items()} == {
        name: (len(names), len(PHRASES), 32) for name, names in NAMES.items()
    }
    for name, index, phrase in (("colour", 2, 0), ("shape", 4, 1), ("texture", 1, 3)):
        text = PHRASES[phrase].format(NAMES[name][index])
        input_ids, attention_mask = processor.tokenize([text])
        position = text.split().index(NAMES[name][index])
        hidden, _ = encode_text(model.text_encoder, input_ids, attention_mask)
        expected = model.cross_modal_mlp(hidden[0, position])  # not brought to unit length
        torch.testing.assert_close(features[name][index, phrase], expected)


def test_heads_learn_a_batch_by_heart_and_the_words_with_them(words):
    torch.manual_seed(0)
    batch = {name: torch.stack([frames()[i][name] for i in range(2)]) for name in frames()[0]}
    heads = TowerHeads(words, channels=32, width=24, patch_size=8).requires_grad_(True)
    final = torch.randn(2, 32, 8, 8, requires_grad=True)
    early = torch.randn(2, 8, 8, 24, requires_grad=True)
    optimizer = torch.optim.Adam([{"params": heads.parameters(), "lr": 0.01}, {"params": [final, early], "lr": 0.1}])
    losses = []
    for _ in range(60):
        loss, right = heads(RefSamVisionOutput(visual_embedding=final, intermediate_embeddings=(early,)), batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
    assert [right[name] for name in NAMES] == [1.0, 1.0, 1.0]
    assert right["place"] > 0.9
    assert final.grad is not None
    assert early.grad is not None
    assert any(weight.grad is not None and weight.grad.any() for weight in words.text_encoder.parameters())


def test_where_no_cell_is_covered_only_the_border_is_asked_for(words):
    torch.manual_seed(0)
    heads = TowerHeads(words, channels=32, width=24, patch_size=8)
    final, early = torch.randn(1, 32, 6, 6, requires_grad=True), torch.randn(1, 6, 6, 24)
    nothing = torch.full((1, 6, 6), NOTHING)
    batch = {"colour": nothing, "shape": nothing, "texture": nothing, "radius": torch.zeros(1, 6, 6)}
    batch["inside"] = torch.zeros(1, 6, 6, 64)
    loss, right = heads(RefSamVisionOutput(visual_embedding=final, intermediate_embeddings=(early,)), batch)
    answers = (heads.inside(final.permute(0, 2, 3, 1)), heads.inside_early(early))
    errors = [F.binary_cross_entropy_with_logits(answer, batch["inside"]) for answer in answers]
    torch.testing.assert_close(loss, BORDER_WEIGHT * sum(errors))
    loss.backward()
    # zero, not None: with several processes, every weight needs a gradient in every step
    for head in (heads.place, heads.radius, words.cross_modal_mlp):
        assert all(weight.grad is not None and not weight.grad.any() for weight in head.parameters())
    assert all(map(math.isnan, right.values()))


def test_places_are_those_of_the_square():
    cells = torch.zeros(2, 8, 8, dtype=torch.bool)
    cells[0, 0, 7] = cells[1, 7, 0] = cells[1, 2, 4] = True
    assert places(cells).tolist() == [[1.0, 0.0], pytest.approx([4 / 7, 2 / 7]), [0.0, 1.0]]
