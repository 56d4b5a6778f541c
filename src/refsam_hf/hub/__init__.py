"""Checkpoints from elsewhere."""
