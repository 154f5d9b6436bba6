"""Run the chain: queues, threads, and the pipeline that wires options into filters."""
