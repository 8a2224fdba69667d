"""Reflection: what speaks against a plan, computed from data and never asserted."""
