"""``python -m masksmooth_filter``: the one permitted step up, to the command."""

from masksmooth_cli.main import main

if __name__ == "__main__":
    main()
