"""The whole command against its own parts, and against how people do it today."""
