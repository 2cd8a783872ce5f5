"""`python -m embedding_core COMMAND …`"""

from embedding_core import memory
from embedding_core.cli import main

memory.keep_freed()
raise SystemExit(main())
