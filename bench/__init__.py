"""Benchmarks: each prints a table and writes ``NAME.json`` beside its targets."""
