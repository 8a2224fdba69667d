"""Seeded generators of training text, one module for each kind of adapter."""
