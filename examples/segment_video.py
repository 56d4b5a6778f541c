"""Segments a video by several expressions, frame by frame, with the pieces that a camera stream would use.

    python examples/segment_video.py clip.mp4 "the red circle" "the small star" --output overlay.mp4

Memory does not grow with the video: each frame is read, segmented, drawn and forgotten.
"""

import argparse

from refsam_hf import TINY_CHECKPOINT, RefSamModel, RefSamProcessor
from refsam_hf.commands.loading import choose_device
from refsam_hf.video import open_video
from refsam_hf.video.writer import OverlayWriter


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Segment a video by expressions, frame by frame.")
    parser.add_argument("video")
    parser.add_argument("expressions", nargs="+")
    parser.add_argument("--model", default=TINY_CHECKPOINT)
    parser.add_argument("--output", default="overlay.mp4")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args(arguments)
    try:
        segment(options)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    print(f"wrote {options.output}")


def segment(options: argparse.Namespace) -> None:
    model = RefSamModel.from_pretrained(options.model).to(choose_device(options.device)).eval()
    processor = RefSamProcessor.from_pretrained(options.model)
    session = processor.init_video_session(text=options.expressions)

    video = open_video(options.video)
    with OverlayWriter(options.output, video.fps, options.expressions) as writer:
        for frame in video:  # any source of uint8 (H, W, 3) frames would do: a camera, a network stream
            output = model(inference_session=session, frame=frame)
            (masks,) = processor.post_process_masks([output.pred_masks], [output.original_size])  # (E, H, W) bool
            writer.write(frame, masks.cpu(), output.iou_scores.cpu())


if __name__ == "__main__":
    main()
