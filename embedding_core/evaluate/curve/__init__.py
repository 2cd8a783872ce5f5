"""The learning curve: measured, continued by a power law, and said."""
