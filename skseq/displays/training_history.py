"""TrainingHistoryDisplay: the losses and gradients of a fit."""

from sklearn.utils.validation import check_is_fitted

from .style import STYLES, legend_above, legend_height, styles, two_axes, whole_steps

_GRADIENT = "gradient_norm "  # and the layer's name, in history_


class TrainingHistoryDisplay:
    """Losses of a fit by epoch, above the gradient norms of each layer.

    Created by :meth:`from_estimator`. If the gradient norms of layers are orders of
    magnitude apart, gradients are unstable. The epoch with the lowest validation loss
    is marked, if there is one. The members of an ensemble are drawn over each other.

    Parameters
    ----------
    history : DataFrame
        As in ``history_`` of an estimator.

    Attributes
    ----------
    axes_ : ndarray of matplotlib.axes.Axes of shape (2,)
        Losses and gradient norms; both logarithmic if all values are positive.
    figure_ : matplotlib.figure.Figure
    lines_ : dict of str to list of matplotlib.lines.Line2D
        For "training", "validation" and each layer's name, one line per member.

    Examples
    --------
    >>> import matplotlib
    >>> import numpy as np
    >>> matplotlib.use("agg")
    >>> from skseq import GRURegressor
    >>> from skseq.displays import TrainingHistoryDisplay
    >>> X = np.random.default_rng(0).normal(size=(40, 5, 1))
    >>> model = GRURegressor(max_epochs=3, random_state=0).fit(X, X[:, -1, 0])
    >>> display = TrainingHistoryDisplay.from_estimator(model)
    >>> list(display.lines_)
    ['training', 'head.out', 'network.layers.0']
    """

    def __init__(self, history):
        self.history = history

    def plot(self, axes=None):
        """Draw.

        Parameters
        ----------
        axes : array-like of two matplotlib.axes.Axes, default=None
            None creates a figure.

        Returns
        -------
        self
        """
        self.axes_ = two_axes(axes)
        self.figure_ = self.axes_[0].figure
        losses = {"train_loss": "training", "valid_loss": "validation"}
        losses = {key: losses[key] for key in losses if key in self.history}
        norms = {
            column: column.removeprefix(_GRADIENT)
            for column in self.history
            if column.startswith(_GRADIENT)
        }
        self.lines_ = {}
        for ax, columns in zip(self.axes_, (losses, norms), strict=True):
            for column, style in styles(columns).items():
                self._draw(ax, column, columns[column], style)
            if columns and (self.history[list(columns)].min() > 0).all():
                ax.set_yscale("log")
        if "valid_loss" in losses:
            self._mark_best(self.axes_[0])
        for ax in self.axes_:
            if ax.lines:
                legend_above(ax)
        if axes is None:  # a new figure grows by the legend of many layers
            height = legend_height(self.axes_[1]) - legend_height(self.axes_[0])
            self.figure_.set_figheight(self.figure_.get_figheight() + max(0, height))
        self.axes_[0].set(ylabel="loss")
        self.axes_[1].set(ylabel="gradient norm", xlabel="epoch")
        whole_steps(self.axes_[1].xaxis)
        return self

    def _mark_best(self, ax):
        members = self.history.groupby("member")["valid_loss"]
        for number, row in enumerate(members.idxmin()):
            label = "_" if number else "best epoch"
            grey = STYLES[0]["color"]
            ax.axvline(self.history.loc[row, "epoch"], color=grey, ls=":", label=label)

    def _draw(self, ax, column, label, style):
        self.lines_[label] = []
        for number, (_, member) in enumerate(self.history.groupby("member")):
            name = label if number == 0 else "_"  # one entry of the legend
            self.lines_[label] += ax.plot(
                member["epoch"], member[column], label=name, **style
            )

    @classmethod
    def from_estimator(cls, estimator, *, axes=None):
        """Draw the training history of a network.

        Parameters
        ----------
        estimator : fitted regressor or classifier
            With ``history_``, which all networks have.
        axes : array-like of two matplotlib.axes.Axes, default=None
            None creates a figure.

        Returns
        -------
        TrainingHistoryDisplay

        Raises
        ------
        TypeError
            If the estimator has no history.
        """
        check_is_fitted(estimator)
        if not hasattr(estimator, "history_"):
            raise TypeError(
                f"{type(estimator).__name__} has no history_: give a fitted network "
                "(for a Pipeline, its last step)."
            )
        return cls(estimator.history_).plot(axes)
