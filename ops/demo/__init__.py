"""Two clinics to try everything on: made up, the same for the same seed, never outside DEMO."""
