"""Masks as files for other tools, and for `--masks-from`."""
