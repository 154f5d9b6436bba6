"""Functions that are compiled into the kernels that call them. Importing this module imports numba."""

from __future__ import annotations

from numba.extending import register_jitable

part = register_jitable(no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Mark such a function. Without the ways to call it from outside a kernel takes a sixth less to compile."""
