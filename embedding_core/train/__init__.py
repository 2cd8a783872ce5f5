"""What is trained on vectors and images, and the search for what to train with. Arrays in, models out; no workspace."""
