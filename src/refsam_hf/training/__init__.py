"""Training: losses, clips, augmentation, optimizer, validation. The script over them is `examples/train.py`."""
