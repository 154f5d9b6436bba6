"""``--doctor``: what a run would use here, and why; fit for a bug report."""
