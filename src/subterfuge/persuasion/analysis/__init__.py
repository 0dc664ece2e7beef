"""What ratings are worth: the paper's estimator, a better one beside it, and what could have fooled both."""
