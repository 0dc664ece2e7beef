"""Subterfuge measures, makes and monitors the misalignment abilities of language models."""

__version__ = "0.1.0"
