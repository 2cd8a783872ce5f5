"""Ensembles: what several encoders gain together, and what that costs."""
