"""darts and neuralforecast at the same work: a GRU on windows of one series.

``make .venv-peers/installed`` makes the environment in which to run ``python -m
tests.benchmarks.peers``. Windows of 56 steps, 5 variables, 14 steps ahead, 32
units, one thread. All take turns in one run with the same arithmetic in bare torch; a
ratio is that of two turns that follow each other. Training is the time of three epochs
less that of one, so that what is done once does not count.
"""

import logging
import warnings
from time import perf_counter

import numpy as np
import pandas as pd
import torch
from torch import nn

from skseq import GRURegressor
from skseq.windows import sliding_windows

from .overhead import FEATURES, HIDDEN, HORIZON, LENGTH, Bare, show, turns

N_WINDOWS, MANY = 2048, 10_000
TRAINER = {
    "accelerator": "cpu",
    "devices": 1,
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}
NAMES = [f"x{i}" for i in range(FEATURES)]


def bare(values, y, batch_size, n_epochs):
    """Train as one does with torch, on tensors that are ready."""
    module = Bare(nn.GRU)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.001)
    X = torch.tensor(np.array(sliding_windows(values[:-HORIZON], LENGTH)))
    y = torch.tensor(y)
    for _ in range(n_epochs):
        for rows in torch.randperm(len(X)).split(batch_size):
            optimizer.zero_grad()
            (module(X[rows]) - y[rows]).abs().mean().backward()
            optimizer.step()
    return module.eval()


def ours(values, y, batch_size, n_epochs):
    """Train the estimator."""
    model = GRURegressor(
        hidden_size=HIDDEN, batch_size=batch_size, max_epochs=n_epochs, random_state=0
    )
    return model.fit(sliding_windows(values[:-HORIZON], LENGTH), y)


def darts(values, y, batch_size, n_epochs):
    """Train darts' block GRU."""
    from darts.models import BlockRNNModel

    model = BlockRNNModel(
        LENGTH,
        HORIZON,
        model="GRU",
        hidden_dim=HIDDEN,
        batch_size=batch_size,
        n_epochs=n_epochs,
        loss_fn=nn.L1Loss(),
        random_state=0,
        pl_trainer_kwargs=TRAINER,
    )
    target, others = darts_series(values)
    return model.fit(target, past_covariates=others)


def darts_series(values):
    """Return the target and the other variables."""
    from darts import TimeSeries

    return [TimeSeries.from_values(part) for part in (values[:, :1], values[:, 1:])]


def neuralforecast(values, y, batch_size, n_epochs):
    """Train neuralforecast's GRU."""
    from neuralforecast import NeuralForecast
    from neuralforecast.losses.pytorch import MAE
    from neuralforecast.models import GRU

    model = GRU(
        h=HORIZON,
        input_size=LENGTH,
        encoder_hidden_size=HIDDEN,
        encoder_n_layers=1,
        decoder_hidden_size=HIDDEN,
        decoder_layers=1,
        hist_exog_list=NAMES[1:],
        loss=MAE(),
        scaler_type="identity",
        windows_batch_size=batch_size,
        inference_windows_batch_size=1024,
        max_steps=n_epochs * -(-len(y) // batch_size),
        batch_size=1,
        random_seed=1,
        **TRAINER,
    )
    forecaster = NeuralForecast([model], freq=1)
    forecaster.fit(long_table(values[None]))
    return forecaster


def long_table(series):
    """Lay series (n_series, n_timesteps, n_features) one below the other."""
    n_series, n_steps, n_features = series.shape
    table = pd.DataFrame(series.reshape(-1, n_features), columns=["y", *NAMES[1:]])
    table.insert(0, "unique_id", np.repeat(np.arange(n_series), n_steps))
    table.insert(1, "ds", np.tile(np.arange(n_steps), n_series))
    return table


def two_epochs(fit, *arguments):
    """Seconds of two epochs, without what is done once."""
    seconds = []
    for n_epochs in (1, 3):
        start = perf_counter()
        fit(*arguments, n_epochs)
        seconds.append(perf_counter() - start)
    return seconds[1] - seconds[0]


def training(fits, values, y):
    """Windows a second, over those of the bare loop."""
    for batch_size in (32, 256):
        taken = {name: [] for name in fits}
        for turn in range(4):
            for name, fit in fits.items():
                seconds = two_epochs(fit, values, y, batch_size)
                if turn:
                    taken[name].append(seconds)
        what = f"fit, batches of {batch_size}: windows a second"
        show(what, taken, "bare", throughput=True)


def predictions(models, values, y):
    """Functions that forecast from the last origin, and from many."""
    long = np.resize(values, (MANY + LENGTH + HORIZON - 1, FEATURES))
    windows = sliding_windows(long[:-HORIZON], LENGTH)
    tensor = torch.tensor(np.array(windows))
    one, many = darts_series(values[-LENGTH:]), darts_series(long)
    table = long_table(values[None, -LENGTH:])
    # It forecasts in sample from all origins of the series that it was fitted on.
    fitted_on_many = neuralforecast(long, y[:256], 256, 1)

    def bare_predict(tensor):
        with torch.inference_mode():
            parts = [models["bare"](part) for part in tensor.split(1024)]
            return torch.cat(parts).numpy()

    def darts_many():
        return models["darts"].historical_forecasts(
            many[0],
            past_covariates=many[1],
            forecast_horizon=HORIZON,
            retrain=False,
            last_points_only=False,
            overlap_end=False,
        )

    one_window = {
        "bare": lambda: bare_predict(tensor[-1:]),
        "skseq": lambda: models["skseq"].predict(windows[-1:]),
        "darts": lambda: models["darts"].predict(
            HORIZON, one[0], past_covariates=one[1], show_warnings=False
        ),
        "neuralforecast": lambda: models["neuralforecast"].predict(table),
    }
    return {
        "1 window": {name: repeated(f) for name, f in one_window.items()},
        f"{MANY:,} windows": {
            "bare": lambda: bare_predict(tensor),
            "skseq": lambda: models["skseq"].predict(windows),
            "darts": darts_many,
            "neuralforecast": lambda: fitted_on_many.predict_insample(step_size=1),
        },
    }


def repeated(function, n=20):
    """Make a function that does something so often that it can be timed."""
    return lambda: [function() for _ in range(n)]


def main():
    """Print the table."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    rng = np.random.default_rng(0)
    shape = N_WINDOWS + LENGTH + HORIZON - 1, FEATURES
    values = rng.normal(size=shape).astype("float32")
    y = sliding_windows(values[LENGTH:, :1], HORIZON)[:, :, 0]
    fits = {
        "bare": bare,
        "skseq": ours,
        "darts": darts,
        "neuralforecast": neuralforecast,
    }
    print("| what | of | over bare torch: min, median, max |")
    print("|---|---|---|")
    training(fits, values, y)
    models = {name: fit(values, y, 256, 1) for name, fit in fits.items()}
    for what, functions in predictions(models, values, y).items():
        show(f"predict, {what}: seconds", turns(functions, 5), "bare")


if __name__ == "__main__":
    main()
