"""How good the masks are: region similarity J and contour accuracy F, the DAVIS 2017 measures.

The measures of one frame or clip are here; `refsam_hf.evaluation.statistics` sums up a series of their values.
"""

from refsam_hf.evaluation.clip import ClipScores, score_clip
from refsam_hf.evaluation.contour_accuracy import contour_accuracy
from refsam_hf.evaluation.frame_scores import frame_scores
from refsam_hf.evaluation.region_similarity import region_similarity

__all__ = ["ClipScores", "contour_accuracy", "frame_scores", "region_similarity", "score_clip"]
