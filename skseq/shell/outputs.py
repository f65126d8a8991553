"""The files that a command writes."""

from pathlib import Path

from ..displays.style import matplotlib_part


def check_outputs(arguments):
    """Raise errors before the work that would otherwise come after it."""
    if arguments.plot:
        _check_plot(arguments.plot)
    for option in ("csv", "forecast"):
        path = getattr(arguments, option)
        if path == "-":
            raise ValueError(
                f"--{option} - names no file, and standard output shows the errors: "
                "name a file."
            )
        if path and Path(path).is_dir():
            raise ValueError(f"--{option} {path} is a folder: name a file in it.")


def make_folders(arguments):
    """Make the folders of the files to be written."""
    for path in filter(None, [arguments.csv, arguments.plot, arguments.forecast]):
        Path(path).parent.mkdir(parents=True, exist_ok=True)


def write_table(table, path, arguments):
    """Write a table in the format of the input file.

    A tab stands for a separator of several characters, which pandas only reads.
    """
    sep = arguments.sep if len(arguments.sep) == 1 else "\t"
    table.to_csv(path, sep=sep, decimal=arguments.decimal)


def _check_plot(path):
    """Raise an error if matplotlib is absent or can't write the file."""
    canvas = matplotlib_part("backend_bases").FigureCanvasBase
    formats = canvas.get_supported_filetypes()
    ending = Path(path).suffix.removeprefix(".").lower()
    if ending not in formats:
        raise ValueError(
            f"--plot {path} must end in one of {', '.join(sorted(formats))}, such as "
            f"{Path(path).with_suffix('.png')}."
        )
