"""The demo's phones: what the simulated carrier delivered, and replies that go the way of real ones. Demo only."""
