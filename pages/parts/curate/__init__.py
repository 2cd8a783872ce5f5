"""What the page Curate is made of: the checks, what they found, and what was decided."""
