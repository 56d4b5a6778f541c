"""What `ablation.py` is made of."""
