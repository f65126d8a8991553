"""Toys that only the right structure solves, over several seeds.

Adding the two marked of 100 numbers [1]_, where layer normalisation does not help, or
of 30 in a unit of the window's own, where it does; copying and reversing sequences of
tokens; rewriting dates from words to digits, characters in and characters out. Run
with ``python -m tests.benchmarks.toys``.

References
----------
.. [1] S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9
   (1997).
"""

import argparse
import time

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

from skseq import (
    EncoderDecoderClassifier,
    GRURegressor,
    LSTMRegressor,
    RNNRegressor,
    TokenVectorizer,
)
from skseq.datasets import make_adding_problem

N_TEST = 1000


def add(n_samples, seed, length=100):
    """Return numbers with marks beside two of them, and the sum of the two."""
    X, y = make_adding_problem(n_samples, length, random_state=seed)
    return X.astype(np.float32), y.astype(np.float32)


def add_in_any_unit(n_samples, seed, length=30):
    """Return what :func:`add` does, but with a window's inputs in a unit of its own."""
    X, y = add(n_samples, seed, length)
    rng = np.random.default_rng(seed + 2)
    units = 10 ** rng.uniform(-1.5, 1.5, size=(n_samples, 1, 1))
    return (X * units).astype(X.dtype), y


def copy(n_samples, seed, length=12, n_symbols=8):
    """Return sequences of tokens, and the same again."""
    shape = (n_samples, length)
    tokens = np.random.default_rng(seed).integers(n_symbols, size=shape)
    return tokens.astype(np.float32), tokens


def reverse(n_samples, seed, length=12, n_symbols=8):
    """Return sequences of tokens, and the same backwards."""
    X, y = copy(n_samples, seed, length, n_symbols)
    return X, y[:, ::-1]


def rewrite_dates(n_samples, seed):
    """Return dates such as "April 22, 2019", and characters such as "2019-04-22".

    No date of one seed is among those of the other of 0 and 1.
    """
    days = pd.date_range("1900-01-01", "2099-12-31")
    days = days[np.random.default_rng(0).permutation(len(days))]
    days = days[:n_samples] if seed == 0 else days[-n_samples:]
    texts = days.strftime("%B ") + days.day.astype(str) + days.strftime(", %Y")
    return list(texts), np.array([list(text) for text in days.strftime("%Y-%m-%d")])


def squared_error(model, toy, n_samples, **options):
    """Fit on a toy, and return the mean squared error on unseen samples."""
    X, y = toy(N_TEST, seed=1, **options)
    model.fit(*toy(n_samples, seed=0, **options))
    return np.mean((model.predict(X) - y) ** 2)


def exact_match(model, toy, n_samples, **options):
    """Fit on a toy, and return the share of unseen samples without any error."""
    if toy is rewrite_dates:
        model = make_pipeline(TokenVectorizer(analyzer="char"), model)
    model.fit(*toy(n_samples, seed=0, **options))
    return model.score(*toy(N_TEST, seed=1, **options))


def adding_models():
    """Yield a name and an estimator for each cell, with and without normalisation."""
    for cls in (LSTMRegressor, GRURegressor, RNNRegressor):
        for normalization in (None, "layer"):
            model = cls(normalization=normalization, batch_size=50, max_epochs=20)
            yield f"{cls.__name__}, {normalization}", model


def token_models():
    """Yield a name and an estimator with and without attention, for each cell."""
    for cell in ("LSTM", "GRU"):
        for attention in (True, False):
            model = EncoderDecoderClassifier(cell=cell, attention=attention)
            model.set_params(embedding_size=16, hidden_size=64, max_epochs=20)
            yield f"{cell}, {'attention' if attention else 'no attention'}", model


TOYS = {
    "adding": (add, squared_error, adding_models),
    "adding in any unit": (add_in_any_unit, squared_error, adding_models),
    "copying": (copy, exact_match, token_models),
    "reversing": (reverse, exact_match, token_models),
    "dates": (rewrite_dates, exact_match, token_models),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("toys", nargs="*", default=list(TOYS), metavar="toy")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=2000)
    args = parser.parse_args()
    for name in args.toys:
        toy, score, models = TOYS[name]
        for label, model in models():
            scores = []
            start = time.perf_counter()
            for seed in range(args.seeds):
                model.set_params(random_state=seed, learning_rate=0.01)
                scores.append(score(model, toy, args.samples))
            seconds = (time.perf_counter() - start) / args.seeds
            values = " ".join(f"{value:.4f}" for value in scores)
            print(f"{name}: {label}: {score.__name__} {values}, {seconds:.0f} s each")


if __name__ == "__main__":
    main()
