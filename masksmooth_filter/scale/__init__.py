"""Many films, or one long one, on several workers: processes of this machine, or a Ray cluster."""
