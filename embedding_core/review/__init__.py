"""People decide: cases that checks hand over, decisions that are only ever added to, versions that follow from them."""
