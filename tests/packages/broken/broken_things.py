"""What can be wrong with somebody else's package."""


def fails(settings):
    raise KeyError("a line\nand another")


def quits(options):
    raise SystemExit(3)


def half(options):
    return "a string is no network"
