"""People decide on a dataset: cases are handed out, decisions come from a table, versions are frozen."""
