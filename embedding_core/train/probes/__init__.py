"""Probes: simple models over the vectors of an encoder, that tell labels apart or estimate a number.

`registry.FAMILIES` are the cards, `fitting` trains one and predicts, `choosing` picks parameters by cross-validation,
`judging` scores it on a part that was not trained on.
"""
