"""Two linear classifiers that go wrong in different places: what both say is worth more than what either does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHRUNK = 0.45  # share of the covariance that is replaced by a round one

Linear = tuple["NDArray[np.float32]", "NDArray[np.float32]"]  # weights (r, c) and bias (c,) of logits


def logistic(rows: NDArray[np.float32], codes: NDArray[np.int64]) -> Linear:
    """A multinomial logistic regression over `rows` (m, r) with `codes` (m,), every one of 0 … c − 1 among them."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(tol=1e-3, max_iter=500).fit(rows, codes)
    weights, bias = model.coef_.T, model.intercept_
    if weights.shape[1] > 1:
        return weights, bias
    # Of two classes scikit-learn gives the logit of the second one alone.
    return np.hstack([np.zeros_like(weights), weights]), np.concatenate([np.zeros_like(bias), bias])


def discriminant(rows: NDArray[np.float32], codes: NDArray[np.int64], shrunk: float = SHRUNK) -> Linear:
    """Likewise a linear discriminant with a shrunk covariance, in closed form.

    It is scikit-learn's `LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrunk)`, which estimates a covariance for
    each class in turn and warns of classes with one member.
    """
    counts = np.bincount(codes)
    begins = np.cumsum(counts) - counts
    sums = np.add.reduceat(rows[np.argsort(codes, kind="stable")], begins, axis=0, dtype=np.float64)
    means = sums / counts[:, None]
    within = rows - means[codes].astype(np.float32)
    covariance = (within.T @ within).astype(np.float64) / len(rows)
    spread = np.trace(covariance) / len(covariance) or 1.0
    rounded = (1 - shrunk) * covariance + shrunk * spread * np.eye(len(covariance))
    weights = np.linalg.solve(rounded, means.T)
    bias = np.log(counts / len(rows)) - (means.T * weights).sum(axis=0) / 2
    return weights.astype(np.float32), bias.astype(np.float32)
