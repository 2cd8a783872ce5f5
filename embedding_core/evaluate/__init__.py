"""How good an embedding is for the labels that an image set has. Arrays in, frozen findings out; no workspace."""
