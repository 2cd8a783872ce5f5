"""`python -m embedding_core COMMAND …`"""

import gc

from embedding_core import memory

memory.collect_rarely()

from embedding_core.cli import main  # noqa: E402 - what follows is most of a short command's time

memory.keep_freed()
status = main()
gc.freeze()  # else Python looks through every object once more before it ends
raise SystemExit(status)
