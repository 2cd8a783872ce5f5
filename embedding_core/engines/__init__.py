"""Where work runs that one machine is too small for. What one machine does is in `embed.py` and `neighbours/`."""
