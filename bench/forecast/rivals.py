"""The peers, defined once and never tuned on the months that are reported; each gives a matrix as `score` wants it."""

from __future__ import annotations

import warnings

import numpy as np
from sample import Sample
from score import GRID

LAST_DAY = 60  # of the daily hazard; beyond it the mean of the last ten days


def visible(sample: Sample, now: float) -> tuple[Sample, np.ndarray, np.ndarray]:
    """The orders of the 365 days before `now` as they were seen then: durations, and which of them had come."""
    seen = sample.take((sample.bought < now - 0.05) & (sample.bought >= now - 365))
    age = now - seen.bought
    came = seen.days <= age
    return seen, np.where(came, seen.days, age), came


def kaplan_meier_120(sample: Sample, test: Sample, now: float) -> np.ndarray:
    """One curve for all, from the orders of the last 120 days."""
    seen, days, came = visible(sample, now)
    young = now - seen.bought <= 120
    order = np.argsort(days[young], kind="stable")
    t, ev, w = days[young][order], came[young][order], seen.weight[young][order]
    left = np.cumprod(1 - np.where(ev, w, 0.0) / np.cumsum(w[::-1])[::-1])
    curve = np.append(0.0, 1 - left)[np.searchsorted(t, GRID, side="right")]
    return np.repeat(curve[None], len(test.days), 0)


def lognormal_aft(sample: Sample, test: Sample, now: float) -> np.ndarray:
    """The accelerated failure time model of lifelines, by promise, weekend, largest states and "same state"."""
    import pandas as pd
    from lifelines import LogNormalAFTFitter

    def design(part: Sample) -> pd.DataFrame:
        weekday = (np.floor(part.bought).astype(int) + 3) % 7
        frame = {"late_week": weekday >= 4, "saturday": weekday == 5, "promise": np.log(part.promised)}
        for state in ("SP", "RJ", "MG", "RS", "PR", "BA", "SC", "GO", "NA"):
            frame[f"to_{state}"] = part.customer == state
        frame["same"] = part.customer == part.seller
        return pd.DataFrame(frame).astype(float)

    seen, days, came = visible(sample, now)
    recent = now - seen.bought <= 270
    seen, days, came = seen.take(recent), days[recent], came[recent]
    data = design(seen).assign(days=days, came=came, weight=seen.weight)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogNormalAFTFitter(penalizer=0.01).fit(data, "days", "came", weights_col="weight")
        return 1 - model.predict_survival_function(design(test), times=GRID).values.T


def lightgbm_hazard(sample: Sample, test: Sample, now: float) -> np.ndarray:
    """Gradient-boosted daily hazard over person-days, with all covariates, the day and the day of the week."""
    import lightgbm
    import pandas as pd

    def features(part: Sample, customers: list[str], sellers: list[str]) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "weekday": (np.floor(part.bought).astype(int) + 3) % 7,
                "freight": part.freight,
                "price": part.price,
                "same": (part.customer == part.seller) * 1,
                "hour": ((part.bought % 1) * 24).astype(int),
                "to": pd.Categorical(part.customer, categories=customers),
                "by": pd.Categorical(part.seller, categories=sellers),
                "promised": part.promised,
            }
        )

    def daily(frame: pd.DataFrame, day: np.ndarray | int) -> pd.DataFrame:
        return frame.assign(day=day, dow=(frame["weekday"] + day) % 7, rel=day / frame["promised"])

    customers, sellers = sorted(set(sample.customer)), sorted(set(sample.seller))
    seen, days, came = visible(sample, now)
    recent = now - seen.bought <= 300
    seen, days, came = seen.take(recent), days[recent], came[recent]
    last = np.ceil(days).astype(int)
    count = np.minimum(last, LAST_DAY)
    rows = np.repeat(np.arange(len(days)), count)
    day = np.concatenate([np.arange(1, each + 1) for each in count])
    ends = day == last[rows]
    kept = ~(ends & ~came[rows])  # the day on which it was last looked at is no whole day
    frame = daily(features(seen, customers, sellers).iloc[rows].reset_index(drop=True), day)
    model = lightgbm.LGBMClassifier(
        n_estimators=200,
        learning_rate=0.06,
        num_leaves=31,
        min_child_samples=100,
        subsample=0.8,
        subsample_freq=1,
        random_state=1,
        n_jobs=2,
        verbose=-1,
    )
    model.fit(frame[kept], (ends & came[rows])[kept], sample_weight=seen.weight[rows][kept])
    base = features(test, customers, sellers)
    hazard = np.empty((len(base), 120))
    for each in range(1, LAST_DAY + 1):
        hazard[:, each - 1] = model.predict_proba(daily(base, each))[:, 1]
    hazard[:, LAST_DAY:] = hazard[:, LAST_DAY - 10 : LAST_DAY].mean(1, keepdims=True)
    left = np.hstack([np.ones((len(base), 1)), np.cumprod(1 - hazard, 1)])
    return np.array([np.interp(GRID, np.arange(121.0), 1 - row) for row in left])
