"""How displays look: axes, legends, ticks, and the styles of models."""

import numpy as np
import pandas as pd

from ..extras import import_extra

# The colours of Okabe and Ito, which colour-blind readers can distinguish; the markers
# distinguish the lines in print. The first style is for the naive forecast, with which
# the others are compared. If there are more lines than styles, dashes tell them apart.
STYLES = [
    {"color": "#777777", "linestyle": "--", "marker": ""},
    {"color": "#D55E00", "linestyle": "-", "marker": "o"},
    {"color": "#0072B2", "linestyle": "-", "marker": "s"},
    {"color": "#009E73", "linestyle": "-", "marker": "^"},
    {"color": "#CC79A7", "linestyle": "-", "marker": "D"},
    {"color": "#E69F00", "linestyle": "-", "marker": "v"},
    {"color": "#56B4E9", "linestyle": "-", "marker": "P"},
]
DASHES = ["-", ":", "-.", (0, (6, 3))]


def matplotlib_part(name):
    """Import a module of matplotlib, such as "pyplot"."""
    return import_extra(f"matplotlib.{name}", "plot", "Plots need matplotlib")


def axes_or_new(ax):
    """Return the axes, or new ones if None."""
    if ax is not None:
        return ax
    return matplotlib_part("pyplot").subplots(layout="constrained")[1]


def two_axes(axes):
    """Return the two axes, or if None, new ones, one above the other."""
    if axes is None:
        pyplot = matplotlib_part("pyplot")
        return pyplot.subplots(2, sharex=True, layout="constrained")[1]
    axes = np.ravel(axes)
    if len(axes) != 2:
        raise ValueError(f"axes has {len(axes)} axes: give two.")
    return axes


def timestamps(index):
    """Return an index as matplotlib draws it.

    That is periods as their start times, and durations as the numbers of their rows.
    """
    if isinstance(index, pd.TimedeltaIndex):
        return pd.RangeIndex(len(index))
    return index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index


def label_time(ax, time):
    """Say which times lie along the axis: ticks for dates, the steps for others."""
    if not isinstance(time, pd.DatetimeIndex):
        ax.set(xlabel="time step")
        return
    dates = matplotlib_part("dates")
    locator = dates.AutoDateLocator(minticks=3, maxticks=7)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, show_offset=False))
    first, last = time[[0, -1]].astype(str)
    ax.set(xlabel=f"{first} to {last}")


def label_steps(axis, labels):
    """Label each step along an axis, in letters that do not overlap.

    Those below the x-axis are turned if they are longer than the steps.
    """
    axis.set_ticks(range(len(labels)), labels=[str(label) for label in labels])
    box, name = axis.axes.get_window_extent(), axis.axis_name
    length = box.width if name == "x" else box.height
    room = 72 / axis.axes.figure.dpi * length / len(labels)  # points
    size = min(10, 0.8 * room)
    long = name == "x" and max(map(len, map(str, labels))) * 0.7 * size > room
    axis.set_tick_params(labelsize=size, labelrotation=90 if long else 0)


N_COLUMNS = 7
"""Names per row of a legend, if they are short."""

WIDENED = 1.1
"""How much wider the layout makes axes, which it does only when they are drawn."""


def legend_above(ax):
    """Put the legend over the axes, where it hides no line, and is not wider."""
    width = WIDENED * ax.get_window_extent().width
    for n_columns in range(N_COLUMNS, 0, -1):
        legend = ax.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=n_columns,
            fontsize="small",
            frameon=False,
            borderaxespad=0.2,
            columnspacing=1.2,
            handlelength=1.6,
        )
        if legend.get_window_extent().width <= width:
            break


def legend_height(ax):
    """Return the height of the legend in inches."""
    legend = ax.get_legend()
    return 0 if legend is None else legend.get_window_extent().height / ax.figure.dpi


def title_above(ax, title):
    """Put a title over that legend."""
    ax.set_title(title, pad=4 + 72 * legend_height(ax))


def plain_numbers(ax):
    """Write numbers in full: an offset such as 1e6 would lie under the legend."""
    if isinstance(
        ax.yaxis.get_major_formatter(), matplotlib_part("ticker").ScalarFormatter
    ):
        ax.ticklabel_format(axis="y", style="plain", useOffset=False)


def whole_steps(axis):
    """Put ticks at whole numbers only, even if there is a single one."""
    axis.get_major_locator().set_params(integer=True, min_n_ticks=1)


def styles(names):
    """Pair names with styles; the naive forecast has its own."""
    others = [name for name in names if name != "naive"]
    n = len(STYLES) - 1
    numbered = {
        name: {**STYLES[1 + i % n], "linestyle": DASHES[i // n % len(DASHES)]}
        for i, name in enumerate(others)
    }
    return {name: {**numbered.get(name, STYLES[0]), "markersize": 4} for name in names}
