from refsam_hf.benchmarks.rows import row_features


def test_the_columns_of_every_benchmark() -> None:
    columns = "benchmark split video_id expression_id expression object_ids annotator frames_dir frame_names masks"
    assert list(row_features()) == columns.split()


def test_a_benchmark_may_add_columns() -> None:
    features = row_features({"kind": "string"})
    assert list(features)[-1] == "kind"
    assert features["kind"].dtype == "string"
