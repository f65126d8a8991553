"""OwnOutput: transformers whose output is what it is, whatever is asked for."""


class OwnOutput:
    """Let ``Pipeline.set_output`` pass, without effect."""

    def set_output(self, *, transform=None):
        """Do nothing: windows are always an array, and a table stays a table.

        Parameters
        ----------
        transform : str, default=None
            Ignored; there so that ``Pipeline.set_output`` can be called.

        Returns
        -------
        self
        """
        return self
