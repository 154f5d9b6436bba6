"""From frames to masks: networks, and masks that were made elsewhere."""
