"""A linear probe over an embedding, and what it says of images that it was not fitted on."""
