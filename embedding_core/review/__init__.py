"""What people decide on and what follows: cases, decisions that are only ever added to, what they make of a dataset."""
