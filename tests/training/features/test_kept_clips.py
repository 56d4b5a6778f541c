"""Clips of kept features: pass after pass, pure functions of their index."""

import pytest
import torch

from refsam_hf.training.features.frame_picks import FramePicks
from refsam_hf.training.features.kept_clips import KeptClips
from refsam_hf.training.features.kept_set import KeptSet
from refsam_hf.training.mixture import MixedClips


@pytest.fixture
def kept(keep):
    return KeptSet(keep("kept", every=2))


def equal(first, second):
    return torch.equal(
        first["frame_embeddings"]["visual_embedding"], second["frame_embeddings"]["visual_embedding"]
    ) and all(torch.equal(first[name], second[name]) for name in first if name != "frame_embeddings")


def clips_of(kept, processor, **options):
    picks = FramePicks(3, 2, 1, 2)
    return KeptClips(processor, kept, **{"seed": (7, 0), "picks": picks, **options})


def test_every_clip_comes_once_in_a_pass(kept, frozen):
    clips = clips_of(kept, frozen[1])
    names = [kept.said(place) for place in range(5)]
    for number in range(3):
        said = [clips.draw(5 * number + place) for place in range(5)]
        assert sorted((clip.name, clip.texts) for clip in said) == sorted(names)
    orders = [[clips.draw(5 * number + place).texts for place in range(5)] for number in range(3)]
    assert orders[0] != orders[1]


def test_an_item_depends_on_its_index_alone(kept, frozen):
    straight, late = clips_of(kept, frozen[1]), clips_of(kept, frozen[1])
    items = [straight[index] for index in range(12)]
    for index in (11, 3, 7, 0):
        assert equal(late[index], items[index])
        assert frozen[1].tokenizer.batch_decode(items[index]["input_ids"], skip_special_tokens=True) == [
            text.lower() for text in late.draw(index).texts
        ]
    assert not all(equal(clips_of(kept, frozen[1], seed=(8, 0))[index], items[index]) for index in range(5))


def test_what_an_item_holds(kept, frozen):
    clips = clips_of(kept, frozen[1], picks=FramePicks(3, 2, 2, 2), forgotten=1.0)
    item, place = clips[0], clips._place(0)
    whole, cells = kept.read(place, [0, 2]), kept.cells(place)
    assert torch.equal(item["frame_embeddings"]["visual_embedding"], whole["visual_embedding"])
    assert len(item["frame_embeddings"]["intermediate_embeddings"]) == 2
    centres = item["frame_embeddings"]["cell_centres"]
    assert centres.shape == (2, 3, 3, 2)
    assert centres[0, 0, 0].tolist() == pytest.approx([(cells.column + 0.5) / 6, (cells.row + 0.5) / 6])
    assert item["labels"].shape[1:] == (2, 12, 12)
    assert torch.equal(item["labels"], whole["labels"])
    assert item["words_seen"][:, 0].all()
    assert not all(clips[index]["words_seen"].all() for index in range(5)), "what is forgotten is not read"


def test_whole_grids_have_no_centres_of_their_own(keep, frozen):
    clips = clips_of(KeptSet(keep("kept")), frozen[1])
    assert clips[0]["frame_embeddings"].keys() == {"visual_embedding", "intermediate_embeddings"}


def test_sets_are_mixed_by_weight_and_gone_on_with(kept, frozen):
    def mixed(num_clips, first_index):
        sources = [clips_of(kept, frozen[1], seed=(7, number)) for number in range(2)]
        return MixedClips(sources, [2.0, 1.0], num_clips, first_index)

    straight, later = mixed(9, 0), mixed(4, 5)
    assert all(equal(straight[5 + place], later[place]) for place in range(4))
    assert [straight.draw(5 + place) for place in range(4)] == [later.draw(place) for place in range(4)]
    assert len({straight._find(index)[0] for index in range(9)}) == 2


def test_files_that_do_not_belong_together(keep, frozen):
    folder = keep("kept", every=2)
    other = keep("other")
    (folder / "00001.safetensors").write_bytes((other / "00001.safetensors").read_bytes())
    with pytest.raises(ValueError, match=r"00001.safetensors: expected clips of the same set as 00000.safetensors"):
        KeptSet(folder)
    with pytest.raises(ValueError, match=r"nowhere: expected a folder with the files of examples/keep_features.py"):
        KeptSet(folder / "nowhere")
