"""What is new: one set of images against another."""
