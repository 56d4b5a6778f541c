"""Frames and labels in, tensors out; mask logits in, masks at the frame's own size out."""

from collections.abc import Iterator, Sequence
from os import PathLike
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate, pad
from transformers import BaseImageProcessor, BatchFeature, ProcessorMixin

from .training.losses import IGNORE_INDEX


class RefSamVideoProcessor(BaseImageProcessor):
    """Frames to SAM's input: longest side resized to `image_size`, normalised, padded to a square at right and bottom.

    The resizing is torch's own antialiased one, on any device: transformers' base class of video processors needs
    torchvision, and its mixin is not there in all versions.
    """

    model_input_names = ["pixel_values"]

    def __init__(
        self,
        image_size: int = 1024,
        image_mean: Sequence[float] = (0.485, 0.456, 0.406),
        image_std: Sequence[float] = (0.229, 0.224, 0.225),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.image_size = image_size
        self.image_mean, self.image_std = list(image_mean), list(image_std)

    def __call__(self, video: Any, **kwargs: Any) -> BatchFeature:  # type: ignore[override]
        return self.preprocess(video, **kwargs)

    @classmethod
    def get_image_processor_dict(
        cls, pretrained_model_name_or_path: str | PathLike[str], **kwargs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The options that a checkpoint's `processor_config.json` holds under `video_processor`.

        Raises:
            ValueError: it holds none.
            OSError: there is no such file.
        """
        config, kwargs = ProcessorMixin.get_processor_dict(pretrained_model_name_or_path, **kwargs)
        if "video_processor" not in config:
            raise ValueError(
                f"{pretrained_model_name_or_path}: expected a processor_config.json with a video_processor, "
                f"got {sorted(config) or 'none'}"
            )
        return config["video_processor"], kwargs

    def resized_size(self, height: int, width: int) -> tuple[int, int]:
        """Size (height, width) in pixels that a frame has inside the padded square."""
        scale = self.image_size / max(height, width)
        return max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))

    def preprocess(
        self, video: Any, device: torch.device | str | None = None, return_tensors: str = "pt", first_index: int = 0
    ) -> BatchFeature:
        """The frames of one clip.

        Args:
            video: a list of frames of any sizes, or anything else that `refsam_hf.video.open_video` takes: a path, an
                array (T, H, W, 3), an iterator of frames. A frame is a PIL image or an array (H, W, 3), uint8 or float
                in [0, 1].
            device: where to resize; the CPU if not given.
            return_tensors: "pt", as there is nothing else.
            first_index: what the first frame is called in errors.

        Returns:
            `pixel_values` (1, T, 3, S, S) float32 and `original_sizes`, a (height, width) per frame.

        Raises:
            ValueError: no frame, or one that is no image, has NaN, or is smaller than 8 pixels on a side.
        """
        if return_tensors != "pt":
            raise ValueError(f"return_tensors: expected 'pt', got {return_tensors!r}")
        mean = torch.tensor(self.image_mean, device=device).view(3, 1, 1)
        std = torch.tensor(self.image_std, device=device).view(3, 1, 1)
        pixel_values, original_sizes = [], []
        for frame in _frames(video, first_index):
            pixels = torch.tensor(frame, device=device)  # (H, W, 3)
            height, width = pixels.shape[:2]
            size = self.resized_size(height, width)
            image = pixels.permute(2, 0, 1).float()  # (3, H, W)
            if size != (height, width):
                image = interpolate(image[None], size=size, mode="bilinear", align_corners=False, antialias=True)[0]
            image = (image / 255 - mean) / std
            pixel_values.append(pad(image, (0, self.image_size - size[1], 0, self.image_size - size[0])))
            original_sizes.append((height, width))
        if not pixel_values:
            raise ValueError("expected at least one frame, got an empty video")
        return BatchFeature({"pixel_values": torch.stack(pixel_values)[None], "original_sizes": original_sizes})

    def preprocess_masks(self, masks: Any) -> Tensor:
        """Labels for the model's loss.

        Args:
            masks: (..., H, W), bool or integers (0, 1, 255 to be ignored), at the frames' own size.

        Returns:
            (..., S, S) uint8, resized like the frames (to the nearest pixel), 255 in the padding.

        Raises:
            ValueError: masks without height and width, or with other values (a map of several objects is no mask).
        """
        masks = np.asarray(masks)
        if masks.ndim < 2 or masks.size == 0:
            raise ValueError(f"masks: expected (..., H, W), got shape {masks.shape}")
        if masks.dtype != bool:
            unknown = masks[(masks != 0) & (masks != 1) & (masks != IGNORE_INDEX)]
            if unknown.size:
                raise ValueError(f"masks: expected 0, 1 or {IGNORE_INDEX} (to be ignored), got {unknown[0]}")
        labels = torch.as_tensor(masks.astype(np.uint8))
        height, width = labels.shape[-2:]
        size = self.resized_size(height, width)
        flat = labels.reshape(1, -1, height, width)  # (1, X, H, W)
        if size != (height, width):
            flat = interpolate(flat.float(), size=size, mode="nearest-exact").to(torch.uint8)
        flat = pad(flat, (0, self.image_size - size[1], 0, self.image_size - size[0]), value=IGNORE_INDEX)
        return flat.reshape(*labels.shape[:-2], self.image_size, self.image_size)

    def post_process_masks(
        self,
        masks: Sequence[Tensor],
        original_sizes: Sequence[tuple[int, int]],
        mask_threshold: float = 0.0,
        binarize: bool = True,
    ) -> list[Tensor]:
        """Mask logits of padded squares -> masks of frames.

        Args:
            masks: per frame (..., 4h, 4w) logits.
            original_sizes: (height, width) per frame.
            mask_threshold: logit above which a pixel belongs to the object.
            binarize: `False` gives the logits at the frame's size instead.

        Returns:
            per frame (..., H, W), bool or float32.

        Raises:
            ValueError: not as many sizes as masks.
        """
        if len(masks) != len(original_sizes):
            raise ValueError(f"expected one size per frame, got {len(masks)} masks and {len(original_sizes)} sizes")
        results = []
        for logits, (height, width) in zip(masks, original_sizes, strict=True):
            flat = logits.float().reshape(1, -1, *logits.shape[-2:])  # (1, X, 4h, 4w)
            flat = interpolate(flat, size=(self.image_size, self.image_size), mode="bilinear", align_corners=False)
            rows, columns = self.resized_size(height, width)
            flat = flat[..., :rows, :columns]  # cut the padding off
            flat = interpolate(flat, size=(height, width), mode="bilinear", align_corners=False)
            result = flat.reshape(*logits.shape[:-2], height, width)
            results.append(result > mask_threshold if binarize else result)
        return results


def _frames(video: Any, first_index: int) -> Iterator[np.ndarray]:
    """uint8 (H, W, 3) each."""
    from .video import open_video

    if not isinstance(video, list | tuple):
        return iter(open_video(video))
    # a clip has one size; the frames of a list need not be one clip
    return (_frame_array(frame, f"frame {index}") for index, frame in enumerate(video, first_index))


def _frame_array(frame: Any, name: str) -> np.ndarray:
    from .video.arrays import to_frame
    from .video.clip import MIN_SIDE

    pixels = to_frame(frame, name)
    height, width = pixels.shape[:2]
    if min(height, width) < MIN_SIDE:
        raise ValueError(f"{name}: expected at least {MIN_SIDE} pixels on each side, got {height}x{width}")
    return pixels
