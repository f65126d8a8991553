"""What a net has noted in training, as a table."""

import pandas as pd


def history_table(net, member):
    """Make the table of one member of an ensemble.

    Parameters
    ----------
    net : skorch.NeuralNet
    member : int

    Returns
    -------
    DataFrame
        One row an epoch.
    """
    columns = ["epoch", "train_loss", "valid_loss", "learning_rate", "gradient_norm"]
    rows = []
    for epoch in net.history:
        if "learning_rate" not in epoch:
            continue  # interrupted in its middle
        layers = sorted(name for name in epoch if name.startswith("gradient_norm "))
        names = [name for name in [*columns, *layers, "dur"] if name in epoch]
        rows.append({"member": member, **{name: epoch[name] for name in names}})
    table = pd.DataFrame(rows, columns=None if rows else [*columns, "dur"])
    return table.rename(columns={"dur": "seconds"})
