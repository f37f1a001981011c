"""A model provider on the loopback, for tests and benchmarks."""
