"""Gives masks soft edges, and the colours behind those edges their own."""
