"""Which protocol scores which benchmark."""

from collections.abc import Mapping

from . import a2d_sentences, mevis, own_clips, ref_davis17, refcoco, refer_youtube_vos, shapes
from .protocol import Protocol

PROTOCOLS: Mapping[str, Mapping[str, Protocol]] = {
    "shapes": {"default": shapes.PROTOCOL},
    "own_clips": {"default": own_clips.PROTOCOL},
    "youtube_vis": {"default": own_clips.PROTOCOL},
    "refer_youtube_vos": {"default": refer_youtube_vos.PROTOCOL},
    "ref_davis17": {"default": ref_davis17.UNSUPERVISED, "semi-supervised": ref_davis17.SEMI_SUPERVISED},
    "mevis": {"default": mevis.PROTOCOL},
    "refcoco": {"default": refcoco.PROTOCOL},
    "refcoco+": {"default": refcoco.PROTOCOL},
    "refcocog": {"default": refcoco.PROTOCOL},
    "a2d_sentences": {"default": a2d_sentences.PROTOCOL},
    "jhmdb_sentences": {"default": a2d_sentences.PROTOCOL},
}
"""For each benchmark its protocols; the one called "default" is that of the published tables."""


def protocol_of(benchmark: str, variant: str = "default") -> Protocol:
    """The protocol of a benchmark.

    Raises:
        ValueError: no such benchmark, or it has no such variant.
    """
    if benchmark not in PROTOCOLS:
        raise ValueError(f"benchmark: expected one of {', '.join(PROTOCOLS)}, got {benchmark!r}")
    if variant not in PROTOCOLS[benchmark]:
        known = ", ".join(PROTOCOLS[benchmark])
        raise ValueError(f"protocol of {benchmark}: expected one of {known}, got {variant!r}")
    return PROTOCOLS[benchmark][variant]
