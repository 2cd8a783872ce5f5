"""Pretrained networks that turn images into vectors. `registry` lists them."""
