"""Benchmarks: run by hand or by make, never timed in tests."""
