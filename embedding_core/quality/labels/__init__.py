"""Wrong labels: what a probe and the neighbours say of each."""
