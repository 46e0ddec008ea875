"""What holds for every test of the suite."""

from hypothesis import settings

# A busy machine makes any example slow, and that says nothing about the code.
settings.register_profile("leakgate", deadline=None)
settings.load_profile("leakgate")
