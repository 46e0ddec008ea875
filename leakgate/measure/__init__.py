"""Starts a script, reads its memory from outside and from the probe's channel, and stops its processes.

Nothing is judged here.
"""
