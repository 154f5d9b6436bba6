"""What it costs to segment keyframes only."""
