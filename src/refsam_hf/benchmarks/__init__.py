"""Benchmarks: one file each, all giving rows of one schema."""

from .registry import BENCHMARKS, decode_frames, decode_masks, decode_row, decode_rows, iterate_frames, load_benchmark
from .streaming import stream_videos

__all__ = [
    "BENCHMARKS",
    "decode_frames",
    "decode_masks",
    "decode_row",
    "decode_rows",
    "iterate_frames",
    "load_benchmark",
    "stream_videos",
]
