"""The kernels beside everything else that does the same, on the same bytes: ``make bench``.

* ``masks`` makes what is filtered; ``plan`` says which sizes, windows and peers.
* ``interleave`` times contenders in turns; ``copying`` is the memory copy they are held against.
* ``ours`` and ``peers/`` are the contenders; ``test_windows`` and ``test_pictures`` run them.
* ``machine`` says where it ran; ``report`` renders the saved JSON: ``make bench-report``.
"""
