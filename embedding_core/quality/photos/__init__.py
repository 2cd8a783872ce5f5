"""Bad photographs: every picture measured once, then judged against the rest of its set."""
