"""Proof that a written file holds what the source held: measure both, compare, show."""
