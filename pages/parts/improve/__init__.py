"""The closed loop: where a dataset stands, what to do next, and what was tried."""
