"""Benchmarks: one file each, all giving rows of one schema."""

from .benchmark import Benchmark
from .decoding import decode_frames, decode_masks, decode_row, decode_rows, iterate_frames
from .registry import BENCHMARKS, load_benchmark, register_benchmark
from .streaming import stream_videos

__all__ = [
    "BENCHMARKS",
    "Benchmark",
    "decode_frames",
    "decode_masks",
    "decode_row",
    "decode_rows",
    "iterate_frames",
    "load_benchmark",
    "register_benchmark",
    "stream_videos",
]
