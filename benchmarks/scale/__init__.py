"""How throughput grows with workers: a model from measured costs, and real runs beside it."""
