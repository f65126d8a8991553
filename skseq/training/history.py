"""The training history of nets, and a table of it."""

import numpy as np
import pandas as pd
import skorch.history

_COLUMNS = (
    "epoch",
    "train_loss",
    "valid_loss",
    "learning_rate",
    "gradient_norm",
    "gradient_norm_max",
)


class History(skorch.history.History):
    """The history of skorch, which copies the list of all epochs to read one.

    That is done dozens of times in each epoch, of which there may be 100,000.
    """

    def __getitem__(self, key):
        epoch, *rest = key if isinstance(key, tuple) else (key,)
        if not isinstance(epoch, int):
            return super().__getitem__(key)
        row = list.__getitem__(self, epoch)
        return skorch.history.History([row])[0, *rest] if rest else row


def history_table(nets):
    """Make one table for the members of an ensemble.

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
