"""``python -m multiplane``: the same as the command."""

from multiplane.cli.main import main

main()
