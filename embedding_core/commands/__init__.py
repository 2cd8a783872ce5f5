"""What each command of the command line does: arguments in, a JSON-able dict out."""
