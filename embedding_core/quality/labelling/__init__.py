"""Given no labels or few: what to label next, and what the few say of all others."""
