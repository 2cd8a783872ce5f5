"""What is wrong with a set of images: one check a room, arrays in, a frozen result with its figures out.

A check knows no workspace. `derived/` runs it on a dataset and keeps what it finds; `cases` of a result are what people
decide on, see `embedding_core.review`.
"""
