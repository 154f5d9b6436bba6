"""What a run did to its masks: figures, plots, pictures of the worst moments, and the working folder."""
