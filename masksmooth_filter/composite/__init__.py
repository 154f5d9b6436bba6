"""Draw masks on the frames they belong to."""
