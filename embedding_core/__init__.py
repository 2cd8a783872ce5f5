"""Kindred's core: from image files to embeddings, maps, neighbours and clusters. Knows no interface and no HTTP."""
