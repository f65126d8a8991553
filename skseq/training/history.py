"""The training history of nets, as a table."""

import numpy as np
import pandas as pd

_COLUMNS = (
    "epoch",
    "train_loss",
    "valid_loss",
    "learning_rate",
    "gradient_norm",
    "gradient_norm_max",
)


def history_table(nets):
    """Make one table for the members of an ensemble.

    Parameters
    ----------
    nets : list of skorch.NeuralNet

    Returns
    -------
    DataFrame
        One row per epoch and member, without an epoch that was interrupted midway.
    """
    rows = [
        (member, epoch)
        for member, net in enumerate(nets)
        for epoch in net.history
        if "learning_rate" in epoch
    ]
    noted = rows[0][1] if rows else _COLUMNS
    layers = sorted(name for name in noted if name.startswith("gradient_norm "))
    table = {"member": [member for member, _ in rows]}
    for name in (*_COLUMNS, *layers):
        if name in noted:
            table[name] = [epoch.get(name, np.nan) for _, epoch in rows]
    table["seconds"] = [epoch["dur"] for _, epoch in rows]
    return pd.DataFrame(table)
