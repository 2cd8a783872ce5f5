"""Models made on an image set: probes over an embedding, and encoders fine-tuned on the images. No workspace."""
