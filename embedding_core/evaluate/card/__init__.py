"""The report card of an embedding: each figure a file, what they are held against, and the verdict."""
