"""Certification: scripted actors through every environment, and mutants of graders that they notice."""

from subterfuge.certification.certify import Check, certify
from subterfuge.certification.mutation import Mutant, mutate

__all__ = ["Check", "Mutant", "certify", "mutate"]
