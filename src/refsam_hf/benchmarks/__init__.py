"""Benchmarks: one file each, all giving rows of one schema."""
