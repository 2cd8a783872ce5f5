"""What the page Axes is made of."""
