"""Persuasion: arguments by models, stance before and after by raters, and what the difference is worth.

After *Measuring the Persuasiveness of Language Models* (Durmus et al., Anthropic, 2024).
"""
