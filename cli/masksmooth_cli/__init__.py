"""The command ``masksmooth-filter``: parse, call the library, print."""
