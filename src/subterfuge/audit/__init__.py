"""The audit: a built-in suite, run on one model, and its report."""
