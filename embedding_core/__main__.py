"""`python -m embedding_core COMMAND …`"""

from embedding_core.cli import main

raise SystemExit(main())
