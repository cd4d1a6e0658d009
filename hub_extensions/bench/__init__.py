"""Benchmarks: ours and the stock counterpart, interleaved in one run."""
