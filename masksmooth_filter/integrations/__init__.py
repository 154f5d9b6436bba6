"""The filter inside other people's media frameworks."""
