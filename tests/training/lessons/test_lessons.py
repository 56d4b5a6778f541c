"""A model and the lessons that ask it."""

import pytest
import torch

from refsam_hf.cells import cell_centres
from refsam_hf.training.lessons import PARTS, Lessons
from refsam_hf.training.stage_config import StageConfig


@pytest.fixture
def batch(tiny_inputs):
    object_masks = torch.zeros(1, 2, 3, 48, 48, dtype=torch.uint8)
    for t in range(3):
        object_masks[0, 0, t, 8:24, 8 * t : 8 * t + 16] = 1
    object_masks[0, 1, :, 32:, 32:] = 1
    return {
        **tiny_inputs,
        "labels": object_masks[:, :1].repeat(1, 2, 1, 1, 1),
        "words_seen": torch.tensor([[[True, True, True], [True, False, False]]]),
        "object_masks": object_masks,
        "candidates": torch.tensor([[[True, True], [True, False]]]),
        "anchors": torch.tensor([[[False, True], [False, False]]]),
    }


NAMES = ("choice", "flow", "memory", "origins", "mentions", "places")


def lessons_of(model, **weights):
    torch.manual_seed(0)
    lessons = Lessons(model).train()
    for name in NAMES:  # heads that have begun to learn
        for parameter in getattr(lessons, name).parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    for name, weight in weights.items():
        setattr(lessons, f"{name}_weight", weight)
    return lessons


def plain_loss(lessons, batch):
    names = {"object_masks", "candidates", "anchors"}
    return lessons.model(**{name: value for name, value in batch.items() if name not in names}).loss


@pytest.mark.parametrize("names", [(), *((name,) for name in NAMES), NAMES])
def test_each_lesson_adds_its_weighted_loss(tiny_model, batch, names):
    lessons = lessons_of(tiny_model(), **{name: 0.1 * (1 + NAMES.index(name)) for name in names})
    loss = lessons(**batch).loss.item()
    assert tuple(lessons.losses) == tuple(names)
    assert all(value > 0 for value in lessons.losses.values())
    expected = sum(getattr(lessons, f"{name}_weight") * value for name, value in lessons.losses.items())
    assert loss == pytest.approx(plain_loss(lessons, batch).item() + expected, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (None, [0, 0, 0]),
        ("choice", [0, 0, 0]),
        ("flow", [3, 3, 0]),
        ("memory", [3, 0, 3]),
        ("origins", [3, 0, 3]),
        ("mentions", [0, 3, 0]),
        ("places", [0, 3, 0]),
    ],
)
def test_no_features_are_kept_that_no_lesson_asks_for(tiny_model, batch, name, kept):
    lessons = lessons_of(tiny_model(), **({} if name is None else {name: 1.0}))
    lists = (lessons._last, lessons._before_last, lessons._track_tokens)
    seen = []
    lessons.model.register_forward_hook(lambda *_: seen.extend(map(len, lists)))
    lessons(**batch)
    assert seen == kept
    assert not any(lists)


def test_the_weights_are_those_of_a_stage(tiny_model):
    weights = {f"{name}_weight": 0.1 * (1 + index) for index, name in enumerate(NAMES)}
    lessons = Lessons(tiny_model())
    lessons.weigh(StageConfig(steps=1, **weights))
    assert {name: getattr(lessons, name) for name in weights} == weights
    assert {name for name in vars(StageConfig()) if name.endswith("_weight")} == weights.keys(), "none is forgotten"


@pytest.mark.parametrize("name", NAMES[1:])
def test_a_head_learns_before_the_model_does(tiny_model, batch, name):
    torch.manual_seed(0)
    lessons = Lessons(tiny_model()).train()
    setattr(lessons, f"{name}_weight", 1.0)
    loss = {}
    getattr(lessons, name).register_forward_hook(lambda _, __, value: loss.update(asked=value))
    lessons(**batch)
    loss["asked"].backward()
    assert not any(weight.grad is not None and weight.grad.any() for weight in lessons.model.parameters())
    assert any(weight.grad is not None and weight.grad.any() for weight in getattr(lessons, name).parameters())


