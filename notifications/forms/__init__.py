"""What staff type about messages, checked."""
