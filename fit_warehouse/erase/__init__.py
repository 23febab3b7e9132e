"""Erasure: a person, or episodes kept too long, taken out of everything that has been stored."""
