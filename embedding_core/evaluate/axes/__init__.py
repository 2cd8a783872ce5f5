"""What the axes of an embedding show, how many of them matter, and what becomes of it without some."""
