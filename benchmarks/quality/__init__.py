"""Smoothing judged against ground truth: methods x data. ``python -m benchmarks.quality --help``."""
