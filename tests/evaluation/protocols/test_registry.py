import pytest

from refsam_hf.benchmarks import BENCHMARKS
from refsam_hf.evaluation.protocols import Protocol, protocol_of, protocols_of


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_has_the_protocol_of_its_tables(name):
    protocols = protocols_of(name)
    assert "default" in protocols
    assert all(isinstance(protocol, Protocol) for protocol in protocols.values())


def test_a_protocol_by_its_name():
    assert protocol_of("ref_davis17").name == "ref_davis17"
    assert protocol_of("ref_davis17", "semi-supervised").name == "ref_davis17_semi_supervised"
    assert protocol_of("refcoco+") is protocol_of("refcocog")


def test_unknown_names_are_errors():
    with pytest.raises(ValueError, match=r"expected one of .*shapes.*, got 'davis'"):
        protocol_of("davis")
    with pytest.raises(ValueError, match="protocol of mevis: expected one of default, got 'semi-supervised'"):
        protocol_of("mevis", "semi-supervised")