def test_features_are_those_of_each_expression_and_frame(tiny_model, batch):
    lessons = lessons_of(tiny_model(), **dict.fromkeys(NAMES, 1.0))
    kept = {}
    lessons.memory.register_forward_pre_hook(lambda _, inputs: kept.update(features=inputs[0], tokens=inputs[1]))
    lessons(**batch)
    assert kept["features"].shape[:5] == (1, 2, 3, 6, 6)
    assert kept["tokens"].shape[:3] == (1, 2, 3)
    # the second frame's features, from a clip that ends there, and of the second expression alone
    short = {**batch, "pixel_values": batch["pixel_values"][:, :2], "labels": batch["labels"][:, 1:, :2]}
    for name in ("input_ids", "attention_mask", "candidates", "anchors"):
        short[name] = batch[name][:, 1:]
    short |= {"words_seen": batch["words_seen"][:, 1:, :2], "object_masks": batch["object_masks"][:, :, :2]}
    whole, tokens = kept["features"], kept["tokens"]
    lessons(**short)
    torch.testing.assert_close(kept["tokens"][0, 0, 1], tokens[0, 1, 1], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(kept["features"][0, 0, 1], whole[0, 1, 1], rtol=1e-4, atol=1e-5)


def test_the_positions_are_those_of_the_cells_of_each_clip(tiny_model, batch):
    """What the memory lessons ask of two clips of which other cells were kept is what they ask of each alone."""
    lessons = lessons_of(tiny_model(), memory=1.0, origins=1.0, choice=1.0, flow=1.0, places=1.0, mentions=1.0)
    with torch.no_grad():
        frames = lessons.model.get_frame_embeddings(batch.pop("pixel_values")[0])
    positions = lessons.model.get_image_positional_embeddings(6, 6)
    asked, alone = [], []
    lessons.origins.register_forward_pre_hook(lambda _, inputs: asked.append(inputs))
    for row, column in ((0, 1), (1, 0)):
        of_cells = {
            "visual_embedding": frames.visual_embedding[:, :, row::2, column::2],
            "intermediate_embeddings": tuple(level[:, row::2, column::2] for level in frames.intermediate_embeddings),
            "cell_centres": cell_centres(6, 6)[row::2, column::2].expand(3, -1, -1, -1),
        }
        masks = {name: batch[name][..., ::4, ::4] for name in ("labels", "object_masks")}  # 12 x 12
        alone.append({**batch, **masks, "frame_embeddings": of_cells})
        lessons(**alone[-1])
        torch.testing.assert_close(asked[-1][2], positions[:, :, row::2, column::2])
    first, second = alone
    both = {name: torch.cat([first[name], second[name]]) for name in first if name != "frame_embeddings"}
    of_first, of_second = first["frame_embeddings"], second["frame_embeddings"]
    both["frame_embeddings"] = {
        name: tuple(map(torch.cat, zip(of_first[name], of_second[name], strict=True)))
        if name == "intermediate_embeddings"
        else torch.cat([of_first[name], of_second[name]])
        for name in of_first
    }
    lessons(**both)
    for place in range(5):
        expected = torch.cat([asked[0][place], asked[1][place]])
        torch.testing.assert_close(asked[2][place], expected, rtol=1e-4, atol=1e-5)
    amounts = [lessons.amounts(batch) for batch in (*alone, both)]
    torch.testing.assert_close(amounts[0] + amounts[1], amounts[2])
    asked_of_cells = lessons.flow.amounts(both["object_masks"], both["candidates"], (3, 3))
    assert torch.equal(amounts[2][PARTS.index("flow")], asked_of_cells)


def test_features_are_those_of_each_clip(tiny_model, batch):
    lessons = lessons_of(tiny_model(), memory=1.0)
    kept = {}
    lessons.memory.register_forward_pre_hook(lambda _, inputs: kept.update(features=inputs[0], tokens=inputs[1]))
    other = {**batch, "pixel_values": batch["pixel_values"].flip(-1)}
    lessons(**{name: torch.cat([batch[name], other[name]]) for name in batch})
    both = dict(kept)
    for index, alone in enumerate((batch, other)):
        lessons(**alone)
        for name, value in kept.items():
            torch.testing.assert_close(both[name][index], value[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("lesson", ["flow", "memory", "origins"])
def test_the_track_token_learns_from_what_is_asked_of_the_next_frame(tiny_model, batch, lesson):
    lessons = lessons_of(tiny_model(), **{lesson: 1.0})
    (lessons(**batch).loss - plain_loss(lessons, batch)).backward()
    assert any(
        weight.grad is not None and weight.grad.any() for weight in lessons.model.implicit_tracking.parameters()
    )


def test_what_is_remembered(tiny_model, batch):
    """Of the masks: a trail that follows the target. Of the candidates: where they were in the first frame."""
    lessons = lessons_of(tiny_model(), memory=1.0, origins=1.0)
    batch["candidates"] = torch.tensor([[[True, False], [True, True]]])
    batch["attention_mask"][0, 1] = 0  # padding
    asked = {}
    for name in ("memory", "origins"):
        getattr(lessons, name).register_forward_pre_hook(lambda _, inputs, name=name: asked.update({name: inputs[3:]}))
    lessons(**batch)
    (trails, real), (first, _) = asked["memory"], asked["origins"]
    assert real.tolist() == [[True, False]]
    assert trails[0, 0, 2, 1].tolist() == pytest.approx([0.64, 0.8, 1.0, 1.0, 0.0, 0.0])
    assert first[0, 0, 2, 1].tolist() == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    assert first[0, 1, 2, 4].tolist() == [0.0, 0.0, 0.0, 0.0, 1.0, 1.0], "of all that the words may mean"


def test_the_last_layer_learns_nothing_from_the_mentions(tiny_model, batch):
    model = tiny_model()
    assert len(model.mask_decoder.transformer.layers) == 2
    lessons = lessons_of(model, mentions=1.0)
    loss = {}
    lessons.mentions.register_forward_hook(lambda _, __, value: loss.update(mentions=value))
    lessons(
        **{
            **batch,
            "pixel_values": batch["pixel_values"][:, :1],
            "labels": batch["labels"][:, :, :1],
            "words_seen": batch["words_seen"][:, :, :1],
            "object_masks": batch["object_masks"][:, :, :1],
        }
    )
    loss["mentions"].backward()
    first, last = model.mask_decoder.transformer.layers
    assert any(weight.grad is not None and weight.grad.any() for weight in first.parameters())
    assert not any(weight.grad is not None and weight.grad.any() for weight in last.parameters())


def test_they_ask_nothing_of_a_model_that_is_measured(tiny_model, batch):
    lessons = lessons_of(tiny_model(), **dict.fromkeys(NAMES, 1.0))
    lessons.eval()
    assert lessons(**batch).loss.item() == pytest.approx(plain_loss(lessons, batch).item())
    assert not lessons._last
    assert not lessons._before_last
    assert not lessons._track_tokens
