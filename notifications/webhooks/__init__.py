"""What Twilio tells us: texts and what became of them, and calls. Edges: they read the clock and speak HTTP."""
