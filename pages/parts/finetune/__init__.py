"""The page Fine-tune: asking for a training, watching it, and what came of it."""
