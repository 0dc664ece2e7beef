"""The warm-up: a small adapter that teaches the embedded model to name an option by its letter, no more."""
