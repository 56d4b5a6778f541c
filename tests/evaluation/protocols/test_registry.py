import pytest

from refsam_hf.evaluation.protocols import PROTOCOLS, protocol_of


def test_every_benchmark_has_the_protocol_of_its_tables():
    assert {name for name, variants in PROTOCOLS.items() if "default" in variants} == set(PROTOCOLS)
    assert protocol_of("ref_davis17", "semi-supervised").name == "ref_davis17_semi_supervised"


def test_unknown_names_are_errors():
    with pytest.raises(ValueError, match=r"expected one of shapes, .*got 'davis'"):
        protocol_of("davis")
    with pytest.raises(ValueError, match="protocol of mevis: expected one of default, got 'semi-supervised'"):
        protocol_of("mevis", "semi-supervised")
