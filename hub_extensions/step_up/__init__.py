"""Signing in again where the sign-in of a session is too old or too weak, and coming back to the page asked for."""
