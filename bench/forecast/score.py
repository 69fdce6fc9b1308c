"""Scores of forecasts that are whole curves: a row a parcel, P(delivered within GRID[k] days of purchase) a column."""

from __future__ import annotations

import numpy as np

GRID = np.arange(0.5, 120.01, 0.5)
LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
AGES = (7, 14, 21, 30, 45)
BINS = 10


def crps(curves: np.ndarray, days: np.ndarray) -> np.ndarray:
    """The continuous ranked probability score of each parcel, integrated over 0 to 120 days."""
    came = days[:, None] <= GRID[None]
    return ((curves - came) ** 2).sum(1) * 0.5


def quantiles(curves: np.ndarray) -> np.ndarray:
    """The days by which each of LEVELS is reached."""
    rising = np.arange(len(GRID) + 1) * 1e-9
    at = np.append(0.0, GRID)
    return np.array([np.interp(LEVELS, np.append(0.0, row) + rising, at, right=GRID[-1]) for row in curves])


def conditional(curves: np.ndarray, days: np.ndarray, weight: np.ndarray, ahead: int | None) -> tuple[np.ndarray, ...]:
    """P(delivered within `ahead` days more, or by day 60 | still waiting at each of AGES), what came, weights."""
    said, came, weights = [], [], []
    for age in AGES:
        waits = days > age
        end = age + ahead if ahead else 60
        still = 1 - curves[waits, age * 2 - 1]
        left = 1 - curves[waits, end * 2 - 1]
        said.append(np.clip(1 - left / np.clip(still, 1e-6, None), 1e-3, 1 - 1e-3))
        came.append(days[waits] <= end)
        weights.append(weight[waits])
    return np.concatenate(said), np.concatenate(came).astype(float), np.concatenate(weights)


def tenths(said: np.ndarray, came: np.ndarray, weights: np.ndarray) -> list[tuple[float, float, float]]:
    """Per tenth of probability: what was said on average, what came, the share of all that is in it."""
    tenth = np.minimum((said * BINS).astype(int), BINS - 1)
    rows = []
    for each in range(BINS):
        mine = tenth == each
        if mine.any():
            share = weights[mine].sum() / weights.sum()
            rows.append(
                (np.average(said[mine], weights=weights[mine]), np.average(came[mine], weights=weights[mine]), share)
            )
    return rows


def scores(curves: np.ndarray, days: np.ndarray, weight: np.ndarray, promised: np.ndarray) -> dict[str, float]:
    """All scores of one model."""
    finite = np.isfinite(days)
    q, own, own_weight = quantiles(curves[finite]), days[finite], weight[finite]
    miss = own[:, None] - q
    pinball = np.maximum(LEVELS * miss, (LEVELS - 1) * miss).mean(1)
    said, came, weights = conditional(curves, days, weight, 7)
    said60, came60, weights60 = conditional(curves, days, weight, None)
    late = (days > promised).astype(float)
    index = np.clip((promised * 2 - 1).round().astype(int), 0, len(GRID) - 1)
    said_late = 1 - curves[np.arange(len(curves)), index]
    return {
        "CRPS": float(np.average(crps(curves, days), weights=weight)),
        "pinball": float(np.average(pinball, weights=own_weight)),
        "MAE": float(np.average(abs(miss[:, 3]), weights=own_weight)),
        "cov80": float(np.average((own >= q[:, 1]) & (own <= q[:, 5]), weights=own_weight)),
        "width80": float(np.average(q[:, 5] - q[:, 1], weights=own_weight)),
        "next7": float(np.average((said - came) ** 2, weights=weights)),
        "ECE": sum(abs(mean - share) * part for mean, share, part in tenths(said, came, weights)),
        "by60": float(np.average((said60 - came60) ** 2, weights=weights60)),
        "late": float(np.average((said_late - late) ** 2, weights=weight)),
    }
