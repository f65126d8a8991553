"""Axes of values: windows come first between layers, steps inside recurrent ones.

A layer may have the weights of several models, with an axis for them before the usual
two. Then a batch is the windows of all of them, as many for each, model by model.
"""


def is_stacked(weight):
    """Tell whether a matrix of weights is one of each of several models."""
    return weight.ndim == 3


def of_models(values, weight):
    """Give values (batch, ...) an axis for the models, if there are several."""
    if values is None or not is_stacked(weight):
        return values
    return values.unflatten(0, (len(weight), -1))


def steps_first(x, weight):
    """Turn (batch, length, features) into ([models,] length, batch, features)."""
    return of_models(x, weight).transpose(-3, -2)


def windows_first(states, weight):
    """Turn ([models,] length, batch, units) into (batch, length, units)."""
    states = states.transpose(-3, -2)
    return states.flatten(0, 1) if is_stacked(weight) else states
