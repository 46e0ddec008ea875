"""The pull request: comment, annotations, job summary, event; the only room that speaks HTTP."""
