"""A small tokenizer for a text encoder that is trained from nothing."""

import string
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

SPECIAL_TOKENS = ("<pad>", "</s>", "<unk>")  # ids 0, 1, 2, as T5 has them


def build_tokenizer(words: Iterable[str], max_length: int = 64) -> PreTrainedTokenizerFast:
    """A Unigram tokenizer in T5's manner that knows `words` whole and takes any other text.

    A word that it does not know is spelled by letters, any other character by its UTF-8 bytes, so that nothing becomes
    `<unk>`. Text is lower-cased; `</s>` is appended.

    Args:
        words: the words of the training texts; each becomes one token.
        max_length: tokens that the encoder is trained to take; longer texts are cut off.
    """
    letters = list(string.ascii_lowercase + string.digits + string.punctuation)
    whole = sorted({f"▁{word.lower()}" for word in words} - {f"▁{letter}" for letter in letters})
    pieces = [(token, 0.0) for token in SPECIAL_TOKENS]
    pieces += [(f"<0x{byte:02X}>", -12.0) for byte in range(256)]
    # one whole word is always likelier than its letters
    pieces += [(word, -1.0) for word in whole]
    pieces += [(piece, -8.0) for piece in ["▁", *letters, *(f"▁{letter}" for letter in letters)]]

    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=SPECIAL_TOKENS.index("<unk>"), byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), " ")]
    )
    # punctuation stands alone, so that "circle," is the word and a comma
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation("isolated")]
    )
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    end = SPECIAL_TOKENS.index("</s>")
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", end)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=max_length,
        model_input_names=["input_ids", "attention_mask"],
    )
