"""How well requests are routed: labelled prompts and openings of answers, what is learned from them, and a test."""
