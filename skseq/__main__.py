"""``python -m skseq``: skseq from a shell."""

import sys

from .shell import COMPARE, Parser, add_compare_arguments, run_compare


def main(argv=None):
    """Run a command.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments; None takes those of the process.

    Returns
    -------
    int
        0. Wrong arguments or data end the process with code 2 and one line on
        standard error.
    """
    parser = Parser(prog="skseq", description="Sequence networks for scikit-learn.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "compare", help="compare models on a series", description=COMPARE
    )
    add_compare_arguments(command)
    arguments = parser.parse_args(argv)
    try:
        run_compare(arguments)
    except (ImportError, OSError, ValueError) as error:
        command.error(" ".join([str(error), *getattr(error, "__notes__", [])]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
