"""AttentionDisplay: where a decoder looked."""

import numpy as np

from .style import axes_or_new, label_steps, whole_steps


class AttentionDisplay:
    """Attention weights of one window: input steps against output steps.

    Created by :meth:`from_estimator`.

    Parameters
    ----------
    weights : array-like of shape (horizon, length)
        Each row sums to one.
    input_labels : sequence of length, default=None
        Labels of the steps of the window, such as its characters; None numbers them.
    output_labels : sequence of horizon, default=None
        Labels of the output steps; None numbers them.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure
    image_ : matplotlib.image.AxesImage

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from skseq.displays import AttentionDisplay
    >>> display = AttentionDisplay([[0.1, 0.9], [0.8, 0.2]], "ab", "ba").plot()
    >>> [label.get_text() for label in display.ax_.get_xticklabels()]
    ['a', 'b']
    """

    def __init__(self, weights, input_labels=None, output_labels=None):
        self.weights = weights
        self.input_labels = input_labels
        self.output_labels = output_labels

    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            None creates a figure.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the number of labels is not the number of steps.
        """
        weights = np.asarray(self.weights)
        self.ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        # Lightness alone shows the weight, also to the colour-blind and in print.
        self.image_ = self.ax_.imshow(weights, cmap="cividis", vmin=0, aspect="auto")
        self.figure_.colorbar(self.image_, ax=self.ax_, label="attention weight")
        self.ax_.set(xlabel="input step", ylabel="output step")
        for axis, labels, n_steps in [
            (self.ax_.xaxis, self.input_labels, weights.shape[1]),
            (self.ax_.yaxis, self.output_labels, weights.shape[0]),
        ]:
            if labels is None:
                whole_steps(axis)
            elif len(labels) != n_steps:
                raise ValueError(
                    f"There are {len(labels)} labels for {n_steps} steps of the "
                    f"{axis.get_label_text().split()[0]}: give one for each step."
                )
            else:
                label_steps(axis, labels)
        return self

    @classmethod
    def from_estimator(
        cls, estimator, window, *, input_labels=None, output_labels=None, ax=None
    ):
        """Draw where an encoder-decoder looks in a window.

        Parameters
        ----------
        estimator : fitted EncoderDecoderRegressor or EncoderDecoderClassifier
            With ``attention=True``.
        window : array-like of shape (length, n_features) or (length,)
        input_labels, output_labels : sequence, default=None
            As for the class.
        ax : matplotlib.axes.Axes, default=None
            None creates a figure.

        Returns
        -------
        AttentionDisplay

        Raises
        ------
        TypeError
            If the estimator is not an encoder-decoder.
        ValueError
            If it has no attention, or the number of labels is not that of steps.
        """
        if not hasattr(estimator, "attention_weights"):
            raise TypeError(
                f"{type(estimator).__name__} has no attention_weights: give a fitted "
                "EncoderDecoderRegressor or EncoderDecoderClassifier (for a "
                "Pipeline, its last step)."
            )
        [weights] = estimator.attention_weights(np.asarray(window)[np.newaxis])
        return cls(weights, input_labels, output_labels).plot(ax)
