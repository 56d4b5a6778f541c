import pytest
from transformers import AutoTokenizer

from refsam_hf.training.tokenizer import build_tokenizer

WORDS = ["the", "red", "Circle", "left", "a", "leftmost"]


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer(WORDS, max_length=32)


def pieces(tokenizer, text):
    return tokenizer.convert_ids_to_tokens(tokenizer(text)["input_ids"])


def test_known_words_are_one_token_each(tokenizer):
    assert pieces(tokenizer, "the red circle left leftmost a") == [
        "▁the", "▁red", "▁circle", "▁left", "▁leftmost", "▁a", "</s>"
    ]  # fmt: skip
    assert pieces(tokenizer, "The  RED\tcircle") == ["▁the", "▁red", "▁circle", "</s>"]


def test_punctuation_stands_alone(tokenizer):
    assert pieces(tokenizer, "the red, circle.") == ["▁the", "▁red", ",", "▁circle", ".", "</s>"]
    assert "▁left" in pieces(tokenizer, "left-hand")
    assert pieces(tokenizer, "(red)")[:2] == ["▁", "("]


@pytest.mark.parametrize(
    "text",
    [
        "zebra",
        "the zebra's x-ray",
        "ein größerer Kreis",
        "红色的圆",
        "🦓",
        "naïve — “quoted”",
        "\x00\x07",
        "tab\there",
        "ﬁ²",
    ],
)
def test_any_text_is_taken_and_nothing_is_unknown(tokenizer, text):
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.unk_token_id not in ids
    assert len(ids) > 1  # more than the end


def test_different_texts_stay_different(tokenizer):
    texts = ["zebra", "zebras", "zeb ra", "🦓", "🐅", "红", "蓝", "the red", "red the"]
    assert len({tuple(tokenizer(text)["input_ids"]) for text in texts}) == len(texts)


def test_a_text_comes_back(tokenizer):
    for text in ("the red circle", "a zebra", "größe 🦓 red"):
        assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True).strip() == text


def test_special_tokens_are_those_of_t5(tokenizer):
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id) == (0, 1, 2)
    batch = tokenizer(["the red circle", "red"], padding=True)
    assert batch["input_ids"][1][1:] == [1, 0, 0]
    assert batch["attention_mask"] == [[1, 1, 1, 1], [1, 1, 0, 0]]
    assert set(batch) == {"input_ids", "attention_mask"}


def test_words_in_any_order_and_twice_give_the_same_ids():
    first, second = build_tokenizer(WORDS), build_tokenizer([*reversed(WORDS), "red", "CIRCLE"])
    assert first.get_vocab() == second.get_vocab()


def test_it_comes_back_from_its_folder(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    assert loaded.model_max_length == 32
    for text in ("the red circle", "a zebra 🦓, left"):
        assert loaded(text)["input_ids"] == tokenizer(text)["input_ids"]
