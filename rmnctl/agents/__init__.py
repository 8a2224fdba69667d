"""Agents: where numbers and knowledge meet, each with typed input and output."""
