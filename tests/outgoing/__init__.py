"""Many messages through a Twilio that bites, while workers die: who is written to, how it is run, what came of it."""
