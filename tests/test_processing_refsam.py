import warnings

import pytest
import torch
from transformers import AutoProcessor

from refsam_hf import RefSamProcessor, RefSamVideoProcessor
from refsam_hf.processing_refsam import normalize_expression


def test_video_and_text_together(tiny_processor, tiny_clip, tiny_texts):
    both = tiny_processor(video=tiny_clip, text=tiny_texts)
    assert set(both) == {"pixel_values", "original_sizes", "input_ids", "attention_mask"}
    assert both["pixel_values"].shape == (1, 5, 3, 48, 48)
    assert both["input_ids"].shape == both["attention_mask"].shape == (1, 2, 7)
    assert set(tiny_processor(video=tiny_clip, return_tensors="pt")) == {"pixel_values", "original_sizes"}
    assert set(tiny_processor(text="red circle")) == {"input_ids", "attention_mask"}
    assert tiny_processor.model_input_names == ["pixel_values", "input_ids", "attention_mask"]
    with pytest.raises(ValueError, match="expected a video, a text, or both, got neither"):
        tiny_processor()


def test_texts_are_padded_to_the_longest(tiny_processor, tiny_texts):
    ids, mask = tiny_processor.tokenize(tiny_texts)
    assert mask.sum(dim=1).tolist() == [7, 3]  # "the red circle on the left" and "blue square", each with its end
    assert (ids[1, 3:] == tiny_processor.tokenizer.pad_token_id).all()
    short, _ = tiny_processor.tokenize(tiny_texts[1])
    assert torch.equal(short[0], ids[1, :3])


def test_case_and_white_space_do_not_count(tiny_processor):
    assert normalize_expression("  The RED\n\tcircle ") == "the red circle"
    ids, _ = tiny_processor.tokenize(["the red circle", "  The RED\n\tcircle "])
    assert torch.equal(ids[0], ids[1])


def test_a_text_that_is_too_long_is_cut_with_a_warning(tiny_processor):
    with pytest.warns(UserWarning, match="takes 24 tokens, got 31: cut off: 'red red"):
        ids, mask = tiny_processor.tokenize(["red " * 30, "blue square"])
    assert ids.shape == (2, 24)
    assert mask.sum(dim=1).tolist() == [24, 3]
    assert ids[0, -1] == tiny_processor.tokenizer.eos_token_id
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiny_processor.tokenize("red " * 23)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ([], "at least one expression, got none"),
        ("", "words that say what to segment, got ''"),
        (["red circle", " \n"], r"got ' \\n'"),
        (["red circle", 3], "expected strings, got int: 3"),
        ([None], "expected strings, got NoneType"),
        (b"red", "expected strings, got int"),
        (5, "expected an expression or a list of them, got int: 5"),
    ],
)
def test_a_text_that_is_none_is_named(tiny_processor, text, message):
    for use in (tiny_processor.tokenize, tiny_processor.init_video_session):
        with pytest.raises(ValueError, match=f"text: .*{message}"):
            use(text)


def test_it_comes_back_from_its_folder(tiny_model, tiny_processor, tiny_clip, tiny_texts, tmp_path):
    """Beside a model, and alone."""
    tiny_processor.save_pretrained(tmp_path / "alone")
    tiny_processor.save_pretrained(tmp_path / "both")
    tiny_model().save_pretrained(tmp_path / "both")
    expected = tiny_processor(video=tiny_clip, text=tiny_texts)
    for folder in ("alone", "both"):
        for processor_class in (RefSamProcessor, AutoProcessor):
            loaded = processor_class.from_pretrained(tmp_path / folder)
            assert type(loaded) is RefSamProcessor
            assert type(loaded.video_processor) is RefSamVideoProcessor
            inputs = loaded(video=tiny_clip, text=tiny_texts)
            assert inputs.keys() == expected.keys()
            for name, value in expected.items():
                assert inputs[name] == value if name == "original_sizes" else torch.equal(inputs[name], value)
            assert loaded.tokenizer.model_max_length == 24


def test_normalisation_is_kept(tmp_path, tiny_clip, tiny_processor):
    processor = RefSamProcessor(
        RefSamVideoProcessor(image_size=32, image_mean=[0.5, 0.4, 0.3], image_std=[0.2, 0.2, 0.1]),
        tiny_processor.tokenizer,
    )
    processor.save_pretrained(tmp_path)
    loaded = RefSamProcessor.from_pretrained(tmp_path)
    pixels = loaded(video=tiny_clip)["pixel_values"]
    assert pixels.shape[-1] == 32
    assert torch.equal(pixels, processor(video=tiny_clip)["pixel_values"])
    assert pixels.mean() != pytest.approx(tiny_processor(video=tiny_clip)["pixel_values"].mean().item(), abs=0.1)
