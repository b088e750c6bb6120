"""The benchmarks. Each module has a `run` whose parameters are its options; docs/BENCHMARKS.md says what they mean."""
