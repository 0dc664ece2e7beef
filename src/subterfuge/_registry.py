"""What Inspect finds of Subterfuge. Light imports only: no torch, no ability is loaded eagerly but its task."""
