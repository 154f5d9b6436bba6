"""Damaged films by the thousand through the whole command: ``python -m tests.fuzz --cases 2000``."""
