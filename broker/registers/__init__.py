"""Registers: what the partnership keeps of its own, encrypted; no service's records."""
