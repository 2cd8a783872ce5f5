"""Two linear classifiers that go wrong in different places: what both say is worth more than what either does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHRUNK = 0.45  # share of the covariance that is replaced by a round one

Linear = tuple["NDArray[np.float32]", "NDArray[np.float32]"]  # weights (r, c) and bias (c,) of logits


def logistic(rows: NDArray[np.float32], codes: NDArray[np.int64]) -> Linear:
    """A multinomial logistic regression over `rows` (m, r) with `codes` (m,), every one of 0 … c − 1 among them.

    It is scikit-learn's `LogisticRegression(tol=1e-3)`, of two classes the second against the first. To import that
    takes a second, as long as all the fits of a few thousand images; its solver, from SciPy, is here in a tenth.
    """
    from scipy.optimize import minimize

    m, r = rows.shape
    c = int(codes.max()) + 1
    free = slice(1 if c == 2 else 0, c)  # the classes that have weights of their own
    own = np.arange(m), codes

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """The mean surprise, with the squared weights that hold it back, and the slope of both."""
        linear = flat.reshape(r + 1, -1)
        weights, bias = linear[:-1].astype(np.float32), linear[-1].astype(np.float32)
        logits = np.zeros((m, c), np.float32)
        logits[:, free] = rows @ weights + bias
        logits -= logits.max(axis=1, keepdims=True)
        right = logits[own]
        shares = np.exp(logits, out=logits)
        total = shares.sum(axis=1)
        surprise = float((np.log(total) - right).mean(dtype=np.float64)) + float((linear[:-1] ** 2).sum()) / (2 * m)
        shares /= total[:, None]
        shares[own] -= 1
        slope = np.vstack([rows.T @ shares[:, free] + linear[:-1], shares[:, free].sum(axis=0)]) / m
        return surprise, slope.ravel()

    start = np.zeros((r + 1) * len(range(c)[free]))
    until = {"maxiter": 500, "maxls": 50, "gtol": 1e-3, "ftol": 1e-14}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=until)
    linear = np.zeros((r + 1, c), np.float32)
    linear[:, free] = found.x.reshape(r + 1, -1)
    return linear[:-1], linear[-1]


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
