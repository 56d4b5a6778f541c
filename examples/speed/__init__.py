"""What `benchmark.py` compares with, and how it measures."""
