from hypothesis import settings

# A busy machine must not fail a test: nothing here is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
