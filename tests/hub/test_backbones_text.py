"""RoBERTa and CLIP as text encoders: their special tokens, their padding, their limits."""

import warnings

import pytest
import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizer,
    CLIPConfig,
    CLIPModel,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    RobertaConfig,
    RobertaModel,
    RobertaTokenizer,
    T5Config,
    T5EncoderModel,
    pipeline,
)

from refsam_hf import RefSamModel, RefSamProcessor
from refsam_hf.hub.backbones import read_tokenizer

LIMIT = 14
"""How many tokens the tiny encoders have positions for."""
SIZES = {"num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24, "hidden_size": 16}
LETTERS = sorted(ByteLevel.alphabet())
WORDS = ["square", "circle", "blue", "red"]  # in an order in which no word breaks another up


def merges(word, end=""):
    """What makes a word one token, step after step."""
    parts = [*word[:-1], word[-1] + end]
    pairs = []
    while len(parts) > 1:
        pairs.append((parts[0], parts[1]))
        parts = [parts[0] + parts[1], *parts[2:]]
    return pairs


def numbered(tokens):
    return {token: number for number, token in enumerate(dict.fromkeys(tokens))}


def roberta(initializer_range=0.5):
    """`<s> words </s> <pad>`; the positions begin behind the id of `<pad>`, 1."""
    pairs = [pair for word in WORDS for pair in merges(word)] + [("Ġ", word) for word in WORDS]
    made = ["".join(pair) for pair in pairs]
    vocab = numbered(["<s>", "<pad>", "</s>", "<unk>", "<mask>", *LETTERS, *made])
    config = RobertaConfig(
        **SIZES, vocab_size=len(vocab), max_position_embeddings=LIMIT + 2, initializer_range=initializer_range
    )
    return RobertaModel(config), RobertaTokenizer(vocab=vocab, merges=pairs)


def clip_vocab():
    pairs = [pair for word in WORDS for pair in merges(word, "</w>")]
    ends = [f"{letter}</w>" for letter in LETTERS]
    made = ["".join(pair) for pair in pairs]
    return numbered([*LETTERS, *ends, *made, "<|startoftext|>", "<|endoftext|>"]), pairs


def clip_text(initializer_range=0.5):
    """`<|startoftext|> words <|endoftext|>`, and `<|endoftext|>` is the padding, too."""
    vocab, pairs = clip_vocab()
    config = CLIPTextConfig(
        **SIZES,
        vocab_size=len(vocab),
        max_position_embeddings=LIMIT,
        eos_token_id=len(vocab) - 1,
        initializer_factor=20 * initializer_range,
    )
    return CLIPTextModel(config), CLIPTokenizer(vocab=vocab, merges=pairs)


def clip_whole():
    """With a vision model, as OpenAI's checkpoints are."""
    text, tokenizer = clip_text()
    vision = {**SIZES, "image_size": 32, "patch_size": 16}
    return CLIPModel(CLIPConfig(text_config=text.config.to_dict(), vision_config=vision)), tokenizer


def bert():
    vocab = numbered(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS])
    config = BertConfig(**SIZES, vocab_size=len(vocab), max_position_embeddings=LIMIT, initializer_range=0.5)
    return BertModel(config), BertTokenizer(vocab=vocab)


