"""The page Train: probes, the search for better ones, and what saved ones say of images."""
