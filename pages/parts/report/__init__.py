"""The parts of the page Report card."""