KINDS = {"roberta": roberta, "clip text": clip_text, "clip": clip_whole}
SPECIAL = {"roberta": ("<s>", "</s>"), "clip text": ("<|startoftext|>", "<|endoftext|>")}
SPECIAL["clip"] = SPECIAL["clip text"]
TEXTS = ["red circle", "blue square red circle blue square", "red"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Checkpoints of text encoders with their tokenizers, which name no limit of their own."""
    made = {}
    for kind, make in {**KINDS, "bert": bert}.items():
        torch.manual_seed(0)
        made[kind] = tmp_path_factory.mktemp(kind.replace(" ", "_"))
        for part in make():
            part.save_pretrained(made[kind])
    return made


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def model(sam, folders, kind):
    torch.manual_seed(0)
    return RefSamModel.from_vision_text_pretrained(sam[1], folders[kind])


@pytest.fixture(scope="module")
def processor(sam, folders, kind):
    return RefSamProcessor.from_vision_text_pretrained(sam[1], folders[kind])


def real(ids, mask):
    return ids[mask.bool()].tolist()


def test_special_tokens_are_set_around_the_words(processor, kind):
    ids, mask = processor.tokenize(TEXTS)
    tokens = [processor.tokenizer.convert_ids_to_tokens(real(*row)) for row in zip(ids, mask, strict=True)]
    first, last = SPECIAL[kind]
    assert [len(row) for row in tokens] == [4, 8, 3]
    for row, text in zip(tokens, TEXTS, strict=True):
        assert (row[0], row[-1]) == (first, last)
        assert [token.strip("Ġ").removesuffix("</w>") for token in row[1:-1]] == text.split()


def test_special_tokens_count_and_padding_does_not(model, processor, kind):
    """As with T5: the sentence is the mean over the words and the tokenizer's own tokens."""
    ids, mask = processor.tokenize(TEXTS)
    with torch.no_grad():
        hidden = model.text_encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        text = model.get_text_embeddings(ids, mask)
        for row, length in enumerate([4, 8, 3]):
            sentence = model.cross_modal_mlp(hidden[row, :length].mean(0))
            expected = torch.nn.functional.normalize(sentence, dim=-1)
            torch.testing.assert_close(text.sentence[row], expected, atol=1e-5, rtol=0)
    assert text.attention_mask.sum(1).tolist() == [4, 8, 3]


@pytest.mark.parametrize("side", ["right", "left"])
def test_together_as_alone(model, processor, tiny_clip, side):
    """Padded to the longest, at whatever side the tokenizer would like to pad; with nothing padded, if alone."""
    processor.tokenizer.padding_side = side
    video = processor(video=tiny_clip[:2])["pixel_values"]

    def masks(texts):
        inputs = processor(text=texts)
        with torch.no_grad():
            return model(pixel_values=video, input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])

    together = masks(TEXTS)
    for row, text in enumerate(TEXTS):
        alone = masks(text)
        for name in ("pred_masks", "iou_scores", "track_tokens"):
            torch.testing.assert_close(together[name][:, row], alone[name][:, 0], atol=1e-4, rtol=1e-4)
    spread = (together.pred_masks[:, 0] - together.pred_masks[:, 1]).abs().max()
    assert spread > 1e-2  # the words count
    processor.tokenizer.padding_side = "right"


def test_a_long_text_is_cut_with_a_warning(model, processor, kind):
    words = "red blue " * LIMIT
    with pytest.warns(UserWarning, match=rf"takes {LIMIT} tokens, got {2 * LIMIT + 2}: cut off: 'red blue red"):
        ids, mask = processor.tokenize([words, "red"])
    assert ids.shape == (2, LIMIT)
    assert mask.sum(1).tolist() == [LIMIT, 3]
    ends = [processor.tokenizer.convert_ids_to_tokens(int(ids[0, place])) for place in (0, -1)]
    assert tuple(ends) == SPECIAL[kind]  # its end is still marked
    with torch.no_grad():
        assert model.get_text_embeddings(ids, mask).words.isfinite().all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ids, _ = processor.tokenize("red " * (LIMIT - 2))
    assert ids.shape == (1, LIMIT)


def test_more_tokens_than_there_are_positions(model):
    ids = torch.full((1, LIMIT + 1), 7)
    with pytest.raises(ValueError, match=rf"input_ids: expected at most {LIMIT} tokens of a text, got {LIMIT + 1}"):
        model.get_text_embeddings(ids, torch.ones_like(ids))


def test_a_checkpoint_of_it(model, processor, tiny_clip, tmp_path):
    """Saved and loaded, the tokenizer's class, its tokens and its limit are the same; the pipeline works on it."""
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    loaded = RefSamProcessor.from_pretrained(tmp_path)
    assert type(loaded.tokenizer) is type(processor.tokenizer)
    assert loaded.tokenizer.model_max_length == LIMIT
    for name, tensor in zip(("ids", "mask"), loaded.tokenize(TEXTS), strict=True):
        assert torch.equal(tensor, processor.tokenize(TEXTS)[name == "mask"])
    segmenter = pipeline("referring-video-segmentation", model=str(tmp_path))
    results = segmenter(tiny_clip[:2], text=TEXTS, mask_format="array")
    session = processor.init_video_session(TEXTS)
    outputs = list(model.propagate_in_video_iterator(session, tiny_clip[:2]))
    for row, result in enumerate(results):
        assert result["scores"] == pytest.approx([float(output.iou_scores[row]) for output in outputs], abs=1e-4)


def test_no_position_is_lost_or_made_up(folders, sam):
    """BERT counts from 0, so that its table is as long as its texts."""
    processor = RefSamProcessor.from_vision_text_pretrained(sam[1], folders["bert"])
    assert processor.tokenizer.model_max_length == LIMIT


def test_a_limit_of_the_tokenizer_counts_too(folders, tmp_path):
    model, tokenizer = roberta()
    tokenizer.model_max_length = LIMIT - 3
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path)
    assert read_tokenizer(tmp_path).model_max_length == LIMIT - 3


@pytest.mark.parametrize(
    "make",
    [lambda: T5EncoderModel(T5Config(d_model=16, d_kv=8, d_ff=24, num_layers=1, num_heads=2)), lambda: roberta()[0]],
)
def test_a_checkpoint_without_a_tokenizer(make, tmp_path):
    """transformers makes up an empty one, to which all words are unknown."""
    make().save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="expected the files of a tokenizer beside the text encoder's, got none"):
        read_tokenizer(tmp_path)
