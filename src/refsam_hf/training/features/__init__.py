"""Kept features: what a frozen vision tower makes of clips, computed once, and trained on again and again.

The tower takes much of the time of a training step, and its features of a clip never change while it is frozen. What
else a step needs of a clip is small: labels at the size of the logits, objects, texts. Of the cells of the tower's
grid, some may be left out, by rows and columns: with every second of both there is a quarter of the decoder's work.
"""
