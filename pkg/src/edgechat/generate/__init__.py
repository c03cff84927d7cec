"""What one calls on the server: streams of answers."""
