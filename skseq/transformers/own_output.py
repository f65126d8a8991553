"""OwnOutput: transformers on which ``set_output`` has no effect."""


class OwnOutput:
    """Accept ``Pipeline.set_output``, without effect."""

    def set_output(self, *, transform=None):
        """Do nothing: windows are always an array, and a table stays a table.

        Parameters
        ----------
        transform : str, default=None
            Ignored; it exists so that ``Pipeline.set_output`` can be called.

        Returns
        -------
        self
        """
        return self
